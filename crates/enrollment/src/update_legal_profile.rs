//! A company says who it is (E5, E6).

use api::{
    Word as _,
    enrollment::v1::{
        AddressChoice, LegalProfile, UpdateLegalProfileRequest, UpdateLegalProfileResponse,
    },
};
use domain::{
    Call, Error, Language, Reason, Result,
    company_name::name_problem,
    enrollment::{Action, State},
    facts::{Facts, RegionCode},
    id::{enrollment_id, enrollment_name},
    invitation::check_name,
};
use event::{Event, LegalProfileUpdated, event::Kind as What};
use gate::Mask;
use store::entity::{company, enrollment};

use crate::{
    Service,
    address::{checked_address, reviewed},
    get_enrollment_guide::known_region,
    resource,
};

const FIELDS: &[&str] =
    &["legal_name", "region_code", "address", "address_choice", "registration_id", "duns_number"];

pub async fn update_legal_profile(
    service: &Service,
    call: &Call,
    req: UpdateLegalProfileRequest,
) -> Result<UpdateLegalProfileResponse> {
    let id = enrollment_id(&req.name)?;
    let mask = Mask::read(req.update_mask.as_ref(), FIELDS)?;
    let profile = req.legal_profile.unwrap_or_default();
    if !profile.legal_name.is_empty() && name_problem(&profile.legal_name).is_some() {
        return Err(Error::new(Reason::CompanyNameInvalid));
    }
    check_name("legal_profile.legal_name", &profile.legal_name)?;
    let facts = &*service.db.facts();

    let write = async |tx: &mut store::Tx| {
        let seen = tx.enrollment(id).await?;
        let company = tx.company(seen.company_id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::UpdateLegalProfile)?;

        let region = region(&mask, &profile, &company, &seen, facts)?;
        if region.as_str() != company.region_code {
            tx.set_region(company.id, region.as_str()).await?;
        }
        let region_code = region.as_str().to_owned();
        let mut row = enrollment::Model { state, region_code, ..seen.clone() };
        apply(&mask, &profile, &region, facts, &mut row)?;
        state_address(&mask, &profile, &region, facts, call.language, &mut row)?;
        stays_complete(&row, &region, facts)?;
        if let Some(mut checks) = seen.checks()? {
            if row.legal_name != seen.legal_name {
                checks.change_legal_name(tx.now());
            }
            if row.address != seen.address {
                checks.change_legal_address(tx.now());
            }
            row.set_checks(&checks)?;
        }
        let row = tx.change_enrollment(&seen, row).await?;

        let name = enrollment_name(id);
        let what = LegalProfileUpdated { enrollment: name.clone() };
        let event = Event::of(name, What::LegalProfileUpdated(what))
            .changed("region_code", &company.region_code, region.as_str())
            .changed("legal_name", &seen.legal_name, &row.legal_name)
            .changed(
                "address",
                seen.address.clone().unwrap_or_default(),
                row.address.clone().unwrap_or_default(),
            )
            .changed("address_choice", &seen.address_choice, &row.address_choice)
            .changed("registration_id", &seen.registration_id, &row.registration_id)
            .changed("duns_number", &seen.duns_number, &row.duns_number);
        tx.record(event, &[row.company_id]);
        let enrollment = resource::enrollment(&row, region.as_str(), call, tx.now())?;
        let address = row.postal_address()?;
        let address_review = address.map(|it| reviewed(&it, facts, call.language));
        Ok(UpdateLegalProfileResponse { enrollment: Some(enrollment), address_review, plan: None })
    };
    service.db.write(call, write).await
}

/// The company's country from now on; frozen after the first submission (C2).
fn region(
    mask: &Mask<'_>,
    profile: &LegalProfile,
    company: &company::Model,
    seen: &enrollment::Model,
    facts: &Facts,
) -> Result<RegionCode> {
    let wanted = match mask.changes("region_code", !profile.region_code.is_empty()) {
        true => &profile.region_code,
        false => &company.region_code,
    };
    let is_frozen = seen.state != State::Draft || company.region_frozen;
    if *wanted != company.region_code && is_frozen {
        return Err(Error::new(Reason::CountryFrozen));
    }
    // A country that has left the market table since keeps its companies (R11).
    match *wanted == company.region_code {
        true => known_region(facts, wanted),
        false => facts.served_region(wanted),
    }
}

/// After approval nothing of the profile may be taken away (E5).
fn stays_complete(row: &enrollment::Model, region: &RegionCode, facts: &Facts) -> Result<()> {
    if row.state != State::Approved {
        return Ok(());
    }
    let lacks_id = row.registration_id.is_empty() && facts.registration_ids.required(region);
    match (row.legal_name.is_empty(), row.address.is_none(), lacks_id) {
        (true, ..) => Err(Error::new(Reason::CompanyNameInvalid)),
        (_, true, _) => Err(Error::new(Reason::AddressInvalid)),
        (_, _, true) => Err(Error::new(Reason::RegistrationIdRequired)),
        (false, false, false) => Ok(()),
    }
}

/// Takes what is given, and refuses at once what is impossible.
fn apply(
    mask: &Mask<'_>,
    profile: &LegalProfile,
    region: &RegionCode,
    facts: &Facts,
    row: &mut enrollment::Model,
) -> Result<()> {
    mask.text("legal_name", &profile.legal_name, &mut row.legal_name);
    mask.text("duns_number", &profile.duns_number, &mut row.duns_number);
    if mask.changes("registration_id", profile.registration_id.is_some()) {
        let id = profile.registration_id.clone().unwrap_or_default();
        let ids = &facts.registration_ids;
        if !id.value.is_empty() && !ids.accepts_type(region, &id.r#type) {
            return Err(Error::new(Reason::RegistrationIdTypeInvalid)
                .with("idType", id.r#type)
                .with("regionCode", region.as_str())
                .with("allowedTypes", ids.types(region).join(", ")));
        }
        (row.registration_id_type, row.registration_id) = (id.r#type, id.value);
    }
    Ok(())
}

/// Takes the address and the choice: another address is another choice, and a suggestion that is
/// taken stands in place of what it mends (E6).
fn state_address(
    mask: &Mask<'_>,
    profile: &LegalProfile,
    region: &RegionCode,
    facts: &Facts,
    language: Language,
    row: &mut enrollment::Model,
) -> Result<()> {
    let mut address = row.postal_address()?;
    if mask.changes("address", profile.address.is_some()) {
        let at = "legal_profile.address";
        let given = profile.address.as_ref();
        let given = given.map(|it| checked_address(it, at, region, facts, language)).transpose()?;
        if given != address {
            row.address_choice.clear();
            address = given;
        }
    }
    if mask.changes("address_choice", profile.address_choice != 0) {
        row.address_choice = match profile.address_choice {
            0 => String::new(),
            _ => profile.address_choice().word().to_owned(),
        };
        if profile.address_choice() == AddressChoice::Suggested {
            let review = address.as_ref().map(|it| facts.addresses.review(&facts.markets, it));
            address = review.and_then(|it| it.suggestion).or(address);
        }
    }
    let text = address.as_ref().map(serde_json::to_string).transpose();
    row.address = text.map_err(Error::internal)?;
    Ok(())
}
