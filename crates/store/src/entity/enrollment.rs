use domain::{
    Timestamp,
    enrollment::{Form, State},
    id::{CompanyId, PartnerId, UserId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    pub company_id: CompanyId,
    pub version: i64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
    pub state: State,
    pub starter_id: UserId,
    pub legal_name: String,
    pub address: Option<String>,
    pub address_choice: String,
    pub registration_id_type: String,
    pub registration_id: String,
    pub duns_number: String,
    pub contact_given_name: String,
    pub contact_family_name: String,
    pub contact_email: String,
    pub contact_phone: String,
    pub contact_language_code: String,
    pub support_email: String,
    pub support_phone: String,
    pub support_website_uri: String,
    pub submit_time: Option<Timestamp>,
    pub submitter_id: Option<UserId>,
    pub authority_text_sha256: Option<Vec<u8>>,
    pub checks: Option<String>,
    pub review_start_time: Option<Timestamp>,
    pub expected_from_time: Option<Timestamp>,
    pub expected_by_time: Option<Timestamp>,
    pub asks: Option<String>,
    pub disowned: Option<String>,
    pub disown_time: Option<Timestamp>,
    pub escalate_time: Option<Timestamp>,
    pub n_appeals: i64,
    pub reviewer_id: Option<UserId>,
    pub claim_time: Option<Timestamp>,
    pub region_code: String,
    pub registration_key: String,
    pub form: Form,
    pub is_prepared: bool,
    pub contact_domain: String,
}

impl ActiveModelBehavior for ActiveModel {}
