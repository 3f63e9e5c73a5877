//! The memory of repeated calls: the same request id gets the same reply, for seven days.

use domain::{Caller, Error, Idempotency, Reason, Result, constants::IDEMPOTENCY};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
    sea_query::OnConflict,
};
use sha2::{Digest as _, Sha256};

use crate::{
    Chore, Tx,
    entity::idempotency::{ActiveModel, Column, Entity},
    fault::fault,
};

impl Chore {
    /// Forgets replies that are kept no longer, at most `n`, and says how many.
    pub async fn forget_replies(&self, n: u64) -> Result<u64> {
        let view = &self.view;
        let old = view.any::<Entity>().filter(Column::CreateTime.lte(view.now() - IDEMPOTENCY));
        let old = old.select_only().column(Column::Key).order_by_asc(Column::CreateTime).limit(n);
        let keys: Vec<Vec<u8>> = old.into_tuple().all(&view.conn).await.map_err(fault)?;
        let gone = Entity::delete_many().filter(Column::Key.is_in(keys));
        Ok(gone.exec(&view.conn).await.map_err(fault)?.rows_affected)
    }
}

impl Tx {
    /// Claims the call's request id. A twin that is still at work makes this wait, then lose its
    /// race; one that is done gives its reply.
    pub(crate) async fn claim(&self, it: &Idempotency) -> Result<Option<Vec<u8>>> {
        let key = self.idempotency_key(it);
        Entity::delete_many()
            .filter(Column::Key.eq(key.clone()))
            .filter(Column::CreateTime.lte(self.now() - IDEMPOTENCY))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        let row = ActiveModel {
            key: Set(key.clone()),
            fingerprint: Set(it.fingerprint.clone()),
            reply: Set(Vec::new()),
            create_time: Set(self.now()),
        };
        let is_first = Entity::insert(row)
            .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if is_first == 1 {
            return Ok(None);
        }
        let query = self.any::<Entity>().filter(Column::Key.eq(key));
        match query.one(&self.conn).await.map_err(fault)? {
            None => Err(Error::new(Reason::Contention)),
            Some(seen) if seen.fingerprint != it.fingerprint => {
                Err(Error::new(Reason::RequestIdReused))
            }
            Some(seen) => Ok(Some(seen.reply)),
        }
    }

    /// Gives the claim up: what was refused may be tried again under the same id.
    pub(crate) async fn forget(&self, it: &Idempotency) -> Result<()> {
        Entity::delete_many()
            .filter(Column::Key.eq(self.idempotency_key(it)))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Keeps the reply beside the change it answers.
    pub(crate) async fn keep(&self, it: &Idempotency, reply: Vec<u8>) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::Reply, sea_orm::sea_query::Expr::value(reply))
            .filter(Column::Key.eq(self.idempotency_key(it)))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Company, principal, method and request id, hashed.
    fn idempotency_key(&self, it: &Idempotency) -> Vec<u8> {
        let principal = match self.caller() {
            // By its identity, so that who becomes somebody by a call is recognised when it repeats it.
            Caller::User(user) => match user.identity() {
                Some((issuer, subject)) => format!("{issuer} {subject}"),
                None => user.name(),
            },
            Caller::Newcomer(it) => format!("{} {}", it.vouched.issuer, it.vouched.subject),
            Caller::Service(_) | Caller::Internal(_) => {
                self.caller().principal().map(|it| it.name()).unwrap_or_default()
            }
            // The secret is the whole credential: who holds it is who asked before.
            Caller::Anonymous | Caller::Link(_) => {
                it.link_sha256.iter().map(|it| format!("{it:02x}")).collect()
            }
            Caller::System(job) => (*job).to_owned(),
        };
        let mut hash = Sha256::new();
        for part in [principal.as_str(), &self.call.method, &it.request_id] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.finalize().to_vec()
    }
}
