use domain::{Timestamp, id::CompanyId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub issuer: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    pub company_id: CompanyId,
    pub create_time: Timestamp,
    pub is_awaited: bool,
}

impl ActiveModelBehavior for ActiveModel {}
