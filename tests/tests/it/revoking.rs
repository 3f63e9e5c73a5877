//! Rights that are taken while they are used at full speed, over two servers of one database: what
//! starts after the acknowledgement is refused.

use it::{
    World,
    revoking::{KINDS, revoke_under_load},
};

#[tokio::test(flavor = "multi_thread")]
async fn no_call_that_starts_after_the_acknowledgement_has_the_right() {
    let database = it::postgres::fresh_database().await;
    let first = World::on(database.clone()).await;
    let second = World::on(database).await;
    let servers = [first.channel.clone(), second.channel.clone()];
    for kind in KINDS {
        for round in 0..2 {
            let seen = revoke_under_load(&first, &servers, *kind, round).await;
            assert_eq!(seen.late, Vec::<String>::new(), "{kind:?}: {seen:?}");
            assert!(seen.before > 0 && seen.after > 0, "{kind:?}: {seen:?}");
        }
    }
    first.proof().hold().await;
}
