use domain::{
    Timestamp,
    id::{CompanyId, UserId},
    user::State,
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    pub company_id: CompanyId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub state: State,
    pub sign_in_name: String,
    pub given_name: String,
    pub family_name: String,
    pub email: String,
    pub language_code: String,
    pub password_hash: String,
    pub one_time_expire_time: Option<Timestamp>,
    pub suspended_from: Option<State>,
    pub deleted_from: Option<State>,
    pub delete_time: Option<Timestamp>,
    pub former_name: String,
    pub is_gone: bool,
    pub email_key: String,
    pub email_verify_time: Option<Timestamp>,
    pub email_asks: Option<String>,
    pub totp_id: Option<Uuid>,
    pub totp_pending_id: Option<Uuid>,
    pub totp_step: i64,
    pub tokens_end_time: Option<Timestamp>,
}

impl ActiveModelBehavior for ActiveModel {}
