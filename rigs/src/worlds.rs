//! Random worlds: whatever ties companies have, lists and Gets tell the same, to everybody.

use it::random;

use crate::engines;

pub async fn run(n: usize) {
    for world in engines().await {
        let mut n_compared = 0;
        for seed in 0..n {
            n_compared += random::check(&world, u64::try_from(seed).unwrap()).await;
            if seed % 100 == 99 {
                println!("worlds       {:8}  {}: {n_compared} answers", world.engine, seed + 1);
            }
        }
        println!(
            "worlds       {:8}  {n} worlds: {n_compared} answers compared, foreign as unknown",
            world.engine
        );
    }
}
