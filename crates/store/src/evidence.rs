//! Documents of evidence and their bytes, each kept once; appeals.

use domain::{
    Result,
    check::CheckKind,
    evidence::State,
    id::{EvidenceId, PartnerId},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Page, Tx, View,
    entity::{
        appeal,
        evidence::{Column, Entity, Model},
        evidence_content as content,
    },
    fault::fault,
    view::found,
};

impl View {
    /// A document of a partner within reach.
    pub async fn evidence(&self, partner: PartnerId, id: EvidenceId) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::Id.eq(id));
        let query = query.filter(Column::PartnerId.eq(partner));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// The documents of a partner, those after `after`.
    pub async fn evidence_of(
        &self,
        partner: PartnerId,
        check: Option<CheckKind>,
        after: Option<EvidenceId>,
        n: u64,
    ) -> Result<Page<Model>> {
        let mut query = self.find::<Entity>().filter(Column::PartnerId.eq(partner));
        if let Some(check) = check {
            query = query.filter(Column::CheckKind.eq(check.to_value()));
        }
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        let query = query.order_by_asc(Column::Id).limit(n + 1);
        Ok(Page::cut(query.all(&self.conn).await.map_err(fault)?, n))
    }

    /// The newest documents of a partner, the newest first.
    pub async fn newest_evidence(&self, partner: PartnerId, n: u64) -> Result<Vec<Model>> {
        let query = self.find::<Entity>().filter(Column::PartnerId.eq(partner));
        query.order_by_desc(Column::Id).limit(n).all(&self.conn).await.map_err(fault)
    }

    /// The bytes of a document that the caller was shown.
    pub async fn any_content(&self, of: &Model) -> Result<Vec<u8>> {
        let query = self.any::<content::Entity>();
        let query = query.filter(content::Column::Sha256.eq(of.content_sha256.clone()));
        Ok(found(query.one(&self.conn).await.map_err(fault)?)?.content)
    }

    /// The appeals of a partner that the caller was shown, the oldest first.
    pub async fn any_appeals(&self, partner: PartnerId, n: u64) -> Result<Vec<appeal::Model>> {
        let query = self.any::<appeal::Entity>().filter(appeal::Column::PartnerId.eq(partner));
        let query = query.order_by_asc(appeal::Column::Id).limit(n);
        query.all(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    /// Keeps a document; bytes that are kept already are not kept twice.
    pub async fn add_evidence(&self, row: &Model, bytes: &[u8]) -> Result<()> {
        let kept = content::Model { sha256: row.content_sha256.clone(), content: bytes.to_vec() };
        content::Entity::insert(kept.into_active_model())
            .on_conflict(OnConflict::column(content::Column::Sha256).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// A decision about a check settles the documents that were received for it.
    pub async fn settle_evidence(
        &self,
        partner: PartnerId,
        check: CheckKind,
        state: State,
        note: &str,
    ) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(state.to_value()))
            .col_expr(Column::ReviewNote, Expr::value(note))
            .col_expr(Column::UpdateTime, Expr::value(self.now()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::PartnerId.eq(partner))
            .filter(Column::CheckKind.eq(check.to_value()))
            .filter(Column::State.eq(State::Received.to_value()))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    pub async fn add_appeal(&self, row: appeal::Model) -> Result<()> {
        appeal::Entity::insert(row.into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
