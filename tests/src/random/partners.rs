//! Partners and places, listed and read by everybody.

use api::enrollment::v1::{
    GetLocationRequest, GetPartnerRequest, ListLocationsRequest, ListPartnersRequest, Partner,
    PartnerKind,
};

use super::{Random, UNKNOWN, got};
use crate::{Persona, World};

pub async fn partners(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
    let get = async |name: &str| {
        let ask = who.asks(GetPartnerRequest { name: name.to_owned() });
        world.enrollment().get_partner(ask).await
    };
    let mut gotten = Vec::new();
    for name in &random.partners {
        let what = format!("{name} seed {seed} on {}", world.engine);
        let answer = got(get(name).await, get(&format!("partners/{UNKNOWN}")).await, &what);
        gotten.extend(answer.and_then(|it| it.partner));
    }
    gotten.sort_by(|a, b| a.name.cmp(&b.name));
    // By one page, by pages of one, and by kind.
    let mut listed = Vec::new();
    for kinds in [&[PartnerKind::Unspecified][..], &[PartnerKind::Reseller, PartnerKind::Provider]]
    {
        listed.clear();
        for kind in kinds {
            // The platform reads all worlds so far: there pages of two would take all day.
            let is_small = kinds.len() == 1 && !who.sign_in_name.contains("@platform.");
            let page_size = if is_small { 2 } else { 500 };
            listed.extend(list_partners(world, who, *kind, page_size).await);
        }
        listed.retain(|it| random.partners.contains(&it.name));
        if kinds.len() > 1 {
            listed.sort_by(|a, b| a.name.cmp(&b.name));
        }
        assert_eq!(listed, gotten, "seed {seed} on {}", world.engine);
    }
    assert!(who.token.is_some() || listed.is_empty(), "seed {seed} on {}", world.engine);
    random.partners.len()
}

async fn list_partners(
    world: &World,
    who: &Persona,
    kind: PartnerKind,
    page_size: i32,
) -> Vec<Partner> {
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let kind = kind.into();
        let ask = ListPartnersRequest { kind, page_size, page_token };
        let Ok(answer) = world.enrollment().list_partners(who.asks(ask)).await else { break };
        let answer = answer.into_inner();
        listed.extend(answer.partners);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    listed
}

pub async fn locations(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
    let get = async |name: &str| {
        let ask = who.asks(GetLocationRequest { name: name.to_owned() });
        world.enrollment().get_location(ask).await
    };
    let mut gotten = Vec::new();
    for name in &random.locations {
        let what = format!("{name} seed {seed} on {}", world.engine);
        let unknown = get("organisations/1234/locations/1234").await;
        gotten.extend(got(get(name).await, unknown, &what).and_then(|it| it.location));
    }
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let ask = ListLocationsRequest { page_size: 500, page_token, ..Default::default() };
        let Ok(answer) = world.enrollment().list_locations(who.asks(ask)).await else { break };
        let answer = answer.into_inner();
        listed.extend(answer.locations);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    listed.retain(|it| random.locations.contains(&it.name));
    gotten.sort_by(|a, b| a.name.cmp(&b.name));
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(listed, gotten, "seed {seed} on {}", world.engine);
    random.locations.len()
}
