use domain::{
    Timestamp,
    id::{AppealId, PartnerId, UserId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "appeal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AppealId,
    pub partner_id: PartnerId,
    pub appellant_id: UserId,
    pub create_time: Timestamp,
    pub comment: String,
    pub evidence: String,
}

impl ActiveModelBehavior for ActiveModel {}
