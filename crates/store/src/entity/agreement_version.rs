use domain::{
    Timestamp,
    agreement::{Audience, State},
    id::VersionId,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VersionId,
    pub audience: Audience,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub display_name: String,
    pub state: State,
    pub effective_time: Option<Timestamp>,
    pub grace_end_time: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
