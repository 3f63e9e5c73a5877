use domain::{
    Timestamp,
    id::{CompanyId, CustomerInvitationId, PartnerId, RelationshipId, UserId},
    invitation::State,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerInvitationId,
    pub reseller_id: PartnerId,
    pub reseller_company_id: CompanyId,
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
    pub language_code: String,
    pub message: String,
    pub expire_time: Timestamp,
    pub customer_id: Option<CompanyId>,
    pub n_resends: i64,
    pub send_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
    pub relationship_id: Option<RelationshipId>,
}

impl ActiveModelBehavior for ActiveModel {}
