use domain::Timestamp;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import_generation")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    pub state: String,
    pub create_time: Timestamp,
    pub effect_time: Option<Timestamp>,
    pub n_rows: i64,
    pub file_name: String,
    pub file_sha256: String,
    pub principal: String,
    pub cleared: bool,
}

impl ActiveModelBehavior for ActiveModel {}
