use domain::{
    Timestamp,
    id::{CompanyId, PartnerId, RelationshipId},
    relationship::State,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "relationship")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RelationshipId,
    pub provider_id: PartnerId,
    pub provider_company_id: CompanyId,
    pub reseller_id: PartnerId,
    pub reseller_company_id: CompanyId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub state: State,
    pub held_by_provider: bool,
    pub held_by_reseller: bool,
    pub held_by_operator: bool,
    pub end_time: Option<Timestamp>,
    pub provider_then: Option<String>,
    pub reseller_then: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
