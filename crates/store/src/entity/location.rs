use domain::{
    Timestamp,
    id::{CompanyId, OrganisationId, PartnerId},
    location::State,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "location")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: String,
    pub organisation_id: OrganisationId,
    pub company_id: CompanyId,
    pub global_number: String,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub state: State,
    pub display_name: String,
    pub region_code: String,
    pub address: String,
    pub address_key: String,
    pub partner_id: Option<PartnerId>,
}

impl ActiveModelBehavior for ActiveModel {}
