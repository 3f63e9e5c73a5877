use domain::{
    Timestamp,
    id::{CompanyId, VersionId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "company")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CompanyId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub display_name: String,
    pub region_code: String,
    pub domain: Option<String>,
    pub n_global_admins: i64,
    pub region_frozen: bool,
    pub customer_version_id: Option<VersionId>,
    pub customer_accept_time: Option<Timestamp>,
    pub totp_required: bool,
}

impl ActiveModelBehavior for ActiveModel {}
