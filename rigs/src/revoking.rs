//! Rights that are taken while two server processes are called at full speed: who calls afterwards has
//! none.

use domain::Clock;
use it::{
    World,
    child::Killable,
    revoking::{KINDS, revoke_under_load},
};

pub async fn run(n: usize) {
    // It takes what the two processes over its database are called with.
    let world = World::postgres().await;
    let processes = [Killable::start(&world), Killable::start(&world)];
    for process in &processes {
        process.listens().await;
    }
    let channels = processes.each_ref().map(Killable::channel);
    for kind in KINDS {
        let (mut before, mut after) = (0, 0);
        for round in 0..n {
            // The processes go by the machine's clock.
            world.clock.advance(Clock::system().now() - world.clock.now());
            let seen = revoke_under_load(&world, &channels, *kind, round).await;
            assert!(seen.late.is_empty(), "{kind:?}, round {round}: {seen:?}");
            (before, after) = (before + seen.before, after + seen.after);
        }
        println!(
            "revoking {kind:?}: {n} rounds, {before} let in before, {after} refused after, 0 late"
        );
    }
}
