use domain::{agreement::Audience, id::VersionId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub audience: Audience,
    pub version: i64,
    pub effective_version_id: Option<VersionId>,
    pub course: String,
}

impl ActiveModelBehavior for ActiveModel {}
