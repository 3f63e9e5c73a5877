use domain::{
    Timestamp,
    id::{CompanyId, CustomerRelationshipId, PartnerId},
    relationship::CustomerState,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_relationship")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerRelationshipId,
    pub customer_id: CompanyId,
    pub partner_id: PartnerId,
    pub partner_company_id: CompanyId,
    pub via_id: PartnerId,
    pub via_company_id: CompanyId,
    pub customer_name: String,
    pub customer_region_code: String,
    pub state: CustomerState,
    pub create_time: Timestamp,
    pub end_time: Option<Timestamp>,
    pub partner_then: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
