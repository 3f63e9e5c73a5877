//! How many invitations a company makes a day.

use api::relationships::v1::{
    CreateInvitationRequest, Invitation, relationships_service_client::RelationshipsServiceClient,
};
use chrono::Duration;
use it::{
    Persona, World,
    cast::{Stage, customer_invitation, invitation},
    metadata, on_each_engine, reason,
};
use server::config::Config;
use tonic::{Code, Status, transport::Channel};

type Client = RelationshipsServiceClient<Channel>;

/// A server where a company makes three a day.
async fn sparing(world: &World) -> Client {
    let config = Config { invitations_daily: 3, ..world.config().clone() };
    Client::new(world.beside(&config).await)
}

async fn invite(
    client: &Client,
    who: &Persona,
    request: CreateInvitationRequest,
) -> Result<Invitation, Status> {
    let answer = client.clone().create_invitation(who.asks(request)).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

fn at(n: usize) -> CreateInvitationRequest {
    invitation(&format!("a{n}@nube.example"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_makes_so_many_invitations_a_day_and_no_more() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let other = world.provider("wisla", "ES", Stage::Active).await;
        let (client, engine) = (sparing(&world).await, world.engine);
        let who = &provider.anna;
        let request_id = "0d0f5a52-6a4a-4a6b-8a4f-4e5b7a4dd1c0".to_owned();
        let first = CreateInvitationRequest { request_id, ..at(1) };
        let made = invite(&client, who, first.clone()).await.unwrap();
        // What is made anew costs; what is not made, or was made before, does not.
        for _ in 0..3 {
            assert_eq!(invite(&client, who, first.clone()).await.unwrap(), made, "{engine}");
            let plan = CreateInvitationRequest { validate_only: true, ..at(9) };
            client.clone().create_invitation(who.asks(plan)).await.unwrap();
            let err = invite(&client, who, at(1)).await.unwrap_err();
            assert_eq!(reason(&err), "DUPLICATE_INVITATION", "{engine}");
        }
        invite(&client, who, at(2)).await.unwrap();
        invite(&client, who, at(3)).await.unwrap();
        for n in [4, 1] {
            let err = invite(&client, who, at(n)).await.unwrap_err();
            assert_eq!(err.code(), Code::ResourceExhausted, "{engine}");
            assert_eq!(reason(&err), "INVITATION_LIMIT", "{engine}");
            assert_eq!(metadata(&err, "limit"), "3", "{engine}");
            assert_eq!(metadata(&err, "retryTime"), "2026-11-25T00:00:00Z", "{engine}");
        }
        invite(&client, &other.anna, at(4)).await.unwrap();
        world.clock.advance(Duration::hours(15));
        let anna = world.session(&who.sign_in_name).await;
        invite(&client, &anna, at(4)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racing_invitations_to_customers_as_many_are_made_as_the_day_has_left() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let client = sparing(&world).await;
        let mut tries = tokio::task::JoinSet::new();
        for n in 0..8 {
            let (mut client, who) = (client.clone(), reseller.anna.clone());
            let request = customer_invitation(&provider, &format!("b{n}@bluewin.example"));
            tries.spawn(async move { client.create_customer_invitation(who.asks(request)).await });
        }
        let answers = tries.join_all().await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 3, "{}", world.engine);
        for err in refused.into_iter().filter_map(Result::err) {
            assert_eq!(reason(&err), "INVITATION_LIMIT", "{}", world.engine);
        }
    })
    .await;
}
