use domain::{
    Timestamp,
    id::{CompanyId, PartnerId, VersionId},
    partner::Kind,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnerId,
    pub company_id: CompanyId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub kind: Kind,
    pub suspend_reason: Option<String>,
    pub deauthorize_reason: Option<String>,
    pub accepted_version_id: Option<VersionId>,
    pub accept_time: Option<Timestamp>,
    pub activate_time: Option<Timestamp>,
    pub accepted_place: i64,
    pub lapsed: bool,
    pub noticed_place: i64,
    pub declined_version_id: Option<VersionId>,
    pub decline_time: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
