//! Random worlds: companies of random stages with random ties, asked by everybody about everything.

mod acceptances;
mod partners;

use api::{
    enrollment::v1::{GetEnrollmentRequest, ListEnrollmentsRequest},
    relationships::v1::{
        GetCustomerRequest, GetInvitationRequest, GetRelationshipRequest, ListCustomersRequest,
        ListInvitationsRequest, ListRelationshipsRequest,
    },
};
use domain::Role;
use tonic::{Code, Response, Status};

use crate::{
    Persona, World,
    cast::{Firm, Stage, invitation},
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
    invitations: Vec<String>,
    customers: Vec<String>,
    acceptances: Vec<String>,
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
        n += partners::partners(world, caller, &random, seed).await;
        n += partners::locations(world, caller, &random, seed).await;
        n += invitations(world, caller, &random, seed).await;
        n += customers(world, caller, &random, seed).await;
        n += acceptances::acceptances(world, caller, &random, seed).await;
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
    let (mut ties, mut invitations, mut customers) = (Vec::new(), Vec::new(), Vec::new());
    let buyer = world.company("random", "DE").await;
    for provider in &providers {
        for (stage, reseller) in &resellers {
            if *stage == Stage::Active && dice.u8(0..4) > 0 {
                let name = world.connect(provider, reseller).await.name;
                if dice.bool() {
                    let customer = world.authorise(&buyer, reseller, provider).await.name;
                    customers = vec![customer];
                }
                if dice.u8(0..4) == 0 {
                    world.end_relationship(&provider.anna, &name).await;
                }
                ties.push(name);
            } else {
                invitations.extend(invite(world, provider, reseller, dice.bool()).await);
            }
        }
    }
    let firms: Vec<Firm> =
        providers.into_iter().chain(resellers.into_iter().map(|it| it.1)).collect();
    let mut acceptances = Vec::new();
    if dice.bool() {
        acceptances.push(acceptances::accept(world, &buyer).await);
    }
    for it in &firms {
        let signed = acceptances::list(world, &world.staff().await.operator, &it.partner).await;
        acceptances.extend(signed.unwrap().into_iter().map(|it| it.name));
    }
    let mut callers = vec![Persona::stranger(), world.company("random", "DE").await, buyer];
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
        invitations,
        customers,
        acceptances,
    }
}

/// The name of an invitation, by PartnerID where the reseller has one and `by_number` asks for it;
/// none where the provider may not.
async fn invite(
    world: &World,
    provider: &Firm,
    reseller: &Firm,
    by_number: bool,
) -> Option<String> {
    let mut request = invitation(&reseller.contact());
    if by_number {
        request.partner_id = reseller.number.clone();
    }
    let made = world.relationships().create_invitation(provider.anna.asks(request)).await;
    Some(made.ok()?.into_inner().invitation?.name)
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
        let ask = who.asks(GetRelationshipRequest { name: name.to_owned(), as_of: None });
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

async fn invitations(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
    let get = async |name: &str| {
        let ask = who.asks(GetInvitationRequest { name: name.to_owned() });
        world.relationships().get_invitation(ask).await
    };
    let unknown = format!("invitations/{UNKNOWN}");
    let mut gotten = Vec::new();
    for name in &random.invitations {
        let what = format!("{name} seed {seed} on {}", world.engine);
        let found = got(get(name).await, get(&unknown).await, &what);
        gotten.extend(found.and_then(|it| it.invitation));
    }
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let ask = ListInvitationsRequest { page_size: 500, page_token, ..Default::default() };
        let asked = who.asks(ask);
        let Ok(answer) = world.relationships().list_invitations(asked).await else { break };
        let answer = answer.into_inner();
        listed.extend(answer.invitations);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    listed.retain(|it| random.invitations.contains(&it.name));
    gotten.sort_by(|a, b| a.name.cmp(&b.name));
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(listed, gotten, "seed {seed} on {}", world.engine);
    random.invitations.len()
}

async fn customers(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
    let get = async |name: &str| {
        let ask = who.asks(GetCustomerRequest { name: name.to_owned(), as_of: None });
        world.relationships().get_customer(ask).await
    };
    let unknown = format!("customers/{UNKNOWN}");
    let mut gotten = Vec::new();
    for name in &random.customers {
        let what = format!("{name} seed {seed} on {}", world.engine);
        let found = got(get(name).await, get(&unknown).await, &what);
        gotten.extend(found.and_then(|it| it.customer));
    }
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let ask = ListCustomersRequest {
            show_ended: true,
            page_size: 500,
            page_token,
            ..ListCustomersRequest::default()
        };
        let asked = who.asks(ask);
        let Ok(answer) = world.relationships().list_customers(asked).await else { break };
        let answer = answer.into_inner();
        listed.extend(answer.customers);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    listed.retain(|it| random.customers.contains(&it.name));
    assert_eq!(listed, gotten, "seed {seed} on {}", world.engine);
    random.customers.len()
}
