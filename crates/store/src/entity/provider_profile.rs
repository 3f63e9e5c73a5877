use domain::{
    Timestamp,
    id::{CompanyId, PartnerId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_profile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    pub company_id: CompanyId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub is_published: bool,
    pub email: String,
    pub phone: String,
    pub website_uri: String,
    pub description: String,
}

impl ActiveModelBehavior for ActiveModel {}
