//! What stands of a customer's agreement: its own acceptance, and what providers attested (A8).

use api::agreements::v1::{GetCustomerAgreementStatusRequest, GetCustomerAgreementStatusResponse};
use domain::{
    Call, Error, Reach, Result,
    agreement::Audience,
    constants::ATTESTATIONS_SHOWN,
    id::{CompanyId, PartnerId, last_id, version_name},
};
use store::View;

use crate::{Service, resource};

pub async fn get_customer_agreement_status(
    service: &Service,
    call: &Call,
    req: GetCustomerAgreementStatusRequest,
) -> Result<GetCustomerAgreementStatusResponse> {
    let customer: CompanyId = last_id(&req.customer)?;
    let named: Option<PartnerId> = match req.provider.as_str() {
        "" => None,
        name => Some(last_id(name)?),
    };
    let read = async |view: &View| {
        let providers = match (shown(view, customer).await?, named) {
            (None, named) => named.map(|it| vec![it]),
            (Some(known), None) => Some(known),
            (Some(known), Some(named)) => {
                Some(known.into_iter().filter(|it| *it == named).collect())
            }
        };
        let company = view.any_company(customer).await?.ok_or_else(Error::not_found)?;
        let rows = view.any_attestations(customer, providers, ATTESTATIONS_SHOWN).await?;
        let version = company.customer_version_id;
        Ok(GetCustomerAgreementStatusResponse {
            accepted: version.is_some(),
            accepted_version: version
                .map(|it| version_name(Audience::Customer, it))
                .unwrap_or_default(),
            accept_time: company.customer_accept_time.map(gate::wire_time),
            attestations: rows.iter().map(resource::customer_agreement).collect(),
        })
    };
    service.db.read(call, read).await
}

/// Whose attestations the caller may read: all of them, as the customer itself or as the platform;
/// or a partner's share of a customer that it serves. Anybody else's customer is unknown.
async fn shown(view: &View, customer: CompanyId) -> Result<Option<Vec<PartnerId>>> {
    if view.reach() == Reach::Everything {
        return Ok(None);
    }
    let own = view.caller().principal().ok_or_else(Error::not_found)?.company;
    if own == customer {
        return Ok(None);
    }
    let rows = view.customer_rows(customer).await?;
    if rows.is_empty() {
        return Err(Error::not_found());
    }
    // A reseller sees the rows of the providers that it shares the customer with (R8).
    Ok(Some(rows.iter().map(|it| it.partner_id).collect()))
}
