//! Mailed secrets: rows hold a hash, the secret follows from a key outside the database (M4).

use chrono::Duration;
use domain::{
    Error, Reason, Result, Secret, Timestamp,
    id::LinkId,
    link::{Purpose, State, check_live},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, prelude::Uuid, sea_query::Expr,
};

use crate::{
    Tx, View,
    entity::link::{Column, Entity, Model},
    fault::fault,
};

impl View {
    /// The link with this secret, if it still works; what its holder is told if not. A secret of
    /// another purpose is unknown.
    pub async fn any_live_link(&self, purpose: Purpose, secret: &str) -> Result<Model> {
        let link = self.any_link(purpose, secret).await?;
        check_live(link.state, link.expire_time, self.now())?;
        Ok(link)
    }

    /// The link with this secret, however it stands.
    pub async fn any_link(&self, purpose: Purpose, secret: &str) -> Result<Model> {
        let hash = Secret::new(secret).sha256();
        let query = self.any::<Entity>().filter(Column::SecretSha256.eq(hash));
        let link = query.one(&self.conn).await.map_err(fault)?;
        let link = link.filter(|it| it.purpose == purpose);
        link.ok_or_else(|| Error::new(Reason::LinkInvalid))
    }

    /// The link that works for a subject.
    pub async fn any_link_of(&self, purpose: Purpose, subject: Uuid) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::SubjectId.eq(subject));
        let query = query.filter(Column::Purpose.eq(purpose.to_value()));
        let query = query.filter(Column::State.eq(State::Live.to_value()));
        query.one(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    /// A new link for a subject; one that worked before is superseded.
    pub async fn renew_link(
        &self,
        purpose: Purpose,
        subject: Uuid,
        life: Duration,
    ) -> Result<Model> {
        self.end_link(purpose, subject, State::Superseded).await?;
        self.add_link(purpose, subject, life).await
    }

    /// The first link of a new subject. Looking for a former one would read where every other
    /// writer writes.
    pub async fn add_link(&self, purpose: Purpose, subject: Uuid, life: Duration) -> Result<Model> {
        let id = LinkId::mint(self.now());
        let row = Model {
            id,
            purpose,
            subject_id: subject,
            state: State::Live,
            secret_sha256: self.programme.link_key.secret(purpose, id)?.sha256(),
            create_time: self.now(),
            expire_time: self.now() + life,
            end_time: None,
        };
        Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(row)
    }

    /// Consumes a link, once (I9): of two that try, one is told LINK_USED.
    pub async fn use_link(&self, link: &Model) -> Result<()> {
        let ended = self.end(State::Used, Column::Id.eq(link.id)).await?;
        match ended {
            0 => Err(Error::new(Reason::LinkUsed)),
            _ => Ok(()),
        }
    }

    /// Ends whatever link works for a subject.
    pub async fn end_link(&self, purpose: Purpose, subject: Uuid, state: State) -> Result<()> {
        let of_subject = Column::SubjectId.eq(subject).and(Column::Purpose.eq(purpose.to_value()));
        self.end(state, of_subject).await?;
        Ok(())
    }

    async fn end(&self, state: State, which: Expr) -> Result<u64> {
        let end_time: Option<Timestamp> = Some(self.now());
        let ended = Entity::update_many()
            .col_expr(Column::State, Expr::value(state.to_value()))
            .col_expr(Column::EndTime, Expr::value(end_time))
            .filter(which)
            .filter(Column::State.eq(State::Live.to_value()))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(ended.rows_affected)
    }
}
