//! Somebody asks what to gather before enrolling a company of a country (E1).

use api::{
    enrollment::v1::{self as wire, GetEnrollmentGuideRequest, GetEnrollmentGuideResponse},
    types::v1::Turn,
};
use domain::{
    Call, Error, Language, Reason, Result,
    facts::{AddressField, Facts, RegionCode, SubDivision},
    guide::{DOCUMENTS, FIELDS, NOT_SERVED, REGISTRATION_ID, SERVED, STEPS, address_label},
};

use crate::Service;

pub async fn get_enrollment_guide(
    service: &Service,
    call: &Call,
    req: GetEnrollmentGuideRequest,
) -> Result<GetEnrollmentGuideResponse> {
    // Nobody's session was looked at before: the view says what is in force.
    let read = async |view: &store::View| {
        let region = known_region(view.facts(), &req.region_code)?;
        Ok(guide(view.facts(), &region, call.language))
    };
    let guide = service.db.read(call, read).await?;
    Ok(GetEnrollmentGuideResponse { guide: Some(guide) })
}

/// A country that exists, whether the programme is offered there or not.
pub fn known_region(facts: &Facts, code: &str) -> Result<RegionCode> {
    let region: Option<RegionCode> = code.parse().ok();
    let region = region.filter(|it| facts.markets.is_known(it) || facts.addresses.is_known(it));
    region.ok_or_else(|| Error::new(Reason::CountryUnknown).with("regionCode", code))
}

fn guide(facts: &Facts, region: &RegionCode, language: Language) -> wire::EnrollmentGuide {
    let served = facts.markets.is_known(region);
    let name = facts.markets.name(region).or_else(|| facts.addresses.name(region));
    let ids = &facts.registration_ids;
    wire::EnrollmentGuide {
        region_code: region.to_string(),
        country_name: name.unwrap_or_default().to_owned(),
        served,
        notice: if served { SERVED } else { NOT_SERVED }.text(language).to_owned(),
        market_region: facts.markets.market_region(region).unwrap_or_default().to_owned(),
        currency_code: facts.markets.currency(region).unwrap_or_default().to_owned(),
        fields: fields(ids.required(region), language),
        registration_id: Some(wire::RegistrationIdGuide {
            required: ids.required(region),
            types: ids.types(region).to_vec(),
        }),
        address_format: Some(address_format(facts, region, language)),
        documents: documents(language),
        steps: steps(language),
    }
}

fn fields(is_id_required: bool, language: Language) -> Vec<wire::GuideField> {
    let field = |it: &domain::guide::Field| wire::GuideField {
        path: it.path.to_owned(),
        rpc: it.rpc.to_owned(),
        label: it.label.text(language).to_owned(),
        hint: it.hint.text(language).to_owned(),
        required: it.is_required || (it.path == REGISTRATION_ID && is_id_required),
    };
    FIELDS.iter().map(field).collect()
}

fn address_format(facts: &Facts, region: &RegionCode, language: Language) -> wire::AddressFormat {
    let rules = &facts.addresses;
    let part = |field: AddressField| wire::AddressPart {
        field: field.as_str().to_owned(),
        label: address_label(field, rules.type_of(region, field)).text(language).to_owned(),
        required: rules.required(region).contains(&field),
        capitals: rules.in_capitals(region).contains(&field),
    };
    let sub_division = |it: &SubDivision| wire::SubDivision {
        key: it.key.clone(),
        display_name: it.name.clone(),
        latin_name: it.latin_name.clone(),
        iso_code: it.iso_code.clone(),
    };
    // Sorting codes have no field of their own; they go with the city.
    let parts = rules.parts(region).into_iter().filter(|it| *it != AddressField::SortingCode);
    wire::AddressFormat {
        parts: parts.map(part).collect(),
        postal_code_examples: rules.example_codes(region).to_vec(),
        sub_divisions: rules.sub_divisions(region).iter().map(sub_division).collect(),
        known: rules.has_rules(region),
    }
}

fn documents(language: Language) -> Vec<wire::GuideDocument> {
    let document = |it: &domain::guide::Document| wire::GuideDocument {
        r#type: api::number::<wire::EvidenceType>(it.kind),
        label: it.label.text(language).to_owned(),
        check: api::number::<wire::CheckKind>(it.shows.as_str()),
    };
    DOCUMENTS.iter().map(document).collect()
}

fn steps(language: Language) -> Vec<wire::GuideStep> {
    let step = |it: &domain::guide::Step| wire::GuideStep {
        title: it.title.text(language).to_owned(),
        text: it.text.text(language).to_owned(),
        turn: api::number::<Turn>(it.turn.as_str()),
        rpc: it.rpc.to_owned(),
    };
    STEPS.iter().map(step).collect()
}
