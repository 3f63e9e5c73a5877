//! Whom an operator named as the global admin of a company that has none.

use domain::{Result, id::CompanyId};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::OnConflict,
};

use crate::{
    Tx, View,
    entity::global_admin_proposal::{Column, Entity, Model},
    fault::fault,
};

impl View {
    /// The proposal for a company that still stands, whoever asks.
    pub async fn any_proposal(&self, company: CompanyId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        let found = query.one(&self.conn).await.map_err(fault)?;
        Ok(found.filter(|it| self.now() < it.expire_time))
    }
}

impl Tx {
    /// Names somebody, in the place of whoever was named before.
    pub async fn propose(&self, row: Model) -> Result<()> {
        let mut moved = OnConflict::column(Column::CompanyId);
        let columns = [Column::AccountId, Column::ProposerId, Column::ExpireTime];
        Entity::insert(row.into_active_model())
            .on_conflict(moved.update_columns(columns).to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// A proposal serves once.
    pub async fn close_proposal(&self, company: CompanyId) -> Result<()> {
        let query = Entity::delete_many().filter(Column::CompanyId.eq(company));
        query.exec(&self.conn).await.map_err(fault)?;
        Ok(())
    }
}
