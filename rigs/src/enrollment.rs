//! Random walks over an enrolment by everybody, against a second telling of its tables.

mod cure;
mod model;
mod walk;

use domain::Role;
use it::World;

use self::walk::Walk;

/// Steps of one walk.
const STEPS: usize = 40;
/// Walks over one database; its clock moves on by some days in each.
const WALKS: u64 = 25;

pub async fn run(n: usize) {
    let n = u64::try_from(n).unwrap();
    let sqlite = tokio::spawn(walks("sqlite", n));
    walks("postgres", n).await;
    sqlite.await.unwrap();
}

async fn walks(engine: &'static str, n: u64) {
    let mut seen = walk::Seen::default();
    for first in (0..n).step_by(usize::try_from(WALKS).unwrap()) {
        let world = match engine {
            "sqlite" => World::sqlite().await,
            _ => World::postgres().await,
        };
        let colleague = world.platform(&[Role::Reviewer]).await;
        for seed in first..n.min(first + WALKS) {
            Walk::begin(&world, &colleague, seed).await.go(STEPS, &mut seen).await;
        }
        world.app.db.close().await.unwrap();
        if (first / WALKS) % 40 == 39 {
            println!("enrollment   {engine:8}  {} walks: {seen}", first + WALKS);
        }
    }
    println!("enrollment   {engine:8}  {n} walks of {STEPS} steps: {seen}");
}
