use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "register_company")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub generation: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub n: i64,
    pub key: String,
    pub lei: String,
    pub duns_number: String,
    pub registration_authority: String,
    pub registration_id: String,
    pub registration_key: String,
    pub name: String,
    pub name_key: String,
    pub region_code: String,
    pub administrative_area: String,
    pub postal_code: String,
    pub locality: String,
    pub address_line: String,
    pub status: String,
}

impl ActiveModelBehavior for ActiveModel {}
