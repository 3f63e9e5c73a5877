//! A reviewer sees what is known for each check, beside what the company stated (E11).

use api::enrollment::v1::{
    Appeal, BusinessFindings, DomainAge, DomainMatch, EmploymentFindings, EnrollmentState,
    GetReviewRequest, GetReviewResponse, PossibleDuplicate, Review,
};
use domain::{
    Call, Error, Result,
    constants::{APPEALS, FINDINGS_SHOWN, PAGE},
    id::{EvidenceId, enrollment_id, enrollment_name, evidence_name},
    review::{self, mail_domain, web_domain},
};
use store::{
    View,
    entity::{appeal, enrollment},
};

use crate::{Service, conflict::refuse_conflict, registered, resource};

pub async fn get_review(
    service: &Service,
    call: &Call,
    req: GetReviewRequest,
) -> Result<GetReviewResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let id = enrollment_id(&req.name)?;
    let read = async |view: &View| {
        let row = view.enrollment(id).await?;
        let company = view.company(row.company_id).await?;
        refuse_conflict(view, caller, &company, &row).await?;
        let n_appeals = u64::try_from(APPEALS).unwrap_or_default();
        let appeals = view.any_appeals(id, n_appeals.max(PAGE)).await?;
        let appeals: Result<Vec<Appeal>> = appeals.iter().map(appeal).collect();
        let evidence = view.newest_evidence(id, PAGE).await?;
        Ok(Review {
            enrollment: Some(
                resource::enrollment_for(view, &row, &company.region_code, call).await?,
            ),
            employment: Some(employment(view, &row).await?),
            business: Some(business(view, &row).await?),
            evidence: evidence.iter().map(resource::evidence).collect(),
            appeals: appeals?,
        })
    };
    let review = service.db.read(call, read).await?;
    Ok(GetReviewResponse { review: Some(review) })
}

/// The contact's domain against the company's other addresses.
async fn employment(view: &View, row: &enrollment::Model) -> Result<EmploymentFindings> {
    let Some(domain) = mail_domain(&row.contact_email) else {
        return Ok(EmploymentFindings::default());
    };
    let compare = |other: Option<String>| {
        let found = other.map(|it| review::DomainMatch::of(&it, &domain));
        found.map_or(0, |it| api::number::<DomainMatch>(it.as_str()))
    };
    let addresses = view.any_addresses(row.company_id).await?;
    let domains: Vec<String> = addresses.iter().filter_map(|it| mail_domain(it)).collect();
    let n_same = domains.iter().filter(|it| **it == domain).count();
    let mut others: Vec<String> = domains.into_iter().filter(|it| *it != domain).collect();
    others.sort_unstable();
    others.dedup();
    others.truncate(usize::try_from(FINDINGS_SHOWN).unwrap_or_default());
    Ok(EmploymentFindings {
        support_email: compare(mail_domain(&row.support_email)),
        website: compare(web_domain(&row.support_website_uri)),
        people_count: i32::try_from(addresses.len()).unwrap_or(i32::MAX),
        people_in_domain_count: i32::try_from(n_same).unwrap_or(i32::MAX),
        other_domains: others,
        domain_age: DomainAge::Unknown.into(),
        contact_domain: domain,
    })
}

/// Who else states the same numbers, and what the register has.
async fn business(view: &View, row: &enrollment::Model) -> Result<BusinessFindings> {
    let duplicates = view.any_duplicates(row, FINDINGS_SHOWN).await?;
    let same = |one: &str, other: &str| !one.is_empty() && one == other;
    let duplicate = |it: enrollment::Model| PossibleDuplicate {
        enrollment: enrollment_name(it.partner_id),
        same_registration_id: same(&it.registration_key, &row.registration_key),
        same_duns_number: same(&it.duns_number, &row.duns_number),
        state: api::number::<EnrollmentState>(it.state.as_str()),
        legal_name: it.legal_name,
        region_code: it.region_code,
    };
    Ok(BusinessFindings {
        possible_duplicates: duplicates.into_iter().map(duplicate).collect(),
        register: Some(registered::findings(view, row).await?),
    })
}

fn appeal(it: &appeal::Model) -> Result<Appeal> {
    let ids: Vec<EvidenceId> = serde_json::from_str(&it.evidence).map_err(Error::internal)?;
    Ok(Appeal {
        create_time: Some(gate::wire_time(it.create_time)),
        comment: it.comment.clone(),
        evidence: ids.into_iter().map(|id| evidence_name(it.partner_id, id)).collect(),
    })
}
