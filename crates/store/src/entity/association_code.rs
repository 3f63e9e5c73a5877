use domain::{
    Timestamp,
    id::{CompanyId, PartnerId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "association_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_sha256: Vec<u8>,
    pub number: String,
    pub company_id: CompanyId,
    pub create_time: Timestamp,
    pub expire_time: Timestamp,
    pub use_time: Option<Timestamp>,
    pub used_by_id: Option<PartnerId>,
}

impl ActiveModelBehavior for ActiveModel {}
