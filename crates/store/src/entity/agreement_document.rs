use domain::id::VersionId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "agreement_document")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub version_id: VersionId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub language_code: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub media_type: String,
    pub content_sha256: Vec<u8>,
    pub size_bytes: i64,
    pub content: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
