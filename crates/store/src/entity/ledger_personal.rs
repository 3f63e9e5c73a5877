use domain::id::EntryId;
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_personal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry_id: EntryId,
    pub salt: Vec<u8>,
    pub body: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
