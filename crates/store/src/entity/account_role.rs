use domain::{
    Role,
    id::{CompanyId, UserId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_role")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: Role,
    pub company_id: CompanyId,
}

impl ActiveModelBehavior for ActiveModel {}
