//! A provider says what the directory shows of it, and whether it does (R1).

use std::collections::BTreeSet;

use api::relationships::v1::{
    ProviderProfile, UpdateProviderProfileRequest, UpdateProviderProfileResponse,
};
use domain::{
    Call, Error, Result,
    directory::{Offer, check_words, language_tag},
    facts::RegionCode,
};
use event::{Event, ProviderProfileUpdated, event::Kind as What};
use gate::Mask;
use store::{Offers, Tx, entity::provider_profile::Model};

use crate::{Service, directory};

const FIELDS: &[&str] = &[
    "published",
    "email",
    "phone",
    "website_uri",
    "services",
    "language_codes",
    "served_region_codes",
    "description",
];

pub async fn update_provider_profile(
    service: &Service,
    call: &Call,
    req: UpdateProviderProfileRequest,
) -> Result<UpdateProviderProfileResponse> {
    let id = directory::partner_of(&req.name)?;
    let mask = Mask::read(req.update_mask.as_ref(), FIELDS)?;
    let given = req.provider_profile.clone().unwrap_or_default();
    check_words("provider_profile.description", &given.description)?;

    let write = async |tx: &mut Tx| {
        let partner = tx.partner(id).await?;
        let seen = tx.provider_profile(id).await?;
        gate::check_etag(&req.etag, seen.as_ref().map_or(0, |it| it.version))?;
        let before = seen.clone().unwrap_or_else(|| blank(tx, &partner));
        let to = edited(&before, &mask, &given);
        if to.is_published && to.email.is_empty() {
            let words = "a profile that is published has an address";
            return Err(Error::field("provider_profile.email", "REQUIRED", words));
        }
        let former = tx.any_offers(&[id]).await?.remove(&id).unwrap_or_default();
        let offers = offers(tx, &mask, &given, &former)?;
        let row = tx.put_provider_profile(seen.as_ref(), to).await?;
        for kind in [Offer::Service, Offer::Language, Offer::Region] {
            let [is, was] = [&offers, &former].map(|it| it.get(&kind).cloned().unwrap_or_default());
            if is != was {
                tx.set_offers(id, kind, &is).await?;
            }
        }
        record(tx, (&before, &former), (&row, &offers));
        let provider_profile = Some(directory::profile(&row, &offers));
        Ok(UpdateProviderProfileResponse { provider_profile, plan: None })
    };
    service.db.write(call, write).await
}

fn blank(tx: &Tx, partner: &store::entity::partner::Model) -> Model {
    Model {
        partner_id: partner.id,
        company_id: partner.company_id,
        version: 1,
        create_time: tx.now(),
        update_time: tx.now(),
        is_published: false,
        email: String::new(),
        phone: String::new(),
        website_uri: String::new(),
        description: String::new(),
    }
}

fn edited(before: &Model, mask: &Mask<'_>, given: &ProviderProfile) -> Model {
    let mut row = before.clone();
    if mask.changes("published", given.published) {
        row.is_published = given.published;
    }
    mask.text("email", &given.email, &mut row.email);
    mask.text("phone", &given.phone, &mut row.phone);
    mask.text("website_uri", &given.website_uri, &mut row.website_uri);
    mask.text("description", &given.description, &mut row.description);
    row
}

fn offers(tx: &Tx, mask: &Mask<'_>, given: &ProviderProfile, former: &Offers) -> Result<Offers> {
    let languages = given.language_codes.iter().map(|it| language_tag(it)).collect();
    let stated = [
        (Offer::Service, directory::words(given.services())),
        (Offer::Language, languages),
        (Offer::Region, regions(tx, given)?),
    ];
    let mut offers = former.clone();
    for (kind, values) in stated {
        if mask.changes(kind.as_str(), !values.is_empty()) {
            offers.insert(kind, values);
        }
    }
    Ok(offers)
}

/// Countries of the market table in force.
fn regions(tx: &Tx, given: &ProviderProfile) -> Result<BTreeSet<String>> {
    let markets = &tx.facts().markets;
    let is_known = |it: &String| {
        let region: Option<RegionCode> = it.parse().ok();
        region.is_some_and(|it| markets.is_known(&it))
    };
    match given.served_region_codes.iter().find(|it| !is_known(it)) {
        None => Ok(given.served_region_codes.iter().cloned().collect()),
        Some(it) => {
            let words = format!("{it} is in no market");
            Err(Error::field("provider_profile.served_region_codes", "VALUE_UNKNOWN", words))
        }
    }
}

fn record(tx: &mut Tx, before: (&Model, &Offers), after: (&Model, &Offers)) {
    let ((was, offered), (is, offers)) = (before, after);
    let name = directory::profile_name(is.partner_id);
    let what = ProviderProfileUpdated { profile: name.clone() };
    let mut event = Event::of(name, What::ProviderProfileUpdated(what));
    let [published, publishes] = [was, is].map(|it| it.is_published.to_string());
    event = event.changed("published", published, publishes);
    event = event.changed("website_uri", &was.website_uri, &is.website_uri);
    event = event.changed("description", &was.description, &is.description);
    for kind in [Offer::Service, Offer::Language, Offer::Region] {
        let [before, after] = [offered, offers].map(|it| {
            let values = it.get(&kind).into_iter().flatten().cloned();
            values.collect::<Vec<String>>().join(" ")
        });
        event = event.changed(kind.as_str(), before, after);
    }
    // Of a person perhaps: beside the entry, where they can be erased.
    let values = [("email", &was.email, &is.email), ("phone", &was.phone, &is.phone)];
    let changed = values.iter().filter(|(_, before, after)| before != after);
    let personal: Vec<(&str, &str)> =
        changed.map(|(field, _, after)| (*field, after.as_str())).collect();
    tx.record_personal(event, &[is.company_id], &personal);
}
