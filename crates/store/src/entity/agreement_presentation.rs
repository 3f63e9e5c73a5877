use domain::{
    Timestamp,
    id::{UserId, VersionId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_presentation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version_id: VersionId,
    pub present_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
