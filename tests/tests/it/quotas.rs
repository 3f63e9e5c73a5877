//! How many calls somebody may make in a while.

use std::num::NonZeroU32;

use api::{
    relationships::v1::PreviewInvitationRequest,
    relationships::v1::relationships_service_client::RelationshipsServiceClient,
    users::v1::{
        ResetUserPasswordRequest, SignInRequest, SignOutRequest, UndeleteUserRequest,
        UpdateUserRolesRequest, WhoAmIRequest, users_service_client::UsersServiceClient,
    },
};
use chrono::Duration;
use domain::Role;
use it::{Persona, World, metadata, on_each_engine, people::newcomer, reason};
use server::config::Config;
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_types::StatusExt as _;

fn calls(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// A second server of the world, with other allowances, reached from this address.
async fn server(world: &World, from: [u8; 4], change: impl FnOnce(&mut Config)) -> Channel {
    let mut config = world.config().clone();
    change(&mut config);
    let address = world.listen(config).await;
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.local_address(Some(from.into())).connect().await.unwrap()
}

async fn who_am_i(channel: &Channel, who: &Persona) -> Result<(), Status> {
    let asked = who.asks(WhoAmIRequest::default());
    UsersServiceClient::new(channel.clone()).who_am_i(asked).await.map(|_| ())
}

/// Whose allowance is used up; the refusal says all of it.
fn used_up(err: &Status) -> String {
    assert_eq!(
        (err.code(), reason(err).as_str()),
        (tonic::Code::ResourceExhausted, "RATE_LIMITED")
    );
    let details = err.get_error_details();
    let violations = &details.quota_failure().expect("QuotaFailure").violations;
    let wait = details.retry_info().and_then(|it| it.retry_delay).expect("RetryInfo");
    assert!((1..=61).contains(&wait.as_secs()), "{wait:?}");
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].subject, metadata(err, "quotaOf"));
    metadata(err, "quotaOf")
}

#[tokio::test]
async fn a_person_and_a_company_have_their_allowances_and_others_theirs() {
    let world = World::sqlite().await;
    let anna = world.company("bakery", "CH").await;
    let ben = world.colleague(&anna, "ben", &[Role::HelpdeskAgent]).await;
    let cleo = world.company("butcher", "CH").await;
    let channel = server(&world, [127, 0, 0, 1], |it| {
        (it.quota.general.principal, it.quota.general.company) = (calls(6), calls(8));
    });
    let channel = channel.await;
    for _ in 0..6 {
        who_am_i(&channel, &anna).await.unwrap();
    }
    assert_eq!(used_up(&who_am_i(&channel, &anna).await.unwrap_err()), "principal");
    // A colleague has an allowance of its own, within that of the company.
    for _ in 0..2 {
        who_am_i(&channel, &ben).await.unwrap();
    }
    assert_eq!(used_up(&who_am_i(&channel, &ben).await.unwrap_err()), "company");
    who_am_i(&channel, &cleo).await.expect("another company");
    // Six a minute: after ten seconds there is one more, and no more than that.
    world.clock.advance(Duration::seconds(10));
    who_am_i(&channel, &anna).await.unwrap();
    assert_eq!(used_up(&who_am_i(&channel, &anna).await.unwrap_err()), "principal");
    // Classes count apart: the general one is used up, that of proofs of identity is not.
    let request = cleo.asks(SignInRequest::default());
    let err = UsersServiceClient::new(channel.clone()).sign_in(request).await.unwrap_err();
    assert_eq!(reason(&err), "FIELD_INVALID");
}

#[tokio::test]
async fn who_says_not_who_it_is_has_the_allowance_of_its_address() {
    let world = World::sqlite().await;
    let anna = world.company("bakery", "CH").await;
    let mut config = world.config().clone();
    config.quota.identity.address = calls(3);
    let address = world.listen(config).await;
    let from = async |it: [u8; 4]| {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        endpoint.local_address(Some(it.into())).connect().await.unwrap()
    };
    let (near, far) = (from([127, 0, 0, 1]).await, from([127, 0, 0, 2]).await);
    let preview = async |channel: &Channel, forwarded: &str| {
        let link_secret = "x".repeat(43);
        let mut asked = Request::new(PreviewInvitationRequest { link_secret });
        // What metadata says of the address changes nothing.
        asked.metadata_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        let mut relationships = RelationshipsServiceClient::new(channel.clone());
        relationships.preview_invitation(asked).await.unwrap_err()
    };
    for n in 0..3 {
        assert_eq!(reason(&preview(&near, "192.0.2.1").await), "LINK_INVALID", "{n}");
    }
    for forwarded in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(used_up(&preview(&near, forwarded).await), "address");
    }
    assert_eq!(reason(&preview(&far, "192.0.2.1").await), "LINK_INVALID", "another address");
    who_am_i(&near, &anna).await.expect("who says who it is has an allowance of its own");
    world.clock.advance(Duration::seconds(20));
    assert_eq!(reason(&preview(&near, "192.0.2.1").await), "LINK_INVALID", "a minute has three");
    assert_eq!(used_up(&preview(&near, "192.0.2.1").await), "address");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_count_against_their_address_and_leave_those_that_are_known_alone() {
    on_each_engine(async |world| {
        let engine = world.engine;
        let anna = world.company("bakery", "CH").await;
        let ben = world.company("butcher", "CH").await;
        let mut config = world.config().clone();
        config.quota.identity.address = calls(5);
        let address = world.listen(config).await;
        let from = async |it: [u8; 4]| {
            let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
            endpoint.local_address(Some(it.into())).connect().await.unwrap()
        };
        let (near, far) = (from([127, 0, 0, 1]).await, from([127, 0, 0, 2]).await);
        who_am_i(&near, &anna).await.unwrap();
        let garbage = |n: usize| {
            let tokens = ["x".to_owned(), format!("{n:043}"), format!("{n}.x.y"), String::new()];
            Persona { token: Some(tokens[n % 4].clone()), ..Persona::default() }
        };
        let stranger = Persona::default();
        for n in 0..6 {
            let who = if n == 5 { stranger.clone() } else { garbage(n) };
            let err = who_am_i(&near, &who).await.unwrap_err();
            assert_eq!(err.code(), tonic::Code::Unauthenticated, "{n} on {engine}");
        }
        for n in 6..10 {
            let err = who_am_i(&near, &garbage(n)).await.unwrap_err();
            assert_eq!(used_up(&err), "address", "{n} on {engine}");
        }
        assert_eq!(used_up(&who_am_i(&near, &stranger).await.unwrap_err()), "address");
        // Whoever was here before goes on; who is new waits.
        who_am_i(&near, &anna).await.expect("known");
        assert_eq!(used_up(&who_am_i(&near, &ben).await.unwrap_err()), "address", "{engine}");
        who_am_i(&far, &ben).await.expect("another address");
        who_am_i(&near, &ben).await.expect("known by now");
        // A known credential is looked up all the same (U5).
        let request = ben.asks(SignOutRequest::default());
        UsersServiceClient::new(near.clone()).sign_out(request).await.unwrap();
        assert_eq!(reason(&who_am_i(&near, &ben).await.unwrap_err()), "SESSION_REVOKED");
        world.clock.advance(Duration::seconds(60));
        let err = who_am_i(&near, &garbage(1)).await.unwrap_err();
        assert_eq!(reason(&err), "CREDENTIAL_INVALID", "a minute later on {engine}");
    })
    .await;
}

#[tokio::test]
async fn what_mails_people_whose_address_an_admin_chose_has_the_allowance_of_mails() {
    let world = World::sqlite().await;
    let anna = world.company("bakery", "CH").await;
    let dora = world.colleague(&anna, "dora", &[Role::HelpdeskAgent]).await;
    let channel = server(&world, [127, 0, 0, 1], |it| it.quota.mail.principal = calls(2)).await;
    let mut users = UsersServiceClient::new(channel);
    let asked = anna.asks(newcomer("emil", &[Role::HelpdeskAgent]));
    users.create_user(asked).await.unwrap();
    let reset = ResetUserPasswordRequest { name: dora.user.clone(), ..Default::default() };
    users.reset_user_password(anna.asks(reset.clone())).await.unwrap();
    let asked = anna.asks(newcomer("frida", &[Role::HelpdeskAgent]));
    // Whoever becomes a global admin, or is one again, is told.
    let roles = UpdateUserRolesRequest { name: dora.user.clone(), ..Default::default() };
    let undelete = UndeleteUserRequest { name: dora.user.clone(), ..Default::default() };
    for err in [
        users.create_user(asked).await.map(drop).unwrap_err(),
        users.reset_user_password(anna.asks(reset)).await.map(drop).unwrap_err(),
        users.update_user_roles(anna.asks(roles)).await.map(drop).unwrap_err(),
        users.undelete_user(anna.asks(undelete)).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(used_up(&err), "principal");
        assert_eq!(metadata(&err, "quotaClass"), "MAIL");
    }
}

#[tokio::test]
async fn health_and_reflection_count_against_their_address() {
    let world = World::sqlite().await;
    let anna = world.company("bakery", "CH").await;
    let channel = server(&world, [127, 0, 0, 1], |it| it.quota.general.address = calls(4)).await;
    let mut health = HealthClient::new(channel.clone());
    let whole = || HealthCheckRequest { service: String::new() };
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let reflect = async || {
        let mut grpc = tonic::client::Grpc::new(channel.clone());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<(), ()>::default();
        let nothing = Request::new(tokio_stream::empty());
        grpc.streaming(nothing, path.parse().unwrap(), codec).await.map(|_| ())
    };
    health.check(whole()).await.unwrap();
    let mut watch = health.watch(whole()).await.unwrap().into_inner();
    for _ in 0..2 {
        reflect().await.unwrap();
    }
    assert_eq!(used_up(&health.check(whole()).await.unwrap_err()), "address");
    assert_eq!(used_up(&health.watch(whole()).await.unwrap_err()), "address");
    assert_eq!(used_up(&reflect().await.unwrap_err()), "address");
    assert!(watch.message().await.unwrap().is_some(), "what goes on goes on");
    who_am_i(&channel, &anna).await.expect("who says who it is has an allowance of its own");
    world.clock.advance(Duration::seconds(15));
    health.check(whole()).await.unwrap();
}

#[tokio::test]
async fn a_refused_call_counts_too() {
    let world = World::sqlite().await;
    let anna = world.company("bakery", "CH").await;
    let channel = server(&world, [127, 0, 0, 1], |it| {
        it.quota.hot.principal = calls(2);
    });
    let channel = channel.await;
    let ask = async || {
        let asked = anna.asks(api::relationships::v1::CheckOrderAuthorizationRequest::default());
        let mut relationships = RelationshipsServiceClient::new(channel.clone());
        relationships.check_order_authorization(asked).await.unwrap_err()
    };
    for _ in 0..2 {
        assert_eq!(reason(&ask().await), "ROLE_MISSING");
    }
    assert_eq!(used_up(&ask().await), "principal");
}
