use domain::{
    Timestamp,
    check::CheckKind,
    evidence::State,
    id::{CompanyId, EvidenceId, PartnerId, UserId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvidenceId,
    pub partner_id: PartnerId,
    pub company_id: CompanyId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub uploader_id: UserId,
    pub check_kind: CheckKind,
    pub evidence_type: String,
    pub media_type: String,
    pub size_bytes: i64,
    pub content_sha256: Vec<u8>,
    pub file_name: String,
    pub note: String,
    pub state: State,
    pub review_note: String,
}

impl ActiveModelBehavior for ActiveModel {}
