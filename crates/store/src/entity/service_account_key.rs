use domain::{
    Timestamp,
    id::{CompanyId, KeyId, ServiceAccountId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_account_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KeyId,
    pub service_account_id: ServiceAccountId,
    pub company_id: CompanyId,
    pub create_time: Timestamp,
    pub expire_time: Timestamp,
    pub revoke_time: Option<Timestamp>,
    pub algorithm: String,
    pub thumbprint: String,
    pub public_key: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
