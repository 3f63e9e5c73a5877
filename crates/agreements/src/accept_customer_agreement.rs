//! A customer's global admin accepts the customer agreement for its company itself (A8).

use api::agreements::v1::{AcceptCustomerAgreementRequest, AcceptCustomerAgreementResponse};
use domain::{
    Call, Error, Result,
    agreement::Audience,
    consent,
    id::{acceptance_name, customer_name, version_id, version_name},
};
use event::{CustomerAgreementAccepted, Event, event::Kind as What};
use store::{Tx, entity::acceptance};

use crate::{
    Service, resource,
    signing::{Signature, accept},
};

pub async fn accept_customer_agreement(
    service: &Service,
    call: &Call,
    req: AcceptCustomerAgreementRequest,
) -> Result<AcceptCustomerAgreementResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let (audience, version) = version_id(&req.name)?;
    if audience != Audience::Customer {
        return Err(Error::not_found());
    }
    gate::check_consent(consent::AGREEMENT, req.consent.as_ref())?;
    let consent_hash = req.consent.as_ref().map(|it| it.text_sha256.clone()).unwrap_or_default();
    let write = async |tx: &mut Tx| {
        let company = tx.company(caller.company).await?;
        let signature = Signature {
            audience,
            version,
            document_sha256: &req.document_sha256,
            consent_text_sha256: &consent_hash,
        };
        let (row, _) = accept(tx, call, caller, &signature, (&company, None)).await?;
        tx.set_customer_acceptance(&company, version).await?;
        record(tx, &row);
        let acceptance = Some(resource::acceptance(&row));
        Ok(AcceptCustomerAgreementResponse { acceptance, plan: None })
    };
    service.db.write(call, write).await
}

fn record(tx: &mut Tx, row: &acceptance::Model) {
    let what = CustomerAgreementAccepted {
        acceptance: acceptance_name(row.id),
        customer: customer_name(row.company_id),
        version: version_name(row.audience, row.version_id),
        document_sha256: resource::hex(&row.document_sha256),
        consent_text_sha256: resource::hex(&row.consent_text_sha256),
    };
    let event = Event::of(customer_name(row.company_id), What::CustomerAgreementAccepted(what));
    tx.record(event, &[row.company_id]);
}
