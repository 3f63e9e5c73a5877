//! What the goals of a partner are decided by, gathered from its rows.

use domain::{
    Error, Reason, Result,
    company_name::name_problem,
    email::EmailAddress,
    facts::{Facts, RegionCode},
    partner::Kind,
    readiness::{Flaw, PartnerFacts},
};
use store::entity::enrollment;

use crate::resource::address;

/// The facts of a partner, with or without an enrolment.
pub fn standing(
    kind: Kind,
    region_code: &str,
    row: Option<&enrollment::Model>,
    facts: &Facts,
    directory_domain: &str,
) -> Result<PartnerFacts> {
    let region: RegionCode = region_code.parse().map_err(Error::internal)?;
    let Some(row) = row else {
        return Ok(PartnerFacts {
            kind,
            state: None,
            legal_name: Flaw::Missing,
            address: Flaw::Missing,
            registration_id: match facts.registration_ids.required(&region) {
                true => Flaw::Missing,
                false => Flaw::None,
            },
            has_support: false,
            has_contact: false,
            contact_email: None,
            checks: None,
        });
    };
    let contact =
        [&row.contact_given_name, &row.contact_family_name, &row.contact_email, &row.contact_phone];
    let email: Option<EmailAddress> = row.contact_email.parse().ok();
    Ok(PartnerFacts {
        kind,
        state: Some(row.state),
        legal_name: legal_name(row),
        address: address_flaw(row, &region, facts)?,
        registration_id: registration_id(row, &region, facts),
        has_support: !row.support_email.is_empty() && !row.support_phone.is_empty(),
        has_contact: contact.iter().all(|it| !it.is_empty()),
        contact_email: email
            .and_then(|it| facts.mail_domains.contact_problem(&it, directory_domain)),
        checks: None,
    })
}

fn legal_name(row: &enrollment::Model) -> Flaw {
    match name_problem(&row.legal_name) {
        _ if row.legal_name.is_empty() => Flaw::Missing,
        Some(_) => Flaw::Wrong(Reason::CompanyNameInvalid),
        None => Flaw::None,
    }
}

fn address_flaw(row: &enrollment::Model, region: &RegionCode, facts: &Facts) -> Result<Flaw> {
    let Some(address) = address(row)? else {
        return Ok(Flaw::Missing);
    };
    let is_impossible = address.region_code != region.as_str()
        || !facts.addresses.check(&facts.markets, &address).is_empty();
    Ok(if is_impossible { Flaw::Wrong(Reason::AddressInvalid) } else { Flaw::None })
}

fn registration_id(row: &enrollment::Model, region: &RegionCode, facts: &Facts) -> Flaw {
    let ids = &facts.registration_ids;
    match row.registration_id.is_empty() {
        true if ids.required(region) => Flaw::Missing,
        true => Flaw::None,
        false if ids.accepts_type(region, &row.registration_id_type) => Flaw::None,
        false => Flaw::Wrong(Reason::RegistrationIdTypeInvalid),
    }
}
