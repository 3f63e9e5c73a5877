//! Lists and Gets tell the same, whatever ties companies have.

use it::{World, on_each_engine, random};

#[tokio::test(flavor = "multi_thread")]
async fn in_random_worlds_each_list_equals_the_gets_that_succeed() {
    on_each_engine(async |world: World| {
        for seed in 0..20 {
            random::check(&world, seed).await;
        }
    })
    .await;
}
