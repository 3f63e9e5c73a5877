use domain::{
    Timestamp,
    id::{CompanyId, EntryId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub seq: i64,
    pub id: EntryId,
    pub company_id: CompanyId,
    pub create_time: Timestamp,
    pub actor_kind: String,
    pub actor_principal: String,
    pub actor_company_id: Option<CompanyId>,
    pub credential: String,
    pub auth_time: Option<Timestamp>,
    pub method: String,
    pub request_id: String,
    pub subject: String,
    pub event: Vec<u8>,
    pub personal_commitment: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
