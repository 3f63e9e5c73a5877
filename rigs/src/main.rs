//! Long proofs: `cargo run -p rigs -- NAME -n ROUNDS`; `ci` runs a small slice of each.

use api::enrollment::v1::StartEnrollmentRequest;
use clap::{Parser, Subcommand};
use it::{World, reason, work_account};

#[derive(Parser)]
struct Command {
    #[command(subcommand)]
    rig: Rig,
}

#[derive(Clone, Copy, Subcommand)]
enum Rig {
    /// 64 parallel CreateWorkAccount with one prefix: one OK, 63 DOMAIN_TAKEN.
    Prefixes(Rounds),
    /// 64 parallel copies of one request_id: one effect, 64 equal replies.
    Copies(Rounds),
    /// A small slice of every rig.
    Ci,
}

#[derive(Clone, Copy, clap::Args)]
struct Rounds {
    /// How many rounds on each engine.
    #[arg(short, default_value_t = 200)]
    n: usize,
}

const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() {
    match Command::parse().rig {
        Rig::Prefixes(rounds) => prefixes(rounds.n).await,
        Rig::Copies(rounds) => copies(rounds.n).await,
        Rig::Ci => {
            prefixes(2).await;
            copies(5).await;
        }
    }
}

async fn worlds() -> [World; 2] {
    [World::sqlite().await, World::postgres().await]
}

async fn prefixes(n: usize) {
    for world in worlds().await {
        for _ in 0..n {
            let prefix = world.label("rush");
            let mut tries = tokio::task::JoinSet::new();
            for _ in 0..AT_ONCE {
                let (mut users, request) = (world.users(), work_account(&prefix, "AT"));
                tries.spawn(async move { users.create_work_account(request).await });
            }
            let answers = tries.join_all().await;
            let n_ok = answers.iter().filter(|it| it.is_ok()).count();
            let refused = answers.iter().filter_map(|it| it.as_ref().err());
            let n_taken = refused.filter(|it| reason(it) == "DOMAIN_TAKEN").count();
            assert_eq!((n_ok, n_taken), (1, AT_ONCE - 1), "{}", world.engine);
        }
        println!("prefixes  {:8}  {n} rounds of {AT_ONCE}: one OK in each", world.engine);
    }
}

async fn copies(n: usize) {
    for world in worlds().await {
        for round in 0..n {
            let anna = world.company("copies", "ES").await;
            let request_id = format!("6f0b3c1e-5a3e-4c57-9d0b-{round:012x}");
            let request = StartEnrollmentRequest { request_id, ..Default::default() };
            let mut tries = tokio::task::JoinSet::new();
            for _ in 0..AT_ONCE {
                let (mut client, asked) = (world.enrollment(), anna.asks(request.clone()));
                tries.spawn(async move { client.start_enrollment(asked).await });
            }
            let answers: Vec<_> =
                tries.join_all().await.into_iter().map(|it| it.unwrap().into_inner()).collect();
            assert!(answers.iter().all(|it| *it == answers[0]), "{}", world.engine);
        }
        println!("copies    {:8}  {n} rounds of {AT_ONCE}: equal replies in each", world.engine);
    }
}
