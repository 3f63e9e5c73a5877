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
    pub partner_id: PartnerId,
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
}

impl ActiveModelBehavior for ActiveModel {}
