//! The calls, and how long each takes.

use std::time::{Duration, Instant};

use api::{
    agreements::v1::ListAcceptancesRequest,
    changes::v1::ListAuditEntriesRequest,
    enrollment::v1::{
        GetReadinessRequest, ListEnrollmentsRequest, ListLocationsRequest, ListPartnersRequest,
    },
    relationships::v1::{
        CheckOrderAuthorizationRequest, InvitationState, ListCustomerInvitationsRequest,
        ListCustomerPartnersRequest, ListCustomersRequest, ListIndirectProvidersRequest,
        ListInvitationsRequest, ListRelationshipsRequest, OrderOperation,
    },
    types::v1::Goal,
    users::v1::ListUsersRequest,
};
use domain::{
    id::{PartnerId, customer_name, last_id, partner_name},
    relationship::CustomerState,
};
use it::Persona;
use store::{
    entity::customer_relationship,
    sea_orm::{ActiveEnum as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _},
};

use super::{ASKED, FULL, Rig, SMALL, TRIES};

const CALLS: [&str; 23] = [
    "ListRelationships",
    "ListRelationships, page 2",
    "ListRelationships, with ended",
    "ListRelationships, of one",
    "ListCustomers",
    "ListInvitations",
    "ListInvitations, pending",
    "ListInvitations, accepted",
    "ListCustomerInvitations",
    "ListCustomerInvitations, pending",
    "ListPartners",
    "ListAuditEntries",
    "ListCustomerPartners",
    "ListIndirectProviders",
    "ListUsers",
    "ListLocations",
    "ListEnrollments",
    "ListAcceptances",
    "GetReadiness, place order",
    "GetReadiness, invite",
    "CheckOrderAuthorization",
    "reseller: ListCustomers",
    "reseller: ListCustomerInvitations, pending",
];

/// Who calls, signed in anew: much time may have passed.
struct People {
    provider: Persona,
    reseller: Persona,
    order_system: Persona,
}

impl Rig<'_> {
    /// The median of each call: at full size the lowest of some tries, for those calls, by their place
    /// and what they took, that are worth another.
    pub async fn measure(
        &self,
        n: usize,
        again: impl Fn(usize, Duration) -> bool,
    ) -> Vec<(&'static str, Duration)> {
        let customers = self.some_customers().await;
        assert!(customers.len() > SMALL / 2);
        let people = People {
            provider: self.world.session(&self.provider.anna.sign_in_name).await,
            reseller: self.world.session(&self.reseller.anna.sign_in_name).await,
            order_system: self.world.session(&self.order_system.sign_in_name).await,
        };
        let n_asked = if n < FULL { ASKED / 4 } else { ASKED };
        let mut found = CALLS.map(|call| (call, Duration::MAX));
        for n_tries in 0..TRIES {
            for (at, (call, best)) in found.iter_mut().enumerate() {
                if n_tries == 0 || (n >= FULL && again(at, *best)) {
                    *best = (*best).min(self.median(n_asked, call, &people, &customers).await);
                }
            }
        }
        found.to_vec()
    }

    async fn median(
        &self,
        n_asked: usize,
        call: &str,
        people: &People,
        customers: &[(String, String)],
    ) -> Duration {
        let mut took = Vec::new();
        for n in 0..n_asked {
            let trade = &customers[n % customers.len()];
            let begun = Instant::now();
            self.call(call, people, trade).await;
            took.push(begun.elapsed());
        }
        took.sort();
        took[took.len() / 2]
    }

    /// Customers with their resellers, from anywhere in the tables.
    async fn some_customers(&self) -> Vec<(String, String)> {
        let connection = self.world.app.db.connection();
        let own: PartnerId = last_id(&self.provider.partner).unwrap();
        let rows = customer_relationship::Entity::find()
            .filter(customer_relationship::Column::PartnerId.eq(own))
            .filter(customer_relationship::Column::State.eq(CustomerState::Active.to_value()))
            .all(connection)
            .await
            .unwrap();
        let step = (rows.len() / ASKED).max(1);
        let some = rows.iter().step_by(step);
        some.map(|it| (customer_name(it.customer_id), partner_name(it.via_id))).collect()
    }

    async fn call(&self, call: &str, people: &People, trade: &(String, String)) {
        let (world, page_size) = (self.world, 50);
        let (who, call) = match call.strip_prefix("reseller: ") {
            Some(call) => (&people.reseller, call),
            None => (&people.provider, call),
        };
        let (mut relationships, mut enrollment) = (world.relationships(), world.enrollment());
        let n = match call {
            "ListRelationships" => {
                let ask = ListRelationshipsRequest { page_size, ..Default::default() };
                let answer = relationships.list_relationships(who.asks(ask)).await;
                answer.unwrap().into_inner().relationships.len()
            }
            "ListRelationships, page 2" => {
                let ask = ListRelationshipsRequest { page_size: 49, ..Default::default() };
                let first = relationships.list_relationships(who.asks(ask.clone())).await.unwrap();
                let page_token = first.into_inner().next_page_token;
                let ask = ListRelationshipsRequest { page_token, ..ask };
                let answer = relationships.list_relationships(who.asks(ask)).await;
                answer.unwrap().into_inner().relationships.len() + 1
            }
            "ListCustomers" => {
                let ask = ListCustomersRequest { page_size, ..Default::default() };
                let answer = relationships.list_customers(who.asks(ask)).await;
                answer.unwrap().into_inner().customers.len()
            }
            "ListRelationships, with ended" => {
                let show_ended = true;
                let ask = ListRelationshipsRequest { page_size, show_ended, ..Default::default() };
                let answer = relationships.list_relationships(who.asks(ask)).await;
                answer.unwrap().into_inner().relationships.len()
            }
            "ListInvitations" | "ListInvitations, pending" | "ListInvitations, accepted" => {
                let state = state(call).into();
                let ask = ListInvitationsRequest { page_size, state, ..Default::default() };
                let answer = relationships.list_invitations(who.asks(ask)).await;
                answer.unwrap().into_inner().invitations.len()
            }
            "ListCustomerInvitations" | "ListCustomerInvitations, pending" => {
                let state = state(call).into();
                let ask = ListCustomerInvitationsRequest { page_size, state, ..Default::default() };
                let answer = relationships.list_customer_invitations(who.asks(ask)).await;
                answer.unwrap().into_inner().customer_invitations.len()
            }
            "ListPartners" => {
                let ask = ListPartnersRequest { page_size, ..Default::default() };
                enrollment.list_partners(who.asks(ask)).await.unwrap().into_inner().partners.len()
            }
            "ListAuditEntries" => {
                let parent = who.company.clone();
                let ask = ListAuditEntriesRequest { parent, page_size, ..Default::default() };
                let answer = world.changes().list_audit_entries(who.asks(ask)).await;
                answer.unwrap().into_inner().audit_entries.len()
            }
            other => return self.ask(other, people, trade).await,
        };
        assert_eq!(n, 50, "{call}");
    }

    /// What is answered with few rows, or none.
    async fn ask(&self, call: &str, people: &People, (customer, reseller): &(String, String)) {
        let (world, who, page_size) = (self.world, &people.provider, 50);
        let (mut relationships, mut enrollment) = (world.relationships(), world.enrollment());
        match call {
            "ListRelationships, of one" => {
                let partner = reseller.to_owned();
                let ask = ListRelationshipsRequest { page_size, partner, ..Default::default() };
                let found = relationships.list_relationships(who.asks(ask)).await.unwrap();
                assert_eq!(found.into_inner().relationships.len(), 1);
                Ok(())
            }
            "ListCustomerPartners" => {
                let ask = ListCustomerPartnersRequest { page_size, ..Default::default() };
                relationships.list_customer_partners(who.asks(ask)).await.map(drop)
            }
            "ListIndirectProviders" => {
                let ask = ListIndirectProvidersRequest { page_size, ..Default::default() };
                relationships.list_indirect_providers(ask).await.map(drop)
            }
            "ListUsers" => {
                let ask = ListUsersRequest { page_size, ..Default::default() };
                world.users().list_users(who.asks(ask)).await.map(drop)
            }
            "ListLocations" => {
                let ask = ListLocationsRequest { page_size, ..Default::default() };
                enrollment.list_locations(who.asks(ask)).await.map(drop)
            }
            "ListEnrollments" => {
                let ask = ListEnrollmentsRequest { page_size, ..Default::default() };
                enrollment.list_enrollments(who.asks(ask)).await.map(drop)
            }
            "ListAcceptances" => {
                let ask = ListAcceptancesRequest { page_size, ..Default::default() };
                world.agreements().list_acceptances(who.asks(ask)).await.map(drop)
            }
            "GetReadiness, place order" => {
                let ask = GetReadinessRequest {
                    goal: Goal::PlaceOrder.into(),
                    provider: self.provider.partner.clone(),
                    reseller: reseller.to_owned(),
                    customer: customer.to_owned(),
                    ..Default::default()
                };
                let answer = enrollment.get_readiness(who.asks(ask)).await.unwrap().into_inner();
                assert!(answer.satisfied, "{answer:?}");
                Ok(())
            }
            "GetReadiness, invite" => {
                let ask = GetReadinessRequest {
                    goal: Goal::InviteReseller.into(),
                    partner: self.provider.partner.clone(),
                    ..Default::default()
                };
                enrollment.get_readiness(who.asks(ask)).await.map(drop)
            }
            "CheckOrderAuthorization" => {
                let ask = CheckOrderAuthorizationRequest {
                    provider: self.provider.partner.clone(),
                    reseller: reseller.to_owned(),
                    customer: customer.to_owned(),
                    operation: OrderOperation::NewPurchase.into(),
                    ..Default::default()
                };
                let asked = people.order_system.asks(ask);
                let answer = relationships.check_order_authorization(asked).await.unwrap();
                let answer = answer.into_inner();
                assert!(answer.authorized, "{answer:?}");
                Ok(())
            }
            other => panic!("no call {other}"),
        }
        .unwrap_or_else(|err| panic!("{call}: {err:?}"));
    }
}

/// The state that a list is asked for.
fn state(call: &str) -> InvitationState {
    match call.split_once(", ") {
        Some((_, "pending")) => InvitationState::Pending,
        Some((_, "accepted")) => InvitationState::Accepted,
        _ => InvitationState::Unspecified,
    }
}
