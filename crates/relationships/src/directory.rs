//! Providers as the directory shows them (R1).

use std::collections::BTreeSet;

use api::{
    Word as _,
    relationships::v1::{IndirectProvider, ProviderProfile, ProviderService},
};
use domain::{
    Result,
    directory::Offer,
    id::{PartnerId, partner_name},
};
use store::{Listed, Offers, entity::provider_profile};

pub fn shown(it: &Listed) -> IndirectProvider {
    let (profile, party) = (&it.profile, &it.party);
    IndirectProvider {
        name: partner_name(profile.partner_id),
        display_name: party.company.display_name.clone(),
        legal_name: party.legal_name().to_owned(),
        region_code: party.company.region_code.clone(),
        email: profile.email.clone(),
        phone: profile.phone.clone(),
        website_uri: profile.website_uri.clone(),
        services: services(&it.offers),
        language_codes: values(&it.offers, Offer::Language),
        served_region_codes: values(&it.offers, Offer::Region),
        description: profile.description.clone(),
    }
}

/// The profile as its own company reads it.
pub fn profile(row: &provider_profile::Model, offers: &Offers) -> ProviderProfile {
    ProviderProfile {
        name: profile_name(row.partner_id),
        etag: row.version.to_string(),
        update_time: Some(gate::wire_time(row.update_time)),
        published: row.is_published,
        email: row.email.clone(),
        phone: row.phone.clone(),
        website_uri: row.website_uri.clone(),
        services: services(offers),
        language_codes: values(offers, Offer::Language),
        served_region_codes: values(offers, Offer::Region),
        description: row.description.clone(),
    }
}

/// The partner of `partners/{partner}/profile`.
pub fn partner_of(name: &str) -> Result<PartnerId> {
    name.split('/').nth(1).unwrap_or_default().parse()
}

pub fn profile_name(of: PartnerId) -> String {
    format!("{}/profile", partner_name(of))
}

/// Services by the words that the database keeps.
pub fn words(services: impl Iterator<Item = ProviderService>) -> BTreeSet<String> {
    services.map(|it| it.word().to_owned()).collect()
}

fn services(offers: &Offers) -> Vec<i32> {
    let mut all: Vec<i32> = values(offers, Offer::Service)
        .iter()
        .map(|it| api::number::<ProviderService>(it))
        .collect();
    all.sort_unstable();
    all
}

fn values(offers: &Offers, kind: Offer) -> Vec<String> {
    offers.get(&kind).into_iter().flatten().cloned().collect()
}
