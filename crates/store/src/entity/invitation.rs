use domain::{
    Timestamp,
    id::{CompanyId, InvitationId, PartnerId, RelationshipId, UserId},
    invitation::State,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvitationId,
    pub provider_id: PartnerId,
    pub provider_company_id: CompanyId,
    pub inviter_id: UserId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub state: State,
    pub email: String,
    pub email_key: String,
    pub company_name: String,
    pub named_number: String,
    pub grants_expire_time: Option<Timestamp>,
    pub language_code: String,
    pub message: String,
    pub expire_time: Timestamp,
    pub reseller_company_id: Option<CompanyId>,
    pub relationship_id: Option<RelationshipId>,
    pub n_resends: i64,
    pub send_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub email_domain: String,
}

impl ActiveModelBehavior for ActiveModel {}
