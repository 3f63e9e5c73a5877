use domain::Timestamp;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    pub fingerprint: Vec<u8>,
    pub reply: Vec<u8>,
    pub create_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
