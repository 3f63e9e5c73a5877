use domain::{
    Timestamp,
    id::{CompanyId, ServiceAccountId, UserId},
    service_account::State,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceAccountId,
    pub company_id: CompanyId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub state: State,
    pub display_name: String,
    pub roles: String,
    pub maker_id: UserId,
}

impl ActiveModelBehavior for ActiveModel {}
