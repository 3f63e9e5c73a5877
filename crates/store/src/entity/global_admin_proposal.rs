use domain::{
    Timestamp,
    id::{CompanyId, UserId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "global_admin_proposal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: CompanyId,
    pub account_id: UserId,
    pub proposer_id: UserId,
    pub expire_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
