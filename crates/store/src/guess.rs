//! Tries at passwords and codes: counted before they are looked at, taken back when they are right.

use std::net::IpAddr;

use domain::{
    Result, Timestamp,
    constants::GUESS_MEMORY,
    guess::{Of, Tally},
    network,
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, LockType, OnConflict},
};
use sha2::{Digest as _, Sha256};

use crate::{
    Chore,
    entity::guess::{Column, Entity, Model},
    fault::fault,
};

/// Whose tries are counted.
#[derive(Clone, Debug)]
pub struct Guess {
    keys: Vec<(Of, Vec<u8>)>,
}

impl Guess {
    /// At this name, from there.
    pub fn at(name: &str, peer: Option<IpAddr>) -> Self {
        let mut keys = vec![(Of::Name, key("name", name.as_bytes()))];
        keys.extend(peer.map(|it| {
            let octets = match network(it) {
                IpAddr::V4(it) => it.octets().to_vec(),
                IpAddr::V6(it) => it.octets().to_vec(),
            };
            (Of::Address, key("address", &octets))
        }));
        Self { keys }
    }
}

fn key(kind: &str, what: &[u8]) -> Vec<u8> {
    Sha256::new().chain_update(kind).chain_update([0]).chain_update(what).finalize().to_vec()
}

impl Chore {
    /// Counts a try, or says when there may be one. The rows are locked one after the other, so of
    /// many that try at once no more get through than of as many in a row.
    pub async fn claim_guess(&self, guess: &Guess) -> Result<Option<Timestamp>> {
        let now = self.view.now();
        let mut counted = Vec::new();
        for (of, key) in &guess.keys {
            let begin = Tally::begin(now);
            let row = Model {
                key: key.clone(),
                n: begin.n,
                first_time: begin.first_time,
                last_time: begin.last_time,
            };
            Entity::insert(row.into_active_model())
                .on_conflict(OnConflict::column(Column::Key).do_nothing().to_owned())
                .exec_without_returning(&self.view.conn)
                .await
                .map_err(fault)?;
            let query = self.view.any::<Entity>().filter(Column::Key.eq(key.clone()));
            let query = query.lock(LockType::Update);
            let seen = query.one(&self.view.conn).await.map_err(fault)?;
            let seen = seen.map_or(begin, |it| Tally {
                n: it.n,
                first_time: it.first_time,
                last_time: it.last_time,
            });
            match seen.try_now(*of, now) {
                Err(retry_time) => return Ok(Some(retry_time)),
                Ok(tally) => counted.push((key, tally)),
            }
        }
        for (key, tally) in counted {
            Entity::update_many()
                .col_expr(Column::N, Expr::value(tally.n))
                .col_expr(Column::FirstTime, Expr::value(tally.first_time))
                .col_expr(Column::LastTime, Expr::value(tally.last_time))
                .filter(Column::Key.eq(key.clone()))
                .exec(&self.view.conn)
                .await
                .map_err(fault)?;
        }
        Ok(None)
    }

    /// The try was right: the name's wrong ones are forgotten, the address has one less.
    pub async fn forgive_guess(&self, guess: &Guess) -> Result<()> {
        for (of, key) in &guess.keys {
            let key = Column::Key.eq(key.clone());
            match of {
                Of::Name => {
                    let forget = Entity::delete_many().filter(key);
                    forget.exec(&self.view.conn).await.map_err(fault)?;
                }
                Of::Address => {
                    let less = Entity::update_many()
                        .col_expr(Column::N, Expr::col(Column::N).sub(1))
                        .filter(key)
                        .filter(Column::N.gt(0));
                    less.exec(&self.view.conn).await.map_err(fault)?;
                }
            }
        }
        Ok(())
    }

    /// Forgets tries that count no longer, at most `n`, and says how many.
    pub async fn forget_guesses(&self, n: u64) -> Result<u64> {
        let view = &self.view;
        let old = view.any::<Entity>().filter(Column::LastTime.lte(view.now() - GUESS_MEMORY));
        let old = old.select_only().column(Column::Key).order_by_asc(Column::LastTime).limit(n);
        let keys: Vec<Vec<u8>> = old.into_tuple().all(&view.conn).await.map_err(fault)?;
        let gone = Entity::delete_many().filter(Column::Key.is_in(keys));
        Ok(gone.exec(&view.conn).await.map_err(fault)?.rows_affected)
    }
}
