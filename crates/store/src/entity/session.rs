use domain::{
    Timestamp,
    id::{SessionId, UserId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    pub token_sha256: Vec<u8>,
    pub account_id: UserId,
    pub auth_time: Timestamp,
    pub expire_time: Timestamp,
    pub end_time: Option<Timestamp>,
    pub amr: String,
}

impl ActiveModelBehavior for ActiveModel {}
