//! What was answered at a time is answered again when asked as of it, to everybody.

use api::relationships::v1::{
    CheckOrderAuthorizationRequest, Customer, GetCustomerRequest, GetRelationshipRequest,
    OrderAuthorization, Relationship, relationships_service_client::RelationshipsServiceClient,
};
use domain::Timestamp;
use tonic::transport::Channel;

use super::{Trade, asking::Given};
use crate::{Persona, World};

/// Resources as they were read.
#[derive(Clone, Debug)]
pub struct Seen {
    asker: &'static str,
    at: Timestamp,
    name: String,
    relationship: Option<Relationship>,
    customer: Option<Customer>,
}

fn wire(at: Timestamp) -> Option<prost_types::Timestamp> {
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap();
    Some(prost_types::Timestamp { seconds: at.timestamp(), nanos })
}

async fn read(
    client: &mut RelationshipsServiceClient<Channel>,
    who: &Persona,
    name: &str,
    as_of: Option<prost_types::Timestamp>,
) -> (Option<Relationship>, Option<Customer>) {
    let name = name.to_owned();
    if name.starts_with("relationships/") {
        let asked = who.asks(GetRelationshipRequest { name, as_of });
        let found = client.get_relationship(asked).await;
        return (found.ok().and_then(|it| it.into_inner().relationship), None);
    }
    let asked = who.asks(GetCustomerRequest { name, as_of });
    let found = client.get_customer(asked).await;
    (None, found.ok().and_then(|it| it.into_inner().customer))
}

impl Trade {
    /// Some relationships and customers as everybody reads them now.
    pub async fn look(&mut self, world: &World) -> Vec<Seen> {
        let mut names = Vec::new();
        for _ in 0..2 {
            let tie = self.dice.usize(0..self.ties.len().max(1));
            names.extend(self.ties.get(tie).map(|it| it.name.clone()));
            let customer = self.dice.usize(0..self.customers.len());
            names.push(self.customers[customer].company.replace("companies", "customers"));
        }
        let (mut seen, at) = (Vec::new(), world.clock.now());
        for (asker, who) in self.askers() {
            for name in &names {
                let mut client = world.relationships();
                let (relationship, customer) = read(&mut client, &who, name, None).await;
                seen.push(Seen { asker, at, name: name.clone(), relationship, customer });
            }
        }
        seen
    }

    /// Everything is answered as it was; says how many answers that were.
    pub async fn look_back(&self, world: &World, given: &[Given], seen: &[Seen]) -> usize {
        let mut asks = Vec::new();
        // Every asker for itself, side by side.
        for (kind, who) in self.askers() {
            let given: Vec<Given> = given.iter().filter(|it| it.asker == kind).cloned().collect();
            let seen: Vec<Seen> = seen.iter().filter(|it| it.asker == kind).cloned().collect();
            let (client, engine) = (world.relationships(), world.engine);
            asks.push(look_back(client, engine, who, given, seen));
        }
        Self::side_by_side(asks).await;
        given.len() + seen.len()
    }
}

async fn look_back(
    mut client: RelationshipsServiceClient<Channel>,
    engine: &'static str,
    who: Persona,
    given: Vec<Given>,
    seen: Vec<Seen>,
) {
    for it in given {
        let request = CheckOrderAuthorizationRequest {
            provider: it.question.provider.clone(),
            reseller: it.question.reseller.clone(),
            customer: it.question.customer.clone(),
            operation: it.question.operation,
            as_of: wire(it.at),
        };
        let answer = client.check_order_authorization(who.asks(request)).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!(answer.check_time, wire(it.at));
        let (authorized, blockers) = (answer.authorized, answer.blockers);
        let found = OrderAuthorization { authorized, blockers };
        assert_eq!(found, it.answer, "{it:?} on {engine}");
    }
    for it in seen {
        let (relationship, customer) = read(&mut client, &who, &it.name, wire(it.at)).await;
        assert_eq!(relationship, it.relationship, "{it:?} on {engine}");
        assert_eq!(customer, it.customer, "{it:?} on {engine}");
    }
}
