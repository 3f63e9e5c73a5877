//! What a company calls its relationships, customers and invitations in its own systems.

use std::collections::BTreeMap;

use api::relationships::v1::{
    ExternalId, GetCustomerInvitationRequest, GetRelationshipRequest,
    ListCustomerInvitationsRequest, ListCustomersRequest, ListInvitationsRequest,
    ListRelationshipsRequest, SetExternalIdsRequest,
};
use it::{
    Persona, World,
    cast::{Stage, customer_invitation, invitation},
    fields, metadata, on_each_engine, reason, without_call,
};
use tonic::Status;

use crate::{
    invitations::{invite, only},
    parting, resending,
};

type Ids = BTreeMap<String, String>;

pub async fn call_it(
    world: &World,
    who: &Persona,
    name: &str,
    external_ids: Ids,
) -> Result<Ids, Status> {
    let name = name.to_owned();
    let request = SetExternalIdsRequest { name, external_ids, ..Default::default() };
    let answer = world.relationships().set_external_ids(who.asks(request)).await?.into_inner();
    Ok(answer.external_ids)
}

pub fn ids<const N: usize>(pairs: [(&str, &str); N]) -> Ids {
    pairs.map(|(namespace, id)| (namespace.to_owned(), id.to_owned())).into()
}

fn key(id: &str) -> Option<ExternalId> {
    Some(ExternalId { company: String::new(), namespace: "crm".to_owned(), id: id.to_owned() })
}

/// The names that each list finds by a caller's id.
pub async fn listed(world: &World, who: &Persona, external_id: Option<ExternalId>) -> Vec<String> {
    let mut client = world.relationships();
    let mut found = Vec::new();
    let ask = ListRelationshipsRequest {
        external_id: external_id.clone(),
        show_ended: true,
        ..Default::default()
    };
    let answer = client.list_relationships(who.asks(ask)).await.unwrap().into_inner();
    found.extend(answer.relationships.into_iter().map(|it| it.name));
    let ask = ListCustomersRequest {
        external_id: external_id.clone(),
        show_ended: true,
        ..Default::default()
    };
    let answer = client.list_customers(who.asks(ask)).await.unwrap().into_inner();
    found.extend(answer.customers.into_iter().map(|it| it.name));
    let ask = ListInvitationsRequest { external_id: external_id.clone(), ..Default::default() };
    if let Ok(answer) = client.list_invitations(who.asks(ask)).await {
        found.extend(answer.into_inner().invitations.into_iter().map(|it| it.name));
    }
    let ask = ListCustomerInvitationsRequest { external_id, ..Default::default() };
    if let Ok(answer) = client.list_customer_invitations(who.asks(ask)).await {
        found.extend(answer.into_inner().customer_invitations.into_iter().map(|it| it.name));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_names_what_it_reads_and_sees_and_finds_its_own_names_only() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let stranger = world.reseller("meseta", "ES", Stage::Active).await;
        let relationship = world.connect(&provider, &reseller).await.name;
        let buyer = world.company("zbinden", "CH").await;
        let customer = world.authorise(&buyer, &reseller, &provider).await.name;
        let asked = invitation("lola@nube.example");
        let invited = invite(&world, &provider.anna, asked).await.unwrap().name;
        let asked = reseller.anna.asks(customer_invitation(&provider, "eva@bluewin.example"));
        let made = world.relationships().create_customer_invitation(asked).await.unwrap();
        let to_customer = made.into_inner().customer_invitation.unwrap().name;
        let engine = world.engine;

        let things = [
            (&relationship, true, true),
            (&customer, true, true),
            (&invited, true, false),
            (&to_customer, true, true),
        ];
        for (n, (name, by_provider, by_reseller)) in things.into_iter().enumerate() {
            let case = format!("{name} on {engine}");
            for (side, may, who) in [("P", by_provider, &provider), ("R", by_reseller, &reseller)] {
                // Each side's ids are a space of its own.
                let own = ids([("crm", &format!("T-{}", if side == "P" { n } else { 9 - n }))]);
                let answer = call_it(&world, &who.anna, name, own.clone()).await;
                assert_eq!(answer.is_ok(), may, "{side} {case}: {answer:?}");
                if may {
                    assert_eq!(answer.unwrap(), own, "{side} {case}");
                    let found = listed(&world, &who.anna, key(&own["crm"])).await;
                    assert_eq!(found, std::slice::from_ref(name), "{side} {case}");
                }
            }
            let unknown = format!("{}/01a20b5b-b9c7-74cf-9d60-da1cf728799d", kind(name));
            let err = call_it(&world, &stranger.anna, name, ids([("crm", "S")])).await.unwrap_err();
            let none = call_it(&world, &stranger.anna, &unknown, ids([])).await.unwrap_err();
            assert_eq!(without_call(&err), without_call(&none), "{case}");
            assert!(listed(&world, &stranger.anna, key(&format!("T-{n}"))).await.is_empty());
        }
        // Gets and lists show the caller's own.
        let get = GetRelationshipRequest { name: relationship.clone(), as_of: None };
        for (who, own) in [(&provider, "T-0"), (&reseller, "T-9")] {
            let read = world.relationships().get_relationship(who.anna.asks(get.clone())).await;
            let read = read.unwrap().into_inner().relationship.unwrap();
            assert_eq!(read.external_ids, ids([("crm", own)]), "{engine}");
        }
        let read = parting::get(&world, &provider.anna, &customer).await.unwrap();
        assert_eq!(read.external_ids, ids([("crm", "T-1")]), "{engine}");
        assert!(parting::get(&world, &buyer, &customer).await.unwrap().external_ids.is_empty());
        let read = resending::get(&world, &provider.anna, &invited).await.unwrap();
        assert_eq!(read.external_ids, ids([("crm", "T-2")]), "{engine}");
        let get = GetCustomerInvitationRequest { name: to_customer.clone() };
        let read = world.relationships().get_customer_invitation(reseller.anna.asks(get)).await;
        let read = read.unwrap().into_inner().customer_invitation.unwrap();
        assert_eq!(read.external_ids, ids([("crm", "T-6")]), "{engine}");

        // Within the company an id of a namespace names one thing, of whatever kind.
        let err = call_it(&world, &provider.anna, &customer, ids([("crm", "T-0")])).await;
        let err = err.unwrap_err();
        assert_eq!(reason(&err), "EXTERNAL_ID_TAKEN", "{engine}");
        assert_eq!(metadata(&err, "resource"), relationship, "{engine}");
        let err = crate::external_ids::set(
            &world,
            &provider.anna,
            &reseller.partner,
            ids([("crm", "T-0")]),
        );
        assert_eq!(reason(&err.await.unwrap_err()), "EXTERNAL_ID_TAKEN", "{engine}");
        for name in [&provider.partner, &buyer.company, &"orders/17".to_owned()] {
            let err = call_it(&world, &provider.anna, name, ids([])).await.unwrap_err();
            assert_eq!(fields(&err), ["name"], "{name} on {engine}");
        }
        // What a company calls a thing is in its own ledger alone.
        assert_eq!(only(&world.ledger(&provider.anna).await, "ExternalIdsSet").len(), 4);
        assert_eq!(only(&world.ledger(&reseller.anna).await, "ExternalIdsSet").len(), 3);
        assert!(only(&world.ledger(&buyer).await, "ExternalIdsSet").is_empty(), "{engine}");

        // The platform finds by what a company calls it; other companies do not.
        let of_provider =
            Some(ExternalId { company: provider.anna.company.clone(), ..key("T-0").unwrap() });
        let operator = world.staff().await.operator.clone();
        let found = listed(&world, &operator, of_provider.clone()).await;
        assert_eq!(found, std::slice::from_ref(&relationship), "{engine}");
        assert!(listed(&world, &reseller.anna, of_provider).await.is_empty(), "{engine}");

        // After the end they are read, and named, as before.
        world.end_relationship(&provider.anna, &relationship).await;
        let again = ids([("crm", "T-0"), ("erp", "88")]);
        let set = call_it(&world, &provider.anna, &relationship, again.clone()).await.unwrap();
        assert_eq!(set, again, "{engine}");
        assert!(call_it(&world, &provider.anna, &relationship, ids([])).await.unwrap().is_empty());
        assert!(listed(&world, &provider.anna, key("T-0")).await.is_empty(), "{engine}");
    })
    .await;
}

fn kind(name: &str) -> &str {
    name.split('/').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racing_namings_one_thing_gets_the_id() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let mut names = Vec::new();
        for n in 0..8 {
            let asked = invitation(&format!("lola{n}@nube.example"));
            names.push(invite(&world, &provider.anna, asked).await.unwrap().name);
        }
        let mut tries = tokio::task::JoinSet::new();
        for name in names {
            let (mut client, who) = (world.relationships(), provider.anna.clone());
            let request = SetExternalIdsRequest {
                name,
                external_ids: ids([("crm", "ONE")]),
                ..Default::default()
            };
            tries.spawn(async move { client.set_external_ids(who.asks(request)).await.map(drop) });
        }
        let answers = tries.join_all().await;
        assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1, "{}", world.engine);
        for refused in answers.iter().filter_map(|it| it.as_ref().err()) {
            assert_eq!(reason(refused), "EXTERNAL_ID_TAKEN", "{}", world.engine);
        }
        assert_eq!(listed(&world, &provider.anna, key("ONE")).await.len(), 1, "{}", world.engine);
    })
    .await;
}
