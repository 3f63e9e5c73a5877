use domain::{
    Timestamp,
    agreement::Audience,
    id::{AcceptanceId, CompanyId, PartnerId, SessionId, UserId, VersionId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "acceptance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AcceptanceId,
    pub partner_id: Option<PartnerId>,
    pub company_id: CompanyId,
    pub version_id: VersionId,
    pub audience: Audience,
    pub document_sha256: Vec<u8>,
    pub signer_id: UserId,
    pub signer_session_id: SessionId,
    pub signer_roles: String,
    pub signer_auth_time: Timestamp,
    pub signer_amr: String,
    pub consent_text_sha256: Vec<u8>,
    pub download_time: Option<Timestamp>,
    pub accept_time: Timestamp,
    pub signer_issuer: String,
    pub signer_given_name: String,
    pub signer_family_name: String,
    pub signer_email: String,
    pub company_name: String,
    pub legal_name: String,
    pub region_code: String,
    pub partner_number: String,
    pub authority_text_sha256: Option<Vec<u8>>,
    pub authority_user_id: Option<UserId>,
    pub authority_time: Option<Timestamp>,
    pub present_time: Option<Timestamp>,
    pub peer_address: String,
    pub user_agent: String,
    pub signer_subject: String,
}

impl ActiveModelBehavior for ActiveModel {}
