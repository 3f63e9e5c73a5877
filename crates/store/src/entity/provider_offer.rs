use domain::{directory::Offer, id::PartnerId};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_offer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Offer,
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
}

impl ActiveModelBehavior for ActiveModel {}
