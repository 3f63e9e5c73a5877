use domain::{
    Timestamp,
    agreement::AttestationState,
    id::{CompanyId, CustomerAgreementId, PartnerId},
};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "customer_agreement")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomerAgreementId,
    pub customer_id: CompanyId,
    pub provider_id: PartnerId,
    pub provider_company_id: CompanyId,
    pub version: i64,
    pub state: AttestationState,
    pub signer_given_name: String,
    pub signer_family_name: String,
    pub signer_email: String,
    pub sign_date: String,
    pub attest_time: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
