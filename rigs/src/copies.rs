//! One call sent many times at once, under one request_id.

use api::enrollment::v1::StartEnrollmentRequest;

use crate::{AT_ONCE, engines};

pub async fn run(n: usize) {
    for world in engines().await {
        for round in 0..n {
            let anna = world.company("copies", "ES").await;
            let request_id = format!("6f0b3c1e-5a3e-4c57-9d0b-{round:012x}");
            let request = StartEnrollmentRequest { request_id, ..Default::default() };
            let before = world.ledger(&anna).await.len();
            let mut tries = tokio::task::JoinSet::new();
            for _ in 0..AT_ONCE {
                let (mut client, asked) = (world.enrollment(), anna.asks(request.clone()));
                tries.spawn(async move { client.start_enrollment(asked).await });
            }
            let answers: Vec<_> = tries.join_all().await.into_iter().map(Result::unwrap).collect();
            let is_replay =
                |it: &&tonic::Response<_>| it.metadata().contains_key("idempotency-replayed");
            assert_eq!(answers.iter().filter(is_replay).count(), AT_ONCE - 1, "{}", world.engine);
            let first = answers[0].get_ref();
            assert!(answers.iter().all(|it| it.get_ref() == first), "{}", world.engine);
            assert_eq!(world.ledger(&anna).await.len(), before + 1, "{}", world.engine);
        }
        println!(
            "copies       {:8}  {n} rounds of {AT_ONCE}: one effect, equal replies in each",
            world.engine
        );
    }
}
