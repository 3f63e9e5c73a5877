//! A power that a relationship carries ends by a hand or by time, and the relationship goes on.

use api::{
    relationships::v1::{
        CreateInvitationRequest, Grant, GrantState, GrantType, OrderOperation, Relationship,
        RelationshipState, RevokeGrantRequest,
    },
    types::v1::ActorKind,
};
use chrono::Duration;
use it::{
    Persona, World,
    cast::{Stage, invitation},
    metadata, on_each_engine, reason,
};
use tonic::Status;

use crate::{
    invitations::{acceptance, invite, only},
    relationships::{accept, relationships},
    thread::blockers,
};

pub async fn revoke(
    world: &World,
    who: &Persona,
    name: &str,
    grant: GrantType,
) -> Result<Relationship, Status> {
    let request = RevokeGrantRequest {
        name: name.to_owned(),
        grant_type: grant.into(),
        reason: "by agreement".to_owned(),
        ..RevokeGrantRequest::default()
    };
    let answer = world.relationships().revoke_grant(who.asks(request)).await?;
    Ok(answer.into_inner().relationship.unwrap())
}

fn grant(of: &Relationship, kind: GrantType) -> Grant {
    of.grants.iter().find(|it| it.r#type() == kind).cloned().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn m7_either_side_ends_a_power_while_the_relationship_goes_on() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        for (case, by_provider) in [("by the reseller", false), ("by the provider", true)] {
            let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
            let made = world.connect(&provider, &reseller).await;
            let customer = world.company("zbinden", "CH").await;
            world.authorise(&customer, &reseller, &provider).await;
            let customer = customer.company.replace("companies", "customers");
            let (who, other) = match by_provider {
                true => (&provider, &reseller),
                false => (&reseller, &provider),
            };
            let case = format!("{case} on {}", world.engine);
            let power = GrantType::OrderOnBehalf;
            let left = revoke(&world, &who.anna, &made.name, power).await.unwrap();
            assert_eq!(left.state(), RelationshipState::Active, "{case}");
            let revoked = grant(&left, power);
            assert_eq!((revoked.state(), revoked.live), (GrantState::Revoked, false), "{case}");
            assert!(grant(&left, GrantType::DelegatedAdmin).live, "{case}");
            let err = revoke(&world, &other.anna, &made.name, power).await.unwrap_err();
            assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{case}");
            assert_eq!(metadata(&err, "currentState"), "REVOKED", "{case}");
            let mail = world.mail_to(&format!("anna@{}", other.domain)).await;
            assert!(mail.text.contains("by agreement"), "{case}: {}", mail.text);

            let order_system = &world.staff().await.order_system;
            let all = (&provider, &reseller, customer.as_str());
            let found = blockers(&world, order_system, all, OrderOperation::NewPurchase).await;
            assert_eq!(found, ["grant.order-on-behalf", "customer.agreement"], "{case}");
            let found = blockers(&world, order_system, all, OrderOperation::ManageExisting).await;
            assert!(found.is_empty(), "{found:?} {case}");
            for firm in [&provider, &reseller] {
                let ledger = world.ledger(&firm.anna).await;
                assert!(!only(&ledger, "GrantRevoked").is_empty(), "{case}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m7_time_ends_a_power_at_its_exact_limit() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let start = world.clock.now();
        let end = (start + Duration::days(1)).timestamp();
        let request = CreateInvitationRequest {
            grants_expire_time: Some(prost_types::Timestamp { seconds: end, nanos: 0 }),
            ..invitation(&reseller.contact())
        };
        invite(&world, &provider.anna, request).await.unwrap();
        let secret = world.secret_to(&reseller.contact()).await;
        accept(&world, &reseller.anna, acceptance(&secret)).await.unwrap();
        let one = Duration::microseconds(1);
        for (advance, is_delivered, state, n_entries) in [
            (Duration::days(1) - one, true, GrantState::Active, 0),
            (one, false, GrantState::Expired, 0),
            (Duration::zero(), true, GrantState::Expired, 2),
            (Duration::hours(1), true, GrantState::Expired, 2),
        ] {
            world.clock.advance(advance);
            if is_delivered {
                world.deliver().await;
            }
            let case = format!("{} on {}", world.clock.now(), world.engine);
            let anna = world.sign_in(&reseller.anna.sign_in_name).await;
            let seen = relationships(&world, &anna).await.remove(0);
            assert_eq!(seen.state(), RelationshipState::Active, "{case}");
            for it in &seen.grants {
                assert_eq!((it.state(), it.live), (state, state == GrantState::Active), "{case}");
            }
            let ledger = world.ledger(&anna).await;
            let expired = only(&ledger, "GrantExpired");
            assert_eq!(expired.len(), n_entries, "{case}");
            let is_system = |kind: ActorKind| kind == ActorKind::System;
            assert!(
                expired.iter().all(|it| is_system(it.actor.as_ref().unwrap().kind())),
                "{case}"
            );
            if state == GrantState::Expired {
                let tried = revoke(&world, &anna, &seen.name, GrantType::OrderOnBehalf).await;
                assert_eq!(metadata(&tried.unwrap_err(), "currentState"), "EXPIRED", "{case}");
            }
        }
    })
    .await;
}
