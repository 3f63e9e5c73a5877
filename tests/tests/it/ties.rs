//! A provider and a reseller hold, resume and end what is between them, and powers come back.

use api::{
    enrollment::v1::GetReadinessRequest,
    relationships::v1::{
        EndRelationshipRequest, GetRelationshipRequest, GrantState, GrantType, Holder,
        InvitationState, ListRelationshipsRequest, OrderOperation, Relationship, RelationshipState,
        RestoreGrantRequest, ResumeRelationshipRequest, SuspendRelationshipRequest,
    },
    types::v1::{ActorKind, Goal},
};
use chrono::Duration;
use domain::{Language, Role, consent};
use it::{
    Persona, World,
    cast::{Stage, invitation, yes},
    metadata, on_each_engine, reason, unmet, without_call,
};
use tonic::{Code, Status};

use crate::{
    customers::customer_of,
    grants::revoke,
    invitations::{acceptance, invite, only},
    locations::tie_with,
    relationships::accept,
    resending::customer_invitations,
    thread::blockers,
};

pub async fn suspend(world: &World, who: &Persona, name: &str) -> Result<Relationship, Status> {
    let request = SuspendRelationshipRequest {
        name: name.to_owned(),
        reason: "unpaid bills".to_owned(),
        ..SuspendRelationshipRequest::default()
    };
    let answer = world.relationships().suspend_relationship(who.asks(request)).await?;
    Ok(answer.into_inner().relationship.unwrap())
}

pub async fn resume(world: &World, who: &Persona, name: &str) -> Result<Relationship, Status> {
    let name = name.to_owned();
    let request = ResumeRelationshipRequest { name, ..ResumeRelationshipRequest::default() };
    let answer = world.relationships().resume_relationship(who.asks(request)).await?;
    Ok(answer.into_inner().relationship.unwrap())
}

pub async fn end(world: &World, who: &Persona, name: &str) -> Result<Relationship, Status> {
    let answer = world.relationships().end_relationship(who.asks(ending(name))).await?;
    Ok(answer.into_inner().relationship.unwrap())
}

fn ending(name: &str) -> EndRelationshipRequest {
    EndRelationshipRequest {
        name: name.to_owned(),
        reason: "another channel".to_owned(),
        ..EndRelationshipRequest::default()
    }
}

fn restoring(name: &str, grant: GrantType) -> RestoreGrantRequest {
    RestoreGrantRequest {
        name: name.to_owned(),
        grant_type: grant.into(),
        consent: yes(match grant {
            GrantType::DelegatedAdmin => consent::DELEGATED_ADMIN,
            _ => consent::ORDER_ON_BEHALF,
        }),
        ..RestoreGrantRequest::default()
    }
}

async fn restore(
    world: &World,
    who: &Persona,
    request: RestoreGrantRequest,
) -> Result<Relationship, Status> {
    let answer = world.relationships().restore_grant(who.asks(request)).await?;
    Ok(answer.into_inner().relationship.unwrap())
}

fn held_by(it: &Relationship) -> Vec<Holder> {
    it.held_by().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r7_each_side_lifts_its_own_hold_and_nothing_goes_on_before_the_last() {
    on_each_engine(async |world| {
        let provider = world.provider("wisla", "PL", Stage::Active).await;
        let reseller = world.reseller("odra", "PL", Stage::Active).await;
        let operator = world.staff().await.operator.clone();
        let order_system = world.staff().await.order_system.clone();
        let name = world.connect(&provider, &reseller).await.name;
        let customer = world.company("bory", "PL").await;
        world.authorise(&customer, &reseller, &provider).await;
        let customer = customer_of(&customer);
        let ask = async |operation| {
            blockers(&world, &order_system, (&provider, &reseller, &customer), operation).await
        };
        let engine = world.engine;

        let bare = SuspendRelationshipRequest { name: name.clone(), ..Default::default() };
        let err = world.relationships().suspend_relationship(reseller.anna.asks(bare)).await;
        assert_eq!(reason(&err.unwrap_err()), "REASON_REQUIRED", "{engine}");
        let err = resume(&world, &reseller.anna, &name).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");

        let held = suspend(&world, &reseller.anna, &name).await.unwrap();
        assert_eq!(held.state(), RelationshipState::Suspended, "{engine}");
        assert_eq!(held_by(&held), [Holder::Reseller], "{engine}");
        assert!(held.grants.iter().all(|it| !it.live), "{engine}");
        assert!(held.grants.iter().all(|it| it.state() == GrantState::Active), "{engine}");
        assert!(ask(OrderOperation::NewPurchase).await.contains(&"relationship.active".into()));
        assert!(ask(OrderOperation::ManageExisting).await.is_empty(), "{engine}");
        let mail = world.mail_to(&provider.anna_mail()).await;
        assert!(mail.text.contains("unpaid bills"), "{}", mail.text);

        let err = suspend(&world, &reseller.anna, &name).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "twice one's own on {engine}");
        let err = resume(&world, &provider.anna, &name).await.unwrap_err();
        assert_eq!(reason(&err), "NOT_HOLDER", "{engine}");
        assert_eq!(metadata(&err, "holders"), "RESELLER", "{engine}");
        suspend(&world, &provider.anna, &name).await.unwrap();
        let all = suspend(&world, &operator, &name).await.unwrap();
        let everybody = [Holder::Provider, Holder::Reseller, Holder::Operator];
        assert_eq!(held_by(&all), everybody, "{engine}");

        let left = resume(&world, &reseller.anna, &name).await.unwrap();
        assert_eq!(left.state(), RelationshipState::Suspended, "{engine}");
        resume(&world, &operator, &name).await.unwrap();
        let err = resume(&world, &operator, &name).await.unwrap_err();
        assert_eq!(reason(&err), "NOT_HOLDER", "{engine}");
        let free = resume(&world, &provider.anna, &name).await.unwrap();
        assert_eq!((free.state(), held_by(&free)), (RelationshipState::Active, vec![]), "{engine}");
        assert_eq!(ask(OrderOperation::NewPurchase).await, ["customer.agreement"], "{engine}");

        for side in [&provider, &reseller] {
            let ledger = world.ledger(&side.anna).await;
            assert_eq!(only(&ledger, "RelationshipSuspended").len(), 3, "{engine}");
            assert_eq!(only(&ledger, "RelationshipResumed").len(), 3, "{engine}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r7_the_end_takes_powers_and_open_customer_invitations_with_it() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let stranger = world.reseller("meseta", "ES", Stage::Active).await;
        let order_system = world.staff().await.order_system.clone();
        let name = world.connect(&provider, &reseller).await.name;
        let served = world.company("zbinden", "CH").await;
        world.authorise(&served, &reseller, &provider).await;
        let asked = world.invite_customer(&reseller, &provider, "beat@bluewin.example").await;
        let engine = world.engine;

        let bare = EndRelationshipRequest { name: name.clone(), ..Default::default() };
        let err = world.relationships().end_relationship(reseller.anna.asks(bare)).await;
        assert_eq!(reason(&err.unwrap_err()), "REASON_REQUIRED", "{engine}");
        let foreign = end(&world, &stranger.anna, &name).await.unwrap_err();
        let unknown = "relationships/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let unknown = end(&world, &stranger.anna, unknown).await.unwrap_err();
        assert_eq!(foreign.code(), Code::NotFound, "{engine}");
        assert_eq!(without_call(&foreign), without_call(&unknown), "{engine}");
        let stale = EndRelationshipRequest { etag: "stale".to_owned(), ..ending(&name) };
        let err = world.relationships().end_relationship(reseller.anna.asks(stale)).await;
        assert_eq!(reason(&err.unwrap_err()), "ETAG_MISMATCH", "{engine}");
        world.clock.advance(Duration::seconds(901));
        let err = end(&world, &provider.anna, &name).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{engine}");

        let anna = world.sign_in(&provider.anna.sign_in_name).await;
        let ended = end(&world, &anna, &name).await.unwrap();
        assert_eq!(ended.state(), RelationshipState::Ended, "{engine}");
        assert!(ended.end_time.is_some(), "{engine}");
        assert!(ended.grants.iter().all(|it| it.state() == GrantState::Revoked), "{engine}");
        let err = end(&world, &anna, &name).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");
        for side in [&anna, &reseller.anna] {
            let ask = GetRelationshipRequest { name: name.clone(), as_of: None };
            let read = world.relationships().get_relationship(side.asks(ask)).await.unwrap();
            assert_eq!(read.into_inner().relationship, Some(ended.clone()), "{engine}");
        }
        let mail = world.mail_to(&reseller.anna_mail()).await;
        assert!(mail.text.contains("another channel"), "{}", mail.text);
        // What becomes of the other afterwards is no longer one's own to see.
        assert!(ended.provider.as_ref().unwrap().active, "{engine}");
        assert_eq!(ended.reseller.as_ref().unwrap().partner_id, reseller.number, "{engine}");
        world.suspend(&provider.partner, Some("UNPAID")).await;
        let today = world.again(&reseller).await;
        let elsewhere = world.add_location_at(&today, "Carrer de Pallars 1").await;
        tie_with(&world, &today, &elsewhere, "").await.unwrap();
        for side in [&anna, &today.anna] {
            let ask = GetRelationshipRequest { name: name.clone(), as_of: None };
            let read = world.relationships().get_relationship(side.asks(ask)).await.unwrap();
            assert_eq!(read.into_inner().relationship, Some(ended.clone()), "{engine}");
            let ask = ListRelationshipsRequest { show_ended: true, ..Default::default() };
            let read = world.relationships().list_relationships(side.asks(ask)).await.unwrap();
            assert_eq!(read.into_inner().relationships, vec![ended.clone()], "{engine}");
        }
        world.suspend(&provider.partner, None).await;

        let preview = crate::customer_links::preview(&world, &asked).await.unwrap_err();
        assert_eq!(reason(&preview), "LINK_VOID", "{engine}");
        let states: Vec<_> = customer_invitations(&world, &reseller.anna).await;
        let states: Vec<_> = states.iter().map(|it| it.state()).collect();
        assert_eq!(states, [InvitationState::Accepted, InvitationState::Cancelled], "{engine}");
        let ledger = world.ledger(&reseller.anna).await;
        let cancelled = only(&ledger, "CustomerInvitationCancelled");
        assert_eq!(cancelled.len(), 1, "{engine}");
        let actor = cancelled[0].actor.clone().unwrap();
        assert_eq!(actor.kind(), ActorKind::System, "{engine}");

        let customer = customer_of(&served);
        let all = (&provider, &reseller, customer.as_str());
        let found = blockers(&world, &order_system, all, OrderOperation::ManageExisting).await;
        assert!(found.is_empty(), "{engine}");
        let found = blockers(&world, &order_system, all, OrderOperation::NewPurchase).await;
        let gone = ["relationship.active", "grant.order-on-behalf", "customer.agreement"];
        assert_eq!(found, gone, "{engine}");

        // They may find together again: another relationship, with powers of its own.
        let again = invite(&world, &anna, invitation(&reseller.contact())).await.unwrap();
        let secret = world.secret_to(&reseller.contact()).await;
        let reseller_anna = world.sign_in(&reseller.anna.sign_in_name).await;
        let made = accept(&world, &reseller_anna, acceptance(&secret)).await.unwrap();
        assert_ne!((made.name.as_str(), again.name.as_str()), (name.as_str(), ""), "{engine}");
        assert!(made.grants.iter().all(|it| it.live), "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_a_power_comes_back_by_the_reseller_alone_and_under_its_goal() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let name = world.connect(&provider, &reseller).await.name;
        let (power, engine) = (GrantType::OrderOnBehalf, world.engine);
        let readiness = async || {
            let ask = GetReadinessRequest {
                goal: Goal::RestoreGrant.into(),
                relationship: name.clone(),
                ..GetReadinessRequest::default()
            };
            let answer = world.enrollment().get_readiness(reseller.anna.asks(ask)).await.unwrap();
            let unmet = answer.into_inner().requirements.into_iter().filter(|it| it.blocking);
            unmet.map(|it| it.id).collect::<Vec<String>>()
        };
        let good = restoring(&name, power);

        let err = restore(&world, &reseller.anna, good.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "GRANT_ALREADY_ACTIVE", "{engine}");
        revoke(&world, &provider.anna, &name, power).await.unwrap();
        for (case, who, request, why) in [
            ("the provider", &provider.anna, good.clone(), "ROLE_MISSING"),
            (
                "silence",
                &reseller.anna,
                RestoreGrantRequest { consent: None, ..good.clone() },
                "CONSENT_REQUIRED",
            ),
            (
                "what was said of both at the start",
                &reseller.anna,
                RestoreGrantRequest { consent: yes(consent::PROVIDER), ..good.clone() },
                "CONSENT_REQUIRED",
            ),
            (
                "the other power",
                &reseller.anna,
                RestoreGrantRequest { consent: yes(consent::DELEGATED_ADMIN), ..good.clone() },
                "CONSENT_REQUIRED",
            ),
            (
                "the past",
                &reseller.anna,
                RestoreGrantRequest {
                    expire_time: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
                    ..good.clone()
                },
                "FIELD_INVALID",
            ),
        ] {
            let err = restore(&world, who, request).await.unwrap_err();
            assert_eq!(reason(&err), why, "{case} on {engine}");
        }
        // What has to be said stands on the power that is over, for who may say it.
        for (who, shows) in [(&reseller.anna, true), (&provider.anna, false)] {
            let ask = GetRelationshipRequest { name: name.clone(), as_of: None };
            let read = world.relationships().get_relationship(who.asks(ask)).await.unwrap();
            for it in read.into_inner().relationship.unwrap().grants {
                let expected = shows && it.r#type() == power;
                assert_eq!(it.consent_statement.is_some(), expected, "{it:?} on {engine}");
                let said = it.consent_statement.map(|it| it.text_sha256);
                let english = consent::ORDER_ON_BEHALF.sha256(Language::English);
                assert_eq!(said, expected.then_some(english), "{engine}");
            }
        }
        suspend(&world, &provider.anna, &name).await.unwrap();
        let err = restore(&world, &reseller.anna, good.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "REQUIREMENTS_NOT_MET", "{engine}");
        assert_eq!(unmet(&err), ["relationship.active"], "{engine}");
        assert_eq!(readiness().await, ["relationship.active"], "{engine}");
        resume(&world, &provider.anna, &name).await.unwrap();
        assert!(readiness().await.is_empty(), "{engine}");

        let in_an_hour = world.clock.now() + Duration::hours(1);
        let until = prost_types::Timestamp { seconds: in_an_hour.timestamp(), nanos: 0 };
        let request = RestoreGrantRequest { expire_time: Some(until), ..good.clone() };
        let back = restore(&world, &reseller.anna, request).await.unwrap();
        let it = back.grants.iter().find(|it| it.r#type() == power).unwrap();
        assert!(it.live && it.expire_time == Some(until), "{engine}");
        world.clock.advance(Duration::hours(1));
        // Its time is over, written or not; it comes back either way.
        let anna = world.sign_in(&reseller.anna.sign_in_name).await;
        let back = restore(&world, &anna, good).await.unwrap();
        let it = back.grants.iter().find(|it| it.r#type() == power).unwrap();
        assert!(it.live && it.expire_time.is_none(), "{engine}");
        world.deliver().await;
        let ledger = world.ledger(&anna).await;
        assert_eq!(only(&ledger, "GrantRestored").len(), 2, "{engine}");
        assert_eq!(only(&ledger, "GrantExpired").len(), 0, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racing_ends_and_revocations_each_has_one_effect() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let agent = world.colleague(&reseller.anna, "berta", &[Role::AdminAgent]).await;
        let name = world.connect(&provider, &reseller).await.name;
        let mut tries = tokio::task::JoinSet::new();
        for n in 0..16 {
            let who = [&provider.anna, &reseller.anna, &agent][n % 3].clone();
            let (mut client, name) = (world.relationships(), name.clone());
            tries.spawn(
                async move { client.end_relationship(who.asks(ending(&name))).await.map(drop) },
            );
        }
        let answers = tries.join_all().await;
        assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1, "{}", world.engine);
        let refused: Vec<String> =
            answers.iter().filter_map(|it| it.as_ref().err()).map(reason).collect();
        assert!(refused.iter().all(|it| it == "INVALID_STATE_TRANSITION"), "{refused:?}");
        let ledger = world.ledger(&reseller.anna).await;
        assert_eq!(only(&ledger, "RelationshipEnded").len(), 1, "{}", world.engine);
        assert_eq!(only(&ledger, "GrantRevoked").len(), 2, "{}", world.engine);
    })
    .await;
}
