//! An issuer's keys, of a real OpenID Connect server: asked for seldom, good for an hour's outage.

use std::sync::Arc;

use chrono::Duration;
use credentials::Token;
use domain::{Clock, Secret, Timestamp};
use issuers::{Issuers, Settings};
use it::oidc::Issuer;
use serde_json::json;

fn clock() -> Clock {
    Clock::manual(Timestamp::from_timestamp(1_795_510_800, 0).unwrap())
}

fn believed(settings: &Settings, clock: &Clock) -> Issuers {
    Issuers::new(std::slice::from_ref(settings), clock).unwrap()
}

/// Why somebody's token is refused, or the subject that it is believed to name.
async fn subject(issuers: &Issuers, issuer: &Issuer, clock: &Clock) -> String {
    let person = issuer.person("t-1", "s-1", clock.now());
    let token = Secret::new(person.token());
    named(issuers, &token).await
}

/// The same of a token that was made before.
async fn named(issuers: &Issuers, token: &Secret) -> String {
    let answer = issuers.vouched(&read(token)).await.map(|it| it.subject);
    answer.unwrap_or_else(|err| err.reason.as_str().to_owned())
}

fn read(token: &Secret) -> Token<'_> {
    Token::read(token).unwrap()
}

/// Looks again until it is so, for half a minute.
async fn soon(what: &str, is_so: impl Fn() -> bool) {
    let trying = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    let within = std::time::Duration::from_secs(30);
    tokio::time::timeout(within, trying).await.unwrap_or_else(|_| panic!("{what}: never"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_asked_for_once_in_ten_minutes_and_rotate_at_once() {
    let (issuer, clock) = (Issuer::start(), clock());
    let issuers = believed(&issuer.settings(), &clock);
    for _ in 0..3 {
        assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    }
    clock.advance(Duration::minutes(10) - Duration::microseconds(1));
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    assert_eq!(issuer.n_asked(), 1);
    clock.advance(Duration::microseconds(1));
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    // Who has a key that will do waits for the answer no longer than a moment.
    soon("the second question", || issuer.n_asked() == 2).await;

    // A key that is new, of another kind even, is asked for when a token names it.
    issuer.publish(&["b", "a"], "RS256");
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    issuer.publish(&["c"], "ES256");
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    assert_eq!(issuer.n_asked(), 4);
    // A key that was withdrawn is gone with the next look.
    issuer.publish(&["b"], "RS256");
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    issuer.publish(&["c"], "ES256");
    let of_c = Secret::new(issuer.person("t-1", "s-1", clock.now()).token());
    issuer.publish(&["b"], "RS256");
    assert_eq!(
        issuers.vouched(&read(&of_c)).await.unwrap_err().reason.as_str(),
        "CREDENTIAL_INVALID"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_an_hour_stops_nobody_whose_key_is_known() {
    let (issuer, clock) = (Issuer::start(), clock());
    let issuers = believed(&issuer.settings(), &clock);
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    issuer.go_away(true);
    let mut elapsed = Duration::zero();
    while elapsed < Duration::minutes(65) {
        assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1", "after {elapsed}");
        clock.advance(Duration::minutes(5));
        elapsed += Duration::minutes(5);
    }
    clock.advance(Duration::minutes(5) - Duration::microseconds(1));
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    clock.advance(Duration::microseconds(1));
    assert_eq!(subject(&issuers, &issuer, &clock).await, "UNAVAILABLE");
    issuer.go_away(false);
    clock.advance(Duration::seconds(5));
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_hangs_holds_up_nobody_whose_key_is_known() {
    use std::time::Duration as Time;

    let (issuer, clock) = (Issuer::start(), clock());
    let issuers = believed(&issuer.settings(), &clock);
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    issuer.publish(&["b"], "RS256");
    let of_new_key = Secret::new(issuer.person("t-1", "s-1", clock.now()).token());
    issuer.publish(&["a"], "RS256");
    clock.advance(Duration::minutes(11));
    let known = Secret::new(issuer.person("t-1", "s-1", clock.now()).token());
    issuer.hang(true);
    for n in 0..20 {
        // An issuer has three seconds for an answer.
        let answer = tokio::time::timeout(Time::from_secs(2), named(&issuers, &known)).await;
        assert_eq!(answer.as_deref(), Ok("s-1"), "call {n}");
    }
    // Whose key is not known waits for that question, and its failure is remembered.
    for _ in 0..2 {
        assert_eq!(named(&issuers, &of_new_key).await, "UNAVAILABLE");
    }
    assert_eq!(issuer.n_begun(), 2, "the first, and the one that is not answered");
    clock.advance(Duration::seconds(5));
    // In an outage nobody is the first.
    let answer = tokio::time::timeout(Time::from_secs(2), named(&issuers, &known)).await;
    assert_eq!(answer.as_deref(), Ok("s-1"));
    assert_eq!(named(&issuers, &of_new_key).await, "UNAVAILABLE");
    issuer.hang(false);
    issuer.publish(&["b", "a"], "RS256");
    clock.advance(Duration::seconds(5));
    assert_eq!(named(&issuers, &of_new_key).await, "s-1");
    assert_eq!(named(&issuers, &known).await, "s-1");

    // Whoever asks may go away; the question goes on, and what came of it counts.
    clock.advance(Duration::minutes(11));
    issuer.hang(true);
    let n_begun = issuer.n_begun();
    let hasty = tokio::time::timeout(Time::from_millis(1), named(&issuers, &known)).await;
    assert!(hasty.is_err(), "{hasty:?}");
    let answer = tokio::time::timeout(Time::from_secs(2), named(&issuers, &known)).await;
    assert_eq!(answer.as_deref(), Ok("s-1"));
    issuer.publish(&["c"], "RS256");
    let of_no_key = Secret::new(issuer.person("t-1", "s-1", clock.now()).token());
    for _ in 0..2 {
        assert_eq!(named(&issuers, &of_no_key).await, "UNAVAILABLE");
    }
    assert_eq!(issuer.n_begun(), n_begun + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_keys_that_nobody_has_reach_the_issuer_ten_times_a_minute() {
    let (issuer, clock) = (Issuer::start(), clock());
    let issuers = believed(&issuer.settings(), &clock);
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
    let good = issuer.person("t-1", "s-1", clock.now()).token();
    issuer.publish(&["unknown"], "RS256");
    let bad = Secret::new(issuer.person("t-1", "s-1", clock.now()).token());
    issuer.publish(&["a"], "RS256");
    let issuers = Arc::new(issuers);
    let all: Vec<_> = (0..64)
        .map(|_| {
            let (issuers, bad) = (issuers.clone(), bad.clone());
            tokio::spawn(async move { issuers.vouched(&read(&bad)).await.map(drop) })
        })
        .collect();
    for answer in all {
        let err = answer.await.unwrap().unwrap_err();
        assert_eq!(err.reason.as_str(), "CREDENTIAL_INVALID");
    }
    assert!(issuer.n_asked() <= 10, "many at once wait for the same answer");
    for _ in 0..16 {
        let err = issuers.vouched(&read(&bad)).await.unwrap_err();
        assert_eq!(err.reason.as_str(), "CREDENTIAL_INVALID");
    }
    assert_eq!(issuer.n_asked(), 10);
    assert_eq!(named(&issuers, &Secret::new(good)).await, "s-1");
    // A minute later a new key is heard of again.
    issuer.publish(&["b"], "RS256");
    assert_eq!(subject(&issuers, &issuer, &clock).await, "CREDENTIAL_INVALID");
    clock.advance(Duration::minutes(1));
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_the_issuer_is_not_believed() {
    let (issuer, clock) = (Issuer::start(), clock());
    // Its certificate is of no public authority.
    let settings = Settings { ca: None, ..issuer.settings() };
    let issuers = believed(&settings, &clock);
    assert_eq!(subject(&issuers, &issuer, &clock).await, "UNAVAILABLE");
    // Its document names another issuer, or keys elsewhere.
    for claim in [
        json!({"issuer": "https://other.example"}),
        json!({"jwks_uri": "https://other.example/jwks"}),
        json!({"jwks_uri": format!("{}/jwks", issuer.url.replace("https", "http"))}),
        json!({"jwks_uri": format!("{}/nowhere", issuer.url)}),
        json!({"jwks_uri": 7}),
    ] {
        issuer.claim(&claim);
        let issuers = believed(&issuer.settings(), &clock);
        assert_eq!(subject(&issuers, &issuer, &clock).await, "UNAVAILABLE", "{claim}");
    }
    issuer.claim(&json!({"scopes_supported": ["openid"]}));
    let issuers = believed(&issuer.settings(), &clock);
    assert_eq!(subject(&issuers, &issuer, &clock).await, "s-1");
}
