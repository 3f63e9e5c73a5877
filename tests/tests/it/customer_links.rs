//! A customer's link: what it shows, when it ends, and that it is good once.

use api::relationships::v1::{PreviewCustomerInvitationRequest, PreviewCustomerInvitationResponse};
use chrono::Duration;
use it::{
    World,
    cast::{Stage, customer_invitation},
    on_each_engine, reason,
};
use tonic::Status;

use crate::{customers::acceptance, invitations::only};

pub async fn preview(
    world: &World,
    secret: &str,
) -> Result<PreviewCustomerInvitationResponse, Status> {
    let request = PreviewCustomerInvitationRequest { link_secret: secret.to_owned() };
    Ok(world.relationships().preview_customer_invitation(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_time_ends_a_customer_invitation_and_makes_room_for_a_new_one() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let email = "beat@bluewin.example";
        let first = world.invite_customer(&reseller, &provider, email).await;
        let second = world.invite_customer(&reseller, &provider, "eva@bluewin.example").await;
        world.clock.advance(Duration::days(30) - Duration::microseconds(1));
        world.deliver().await;
        let seen = preview(&world, &first).await.unwrap();
        assert_eq!(seen.reseller.unwrap().partner, reseller.partner, "{}", world.engine);
        assert_eq!(seen.provider.unwrap().partner, provider.partner, "{}", world.engine);

        world.clock.advance(Duration::microseconds(1));
        let customer = world.company("zbinden", "CH").await;
        let anna = world.sign_in(&reseller.anna.sign_in_name).await;
        let request = customer_invitation(&provider, email);
        let asked = anna.asks(request);
        world.relationships().create_customer_invitation(asked).await.unwrap();
        // One was expired by its successor, the other one is by its timer.
        for n in [1, 2] {
            let ledger = world.ledger(&anna).await;
            let expired = only(&ledger, "CustomerInvitationExpired");
            assert_eq!(expired.len(), n, "{}", world.engine);
            for secret in [&first, &second] {
                let err = preview(&world, secret).await.unwrap_err();
                assert_eq!(reason(&err), "LINK_EXPIRED", "{n} on {}", world.engine);
                let asked = customer.asks(acceptance(secret));
                let tried = world.relationships().accept_customer_invitation(asked).await;
                assert_eq!(reason(&tried.unwrap_err()), "LINK_EXPIRED", "{n} on {}", world.engine);
            }
            world.deliver().await;
        }
        let secret = world.secret_to(email).await;
        let asked = customer.asks(acceptance(&secret));
        world.relationships().accept_customer_invitation(asked).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_of_many_companies_that_accept_one_customer_invitation_one_becomes_the_customer() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let mut companies = Vec::new();
        for _ in 0..4 {
            companies.push(world.company("zbinden", "CH").await);
        }
        let secret = world.invite_customer(&reseller, &provider, "beat@bluewin.example").await;
        let tries: Vec<_> = (0..64)
            .map(|i| {
                let asked = companies[i % companies.len()].asks(acceptance(&secret));
                let mut client = world.relationships();
                tokio::spawn(async move { client.accept_customer_invitation(asked).await })
            })
            .collect();
        let mut answers = Vec::new();
        for it in tries {
            answers.push(it.await.unwrap().map_or_else(|err| reason(&err), |_| "OK".to_owned()));
        }
        answers.sort_unstable();
        let mut expected = vec!["LINK_USED"; 63];
        expected.push("OK");
        assert_eq!(answers, expected, "{}", world.engine);
        let ledger = world.ledger(&reseller.anna).await;
        assert_eq!(only(&ledger, "CustomerAuthorised").len(), 2, "{}", world.engine);
    })
    .await;
}
