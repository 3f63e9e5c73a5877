//! Rights that are taken while two servers are called at full speed: who calls afterwards has none.

use it::{
    World,
    revoking::{KINDS, revoke_under_load},
};

pub async fn run(n: usize) {
    let database = it::postgres::fresh_database().await;
    let first = World::on(database.clone()).await;
    let second = World::on(database).await;
    for kind in KINDS {
        let (mut before, mut after) = (0, 0);
        for round in 0..n {
            let seen = revoke_under_load(&first, &second, *kind, round).await;
            assert!(seen.late.is_empty(), "{kind:?}, round {round}: {seen:?}");
            (before, after) = (before + seen.before, after + seen.after);
        }
        println!(
            "revoking {kind:?}: {n} rounds, {before} let in before, {after} refused after, 0 late"
        );
    }
}
