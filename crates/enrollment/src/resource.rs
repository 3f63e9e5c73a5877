//! Partners and enrolments as the contract shows them.

use api::{
    enrollment::v1,
    types::v1::{PostalAddress, Statement},
};
use domain::{
    Error, Result, consent, facts,
    id::{company_name, enrollment_name, partner_name},
    partner::programme_status,
};
use store::entity::{company, enrollment, partner};

/// A partner as its own company and the platform see it.
pub fn partner(
    row: &partner::Model,
    of: &company::Model,
    enrollment: Option<&enrollment::Model>,
) -> v1::Partner {
    let status = programme_status(enrollment.map(|it| it.state));
    v1::Partner {
        name: partner_name(row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        company: company_name(row.company_id),
        kind: api::number::<v1::PartnerKind>(row.kind.as_str()),
        display_name: of.display_name.clone(),
        legal_name: enrollment.map(|it| it.legal_name.clone()).unwrap_or_default(),
        region_code: of.region_code.clone(),
        programme_status: api::number::<v1::ProgrammeStatus>(status),
    }
}

pub fn enrollment(row: &enrollment::Model, region_code: &str) -> Result<v1::Enrollment> {
    let registration_id = v1::RegistrationId {
        r#type: row.registration_id_type.clone(),
        value: row.registration_id.clone(),
    };
    let statement = consent::AUTHORITY;
    Ok(v1::Enrollment {
        name: enrollment_name(row.partner_id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        state: api::number::<v1::EnrollmentState>(row.state.as_str()),
        legal_profile: Some(v1::LegalProfile {
            legal_name: row.legal_name.clone(),
            region_code: region_code.to_owned(),
            address: address(row)?.map(wire_address),
            address_choice: api::number::<v1::AddressChoice>(&row.address_choice),
            registration_id: Some(registration_id).filter(|it| !it.value.is_empty()),
            duns_number: row.duns_number.clone(),
        }),
        primary_contact: Some(v1::PrimaryContact {
            given_name: row.contact_given_name.clone(),
            family_name: row.contact_family_name.clone(),
            email: row.contact_email.clone(),
            phone: row.contact_phone.clone(),
            language_code: row.contact_language_code.clone(),
        }),
        support_profile: Some(v1::SupportProfile {
            email: row.support_email.clone(),
            phone: row.support_phone.clone(),
            website_uri: row.support_website_uri.clone(),
        }),
        checks: Vec::new(),
        submit_time: row.submit_time.map(gate::wire_time),
        review: None,
        authority_statement: Some(Statement {
            text: statement.english.to_owned(),
            text_sha256: statement.english_sha256(),
        }),
    })
}

/// The address as it was given.
pub fn address(row: &enrollment::Model) -> Result<Option<facts::PostalAddress>> {
    let text = row.address.as_deref();
    text.map(|it| serde_json::from_str(it).map_err(Error::internal)).transpose()
}

fn wire_address(it: facts::PostalAddress) -> PostalAddress {
    PostalAddress {
        region_code: it.region_code,
        postal_code: it.postal_code,
        administrative_area: it.administrative_area,
        locality: it.locality,
        dependent_locality: it.dependent_locality,
        address_lines: it.address_lines,
    }
}

pub fn domain_address(it: &PostalAddress) -> facts::PostalAddress {
    facts::PostalAddress {
        region_code: it.region_code.clone(),
        postal_code: it.postal_code.clone(),
        administrative_area: it.administrative_area.clone(),
        locality: it.locality.clone(),
        dependent_locality: it.dependent_locality.clone(),
        address_lines: it.address_lines.clone(),
        ..facts::PostalAddress::default()
    }
}
