use domain::{
    Timestamp,
    id::{CompanyId, OrganisationId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrganisationId,
    pub company_id: CompanyId,
    pub global_number: String,
    pub create_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
