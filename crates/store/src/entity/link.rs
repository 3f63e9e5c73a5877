use domain::{
    Timestamp,
    id::LinkId,
    link::{Purpose, State},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkId,
    pub purpose: Purpose,
    pub subject_id: Uuid,
    pub state: State,
    pub secret_sha256: Vec<u8>,
    pub create_time: Timestamp,
    pub expire_time: Timestamp,
    pub end_time: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
