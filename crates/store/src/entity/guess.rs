use domain::Timestamp;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "guess")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    pub n: i64,
    pub first_time: Timestamp,
    pub last_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
