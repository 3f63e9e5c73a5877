//! Many writers of one provider at once: rows of one parent, without lost races.

use it::cast::{Stage, invitation};

use crate::engines;

const WRITERS: usize = 16;
/// Of a hundred writes, how many may have to run again.
const MOST_PERCENT: u64 = 5;

pub async fn run(n: usize) {
    for world in engines().await {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let before = world.app.db.lost_races();
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let (mut client, anna) = (world.relationships(), provider.anna.clone());
            writers.spawn(async move {
                for it in 0..n / WRITERS {
                    let request = invitation(&format!("w{writer}-{it}@reseller-{it}.example"));
                    client.create_invitation(anna.asks(request)).await.unwrap();
                }
            });
        }
        writers.join_all().await;
        let (n, n_lost) = (n / WRITERS * WRITERS, world.app.db.lost_races() - before);
        println!(
            "invitations  {:8}  {n} by {WRITERS} writers of one provider: none failed, {n_lost} \
             retries",
            world.engine
        );
        let most = u64::try_from(n).unwrap() * MOST_PERCENT / 100;
        assert!(n_lost < most.max(1), "{n_lost} of {n} on {}", world.engine);
    }
}
