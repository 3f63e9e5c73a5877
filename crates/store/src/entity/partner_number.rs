use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_number")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: String,
}

impl ActiveModelBehavior for ActiveModel {}
