//! A company asks whether a label of the directory is free (E3).

use api::users::v1::{CheckDomainAvailabilityRequest, CheckDomainAvailabilityResponse};
use domain::{Call, Reason, Result, user::RESERVED_PREFIXES};

use crate::Service;

pub async fn check_domain_availability(
    service: &Service,
    call: &Call,
    req: CheckDomainAvailabilityRequest,
) -> Result<CheckDomainAvailabilityResponse> {
    let domain = format!("{}.{}", req.domain_prefix, service.db.programme().directory_domain);
    let is_reserved = RESERVED_PREFIXES.contains(&req.domain_prefix.as_str());
    let read = async |view: &store::View| view.any_company_by_domain(&domain).await;
    let problem = match is_reserved {
        true => Some(Reason::DomainReserved),
        false => service.db.read(call, read).await?.map(|_| Reason::DomainTaken),
    };
    Ok(CheckDomainAvailabilityResponse {
        available: problem.is_none(),
        problem: problem.map(Reason::as_str).unwrap_or_default().to_owned(),
        domain,
    })
}
