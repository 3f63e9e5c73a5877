//! Random worlds: companies of random stages with random ties, asked by everybody about everything.

use api::{
    enrollment::v1::{
        GetEnrollmentRequest, GetLocationRequest, GetPartnerRequest, ListEnrollmentsRequest,
        ListLocationsRequest, ListPartnersRequest, PartnerKind,
    },
    relationships::v1::{GetRelationshipRequest, ListRelationshipsRequest},
};
use domain::Role;
use tonic::{Code, Response, Status};

use crate::{
    Persona, World,
    cast::{Firm, Stage},
};

const ROLES: [Role; 7] = [
    Role::GlobalAdmin,
    Role::AdminAgent,
    Role::UserAdmin,
    Role::AccountAdmin,
    Role::SalesAgent,
    Role::HelpdeskAgent,
    Role::BillingAdmin,
];
/// A name of each kind that nobody has.
const UNKNOWN: &str = "01a20b5b-b9c7-74cf-9d60-da1cf728799d";

/// What there is in one random world.
struct Random {
    callers: Vec<Persona>,
    partners: Vec<String>,
    enrollments: Vec<String>,
    relationships: Vec<String>,
    locations: Vec<String>,
}

/// Makes a world of this seed within `world` and compares what lists and Gets answer; says how many
/// answers that were.
pub async fn check(world: &World, seed: u64) -> usize {
    let mut dice = fastrand::Rng::with_seed(seed);
    let random = make(world, &mut dice).await;
    let mut n = 0;
    for caller in &random.callers {
        n += enrollments(world, caller, &random, seed).await;
        n += relationships(world, caller, &random, seed).await;
        n += partners(world, caller, &random, seed).await;
        n += locations(world, caller, &random, seed).await;
    }
    n
}

async fn make(world: &World, dice: &mut fastrand::Rng) -> Random {
    let stages = [Stage::Draft, Stage::Submitted, Stage::InReview, Stage::Tied, Stage::Active];
    let region = |dice: &mut fastrand::Rng| *dice.choice(&["ES", "DE", "PL"]).unwrap();
    let mut providers = Vec::new();
    let mut resellers = Vec::new();
    for _ in 0..dice.usize(1..=2) {
        let country = region(dice);
        providers.push(world.provider("random", country, Stage::Active).await);
    }
    for _ in 0..dice.usize(1..=3) {
        let stage = if dice.bool() { Stage::Active } else { dice.choice(stages).unwrap() };
        let country = region(dice);
        resellers.push((stage, world.reseller("random", country, stage).await));
    }
    let mut ties = Vec::new();
    for provider in &providers {
        for (stage, reseller) in &resellers {
            if *stage == Stage::Active && dice.u8(0..4) > 0 {
                let name = world.connect(provider, reseller).await.name;
                if dice.u8(0..4) == 0 {
                    world.end_relationship(&name).await;
                }
                ties.push(name);
            }
        }
    }
    let firms: Vec<Firm> =
        providers.into_iter().chain(resellers.into_iter().map(|it| it.1)).collect();
    let mut callers = vec![Persona::stranger(), world.company("random", "DE").await];
    for firm in &firms {
        callers.push(match dice.bool() {
            true => firm.anna.clone(),
            false => world.with_roles(&firm.anna, &[dice.choice(ROLES).unwrap()]).await,
        });
    }
    let staff = world.staff().await;
    callers.push(
        dice.choice([&staff.reviewer, &staff.operator, &staff.order_system]).unwrap().clone(),
    );
    let mut locations = Vec::new();
    for firm in &firms {
        locations.extend(world.locations_of(firm).await.into_iter().map(|it| it.name));
    }
    Random {
        callers,
        locations,
        partners: firms.iter().map(|it| it.partner.clone()).collect(),
        enrollments: firms.into_iter().map(|it| it.enrollment).collect(),
        relationships: ties,
    }
}

/// What a Get answers: the resource, or that there is none such, in the very same bytes as for a
/// name that nobody has. Nothing where the caller may not ask at all.
fn got<T>(
    answer: Result<Response<T>, Status>,
    unknown: Result<Response<T>, Status>,
    what: &str,
) -> Option<T> {
    match (answer, unknown) {
        (Ok(answer), _) => Some(answer.into_inner()),
        (Err(err), Err(unknown)) => {
            // A refusal by role names the call; only what looks like absence has to look alike.
            assert_eq!(err.code(), unknown.code(), "{what}");
            if err.code() == Code::NotFound {
                assert_eq!(err.details(), unknown.details(), "{what}");
                assert_eq!(err.message(), unknown.message(), "{what}");
            }
            None
        }
        (Err(err), Ok(_)) => panic!("{what}: an unknown name was found: {err}"),
    }
}

async fn enrollments(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
    let get = async |name: &str| {
        let ask = who.asks(GetEnrollmentRequest { name: name.to_owned() });
        world.enrollment().get_enrollment(ask).await
    };
    let unknown = format!("partners/{UNKNOWN}/enrollment");
    let mut gotten = Vec::new();
    for name in &random.enrollments {
        let what = format!("{name} seed {seed} on {}", world.engine);
        let found = got(get(name).await, get(&unknown).await, &what);
        gotten.extend(found.and_then(|it| it.enrollment));
    }
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let ask = ListEnrollmentsRequest { page_size: 500, page_token, ..Default::default() };
        let Ok(answer) = world.enrollment().list_enrollments(who.asks(ask)).await else { break };
        let answer = answer.into_inner();
        listed.extend(answer.enrollments);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    listed.retain(|it| random.enrollments.contains(&it.name));
    gotten.sort_by(|a, b| a.name.cmp(&b.name));
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(listed, gotten, "seed {seed} on {}", world.engine);
    random.enrollments.len()
}

async fn relationships(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
    let get = async |name: &str| {
        let ask = who.asks(GetRelationshipRequest { name: name.to_owned() });
        world.relationships().get_relationship(ask).await
    };
    let unknown = format!("relationships/{UNKNOWN}");
    let mut gotten = Vec::new();
    for name in &random.relationships {
        let what = format!("{name} seed {seed} on {}", world.engine);
        let found = got(get(name).await, get(&unknown).await, &what);
        gotten.extend(found.and_then(|it| it.relationship));
    }
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let ask = ListRelationshipsRequest {
            show_ended: true,
            page_size: 500,
            page_token,
            ..ListRelationshipsRequest::default()
        };
        let asked = who.asks(ask);
        let Ok(answer) = world.relationships().list_relationships(asked).await else { break };
        let answer = answer.into_inner();
        listed.extend(answer.relationships);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    listed.retain(|it| random.relationships.contains(&it.name));
    gotten.sort_by(|a, b| a.name.cmp(&b.name));
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(listed, gotten, "seed {seed} on {}", world.engine);
    random.relationships.len()
}

async fn partners(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
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
) -> Vec<api::enrollment::v1::Partner> {
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

async fn locations(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
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
