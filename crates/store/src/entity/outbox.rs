use domain::{
    Language, Timestamp,
    id::{LinkId, MailId},
    mail::{Delivery, Template},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MailId,
    pub create_time: Timestamp,
    pub template: Template,
    pub language: Language,
    pub recipient: String,
    pub params: String,
    pub link_id: Option<LinkId>,
    pub state: Delivery,
    pub n_tries: i64,
    pub due_time: Timestamp,
    pub end_time: Option<Timestamp>,
    pub failure: String,
}

impl ActiveModelBehavior for ActiveModel {}
