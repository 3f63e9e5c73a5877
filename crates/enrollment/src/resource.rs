//! Partners, enrolments and locations as the contract shows them.

use std::collections::{BTreeMap, HashMap};

use api::{
    enrollment::v1,
    types::v1::{AgreementStanding, PostalAddress},
};
use domain::{
    Call, Error, Reach, Result, Timestamp,
    check::{Check, Checks},
    consent,
    constants::APPEALS,
    course::Standing,
    facts,
    id::{
        CompanyId, UserId, company_name, enrollment_name, evidence_name, location_name,
        partner_name, user_name, version_name,
    },
    partner::Status,
};
use store::{
    Party, View,
    entity::{enrollment, evidence, location},
};

/// A partner as its own company and the platform see it.
pub fn partner(of: &Party) -> v1::Partner {
    let row = &of.partner;
    let status = of.standing().status();
    let audience = domain::agreement::Audience::of_partner(row.kind);
    let stand = of.agreement.stand;
    let version = row.accepted_version_id.map(|it| version_name(audience, it));
    let agreement = v1::AgreementSummary {
        version: version.unwrap_or_default(),
        accept_time: row.accept_time.map(gate::wire_time),
        standing: api::number::<AgreementStanding>(stand.standing.as_str()),
        reaccept_by_time: stand.reaccept_by.map(gate::wire_time),
    };
    let agreement = Some(agreement).filter(|_| stand.standing != Standing::None);
    v1::Partner {
        name: partner_name(row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        company: company_name(row.company_id),
        kind: api::number::<v1::PartnerKind>(row.kind.as_str()),
        display_name: of.company.display_name.clone(),
        legal_name: of.legal_name().to_owned(),
        region_code: of.company.region_code.clone(),
        programme_status: api::number::<v1::ProgrammeStatus>(status.as_str()),
        partner_id: of.location.as_ref().map(|it| it.number.clone()).unwrap_or_default(),
        active: status == Status::Active,
        agreement,
        external_ids: BTreeMap::new(),
    }
}

/// A partner as its counterparts see it.
pub fn counterpart(of: &Party) -> v1::Partner {
    let whole = partner(of);
    v1::Partner {
        name: whole.name,
        kind: whole.kind,
        display_name: whole.display_name,
        legal_name: whole.legal_name,
        region_code: whole.region_code,
        partner_id: whole.partner_id,
        active: whole.active,
        ..v1::Partner::default()
    }
}

pub fn enrollment(
    row: &enrollment::Model,
    region_code: &str,
    call: &Call,
    now: Timestamp,
) -> Result<v1::Enrollment> {
    let registration_id = v1::RegistrationId {
        r#type: row.registration_id_type.clone(),
        value: row.registration_id.clone(),
    };
    let checks = row.checks()?;
    Ok(v1::Enrollment {
        name: enrollment_name(row.partner_id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        state: api::number::<v1::EnrollmentState>(row.state.as_str()),
        legal_profile: Some(v1::LegalProfile {
            legal_name: row.legal_name.clone(),
            region_code: region_code.to_owned(),
            address: row.postal_address()?.map(wire_address),
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
        checks: checks.iter().flat_map(Checks::iter).map(check).collect(),
        submit_time: row.submit_time.map(gate::wire_time),
        review: review(row, now),
        authority_statement: Some(gate::statement(consent::AUTHORITY, call.language)),
        disown_time: row.disown_time.map(gate::wire_time),
        appeals_left: i32::try_from((APPEALS - row.n_appeals).max(0)).unwrap_or_default(),
        claim: None,
        form: api::number::<v1::EnrollmentForm>(row.form.as_str()),
    })
}

/// The same, with who reviews it, which the platform reads and the company does not.
pub async fn enrollment_for(
    view: &View,
    row: &enrollment::Model,
    region_code: &str,
    call: &Call,
) -> Result<v1::Enrollment> {
    let reviewers: Vec<UserId> = row.reviewer_id.into_iter().collect();
    let companies = view.any_companies_of(reviewers).await?;
    enrollment_claimed(view, row, region_code, call, &companies)
}

/// The same, where the companies of the reviewers are read already.
pub fn enrollment_claimed(
    view: &View,
    row: &enrollment::Model,
    region_code: &str,
    call: &Call,
    companies: &HashMap<UserId, CompanyId>,
) -> Result<v1::Enrollment> {
    let shown = enrollment(row, region_code, call, view.now())?;
    let claim = || {
        let reviewer = row.reviewer_id?;
        let reviewer = user_name(*companies.get(&reviewer)?, reviewer);
        let claim_time = row.claim_time.map(gate::wire_time);
        Some(v1::ReviewClaim { reviewer, claim_time })
    };
    // The platform sees every company; a company sees its own.
    let claim = match view.reach() {
        Reach::Everything => claim(),
        Reach::Company(_) | Reach::Nothing => None,
    };
    Ok(v1::Enrollment { claim, ..shown })
}

/// A document without its bytes.
pub fn evidence(row: &evidence::Model) -> v1::Evidence {
    v1::Evidence {
        name: evidence_name(row.partner_id, row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        check: api::number::<v1::CheckKind>(row.check_kind.as_str()),
        r#type: api::number::<v1::EvidenceType>(&row.evidence_type),
        media_type: row.media_type.clone(),
        size_bytes: row.size_bytes,
        content_sha256: row.content_sha256.clone(),
        file_name: row.file_name.clone(),
        note: row.note.clone(),
        state: api::number::<v1::EvidenceState>(row.state.as_str()),
        review_note: row.review_note.clone(),
    }
}

/// When a decision is to be expected, while the enrolment is in review.
pub fn review(row: &enrollment::Model, now: Timestamp) -> Option<v1::ReviewClock> {
    let expected_by = row.expected_by_time?;
    Some(v1::ReviewClock {
        start_time: row.review_start_time.map(gate::wire_time),
        expected_from_time: row.expected_from_time.map(gate::wire_time),
        expected_by_time: Some(gate::wire_time(expected_by)),
        overdue: expected_by <= now,
        escalate_time: row.escalate_time.map(gate::wire_time),
    })
}

fn check(it: &Check) -> v1::Check {
    v1::Check {
        kind: api::number::<v1::CheckKind>(it.kind.as_str()),
        state: api::number::<v1::CheckState>(it.state.as_str()),
        reasons: it.reasons.iter().map(|it| api::number::<v1::CheckReason>(it)).collect(),
        update_time: Some(gate::wire_time(it.update_time)),
        evidence_alternatives: it
            .evidence
            .iter()
            .map(|it| api::number::<v1::EvidenceType>(it))
            .collect(),
        note: it.note.clone(),
    }
}

pub fn location(row: &location::Model) -> Result<v1::Location> {
    let address = serde_json::from_str(&row.address).map_err(Error::internal)?;
    Ok(v1::Location {
        name: location_name(&row.global_number, &row.number),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        partner_id: row.number.clone(),
        display_name: row.display_name.clone(),
        address: Some(wire_address(address)),
        state: api::number::<v1::LocationState>(row.state.as_str()),
        partner: row.partner_id.map(partner_name).unwrap_or_default(),
        associated: row.partner_id.is_some(),
    })
}

pub fn wire_address(it: facts::PostalAddress) -> PostalAddress {
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
