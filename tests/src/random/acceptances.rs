//! Acceptances in a random world: each list equals the Gets that succeed.

use api::agreements::v1::{
    AcceptCustomerAgreementRequest, Acceptance, GetAcceptanceRequest, ListAcceptancesRequest,
};
use domain::consent;
use tonic::Status;

use super::{Random, UNKNOWN, got};
use crate::{Persona, World, cast::yes};

/// The company accepts the customer agreement itself; its name for that.
pub async fn accept(world: &World, customer: &Persona) -> String {
    let version = world.version_in_force(customer, "customer").await;
    let request = AcceptCustomerAgreementRequest {
        name: version.name,
        document_sha256: version.documents[0].content_sha256.clone(),
        consent: yes(consent::AGREEMENT),
        ..Default::default()
    };
    let made = world.agreements().accept_customer_agreement(customer.asks(request)).await;
    made.unwrap().into_inner().acceptance.unwrap().name
}

/// All that the person lists, of a partner or of all.
pub async fn list(world: &World, who: &Persona, partner: &str) -> Result<Vec<Acceptance>, Status> {
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let partner = partner.to_owned();
        let ask =
            ListAcceptancesRequest { page_size: 500, page_token, partner, ..Default::default() };
        let answer = world.agreements().list_acceptances(who.asks(ask)).await?.into_inner();
        listed.extend(answer.acceptances);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(listed);
        }
    }
}

pub async fn acceptances(world: &World, who: &Persona, random: &Random, seed: u64) -> usize {
    let get = async |name: &str| {
        let ask = who.asks(GetAcceptanceRequest { name: name.to_owned() });
        world.agreements().get_acceptance(ask).await
    };
    let unknown = format!("acceptances/{UNKNOWN}");
    let mut gotten = Vec::new();
    for name in &random.acceptances {
        let what = format!("{name} seed {seed} on {}", world.engine);
        let found = got(get(name).await, get(&unknown).await, &what);
        gotten.extend(found.and_then(|it| it.acceptance));
    }
    let mut listed = list(world, who, "").await.unwrap_or_default();
    listed.retain(|it| random.acceptances.contains(&it.name));
    gotten.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(listed, gotten, "seed {seed} on {}", world.engine);
    random.acceptances.len()
}
