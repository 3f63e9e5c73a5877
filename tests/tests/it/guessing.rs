//! Passwords and codes cannot be guessed in a hurry: by name, by address, on every server alike.

use api::users::v1::ChangePasswordRequest;
use chrono::Duration;
use it::{PASSWORD, World, metadata, on_each_engine, reason};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

async fn guess(world: &World, name: &str) -> Status {
    world.try_sign_in(name, "a wrong one").await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_wait_longer_and_longer_and_a_right_one_ends_that() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let nobody = "nobody@donau.work.pacta.example";
        for name in [anna.sign_in_name.as_str(), nobody] {
            for n in 0..10 {
                let err = guess(&world, name).await;
                assert_eq!(reason(&err), "SIGN_IN_FAILED", "{n} {name} on {}", world.engine);
            }
        }
        // Who has the name and who has it not is answered alike.
        let slowed = [guess(&world, &anna.sign_in_name).await, guess(&world, nobody).await];
        for err in &slowed {
            assert_eq!(
                (err.code(), reason(err).as_str()),
                (Code::ResourceExhausted, "SIGN_IN_SLOWED")
            );
            let retry = err.get_details_retry_info().unwrap().retry_delay.unwrap();
            assert_eq!(retry, std::time::Duration::from_secs(1), "{}", world.engine);
        }
        assert_eq!(metadata(&slowed[0], "retryTime"), metadata(&slowed[1], "retryTime"));
        // Also the right password, and by way of its change.
        let right = world.try_sign_in(&anna.sign_in_name, PASSWORD).await.unwrap_err();
        assert_eq!(reason(&right), "SIGN_IN_SLOWED", "{}", world.engine);
        let change = ChangePasswordRequest {
            sign_in_name: anna.sign_in_name.clone(),
            old_password: PASSWORD.to_owned(),
            new_password: "another good passphrase".to_owned(),
            ..ChangePasswordRequest::default()
        };
        let err = world.users().change_password(change).await.unwrap_err();
        assert_eq!(reason(&err), "SIGN_IN_SLOWED", "{}", world.engine);
        world.clock.advance(Duration::seconds(1));
        assert_eq!(reason(&guess(&world, &anna.sign_in_name).await), "SIGN_IN_FAILED");
        world.clock.advance(Duration::seconds(1));
        assert_eq!(reason(&guess(&world, &anna.sign_in_name).await), "SIGN_IN_SLOWED");
        world.clock.advance(Duration::seconds(1));
        world.sign_in(&anna.sign_in_name).await;
        for _ in 0..10 {
            assert_eq!(reason(&guess(&world, &anna.sign_in_name).await), "SIGN_IN_FAILED");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_guesses_at_once_no_more_are_looked_at_than_in_a_row() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let tries: Vec<_> = (0..32)
            .map(|_| {
                let (mut users, name) = (world.users(), anna.sign_in_name.clone());
                let password = "a wrong one".to_owned();
                let ask = api::users::v1::SignInRequest {
                    sign_in_name: name,
                    password,
                    ..Default::default()
                };
                tokio::spawn(async move { users.sign_in(ask).await.unwrap_err() })
            })
            .collect();
        let mut n_looked_at = 0;
        for it in tries {
            let why = reason(&it.await.unwrap());
            assert!(["SIGN_IN_FAILED", "SIGN_IN_SLOWED"].contains(&why.as_str()), "{why}");
            n_looked_at += usize::from(why == "SIGN_IN_FAILED");
        }
        assert_eq!(n_looked_at, 10, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_so_many_wrong_tries_whatever_the_names() {
    // One engine: every try costs a hash.
    let world = World::sqlite().await;
    let anna = world.company("donau", "AT").await;
    for n in 0..300 {
        let err = guess(&world, &format!("user{n}@donau.work.pacta.example")).await;
        assert_eq!(reason(&err), "SIGN_IN_FAILED", "{n}");
    }
    let err = world.try_sign_in(&anna.sign_in_name, PASSWORD).await.unwrap_err();
    assert_eq!(reason(&err), "SIGN_IN_SLOWED");
    world.clock.advance(Duration::minutes(15));
    world.sign_in(&anna.sign_in_name).await;
    // What counts no longer is forgotten.
    world.clock.advance(Duration::hours(24));
    world.deliver().await;
}
