//! One provider and one reseller with few customers, then with many: what they ask is as fast, and
//! as much has ended or waits beside it.

mod calls;
mod rows;

use std::time::{Duration, Instant};

use it::World;
use rows::Rig;

/// At first so many customers and so many resellers: more than a page.
const SMALL: usize = 100;
/// How often each call is measured at full size; below, a quarter of that shows that it works.
const ASKED: usize = 201;
const WANTED: f64 = 1.25;
/// From so many customers on a slower call is a failure; below, a page is most of what there is.
const FULL: usize = 10_000;
/// Other work on the machine makes calls slower, never faster: the best of so many counts.
const TRIES: usize = 3;

pub async fn run(n: usize) {
    // One after the other: the first takes minutes, and nobody waits for a connection meanwhile.
    let mut slower = compare(&World::sqlite().await, n).await;
    slower.extend(compare(&World::postgres().await, n).await);
    assert!(n < FULL || slower.is_empty(), "slower than {WANTED} times: {slower:?}");
}

/// The calls that became slower.
async fn compare(world: &World, n: usize) -> Vec<String> {
    let rig = Rig::over(world).await;
    rig.grow(0, SMALL, SMALL).await;
    let small = rig.measure(n, |_, _| true).await;
    let (n_customers, n_resellers) = (n.max(2 * SMALL), (n / 10).max(2 * SMALL));
    let begun = Instant::now();
    rig.grow(SMALL, n_customers, n_resellers).await;
    println!(
        "growth       {:8}  {n_customers} customers, {n_resellers} resellers, as many former ones, \
         filled in {:.0} s",
        world.engine,
        begun.elapsed().as_secs_f64()
    );
    let ratio = |before: Duration, after: Duration| after.as_secs_f64() / before.as_secs_f64();
    let large = rig.measure(n, |at, took| ratio(small[at].1, took) > WANTED).await;
    let mut slower = Vec::new();
    for ((call, before), (_, after)) in small.into_iter().zip(large) {
        let ratio = ratio(before, after);
        let verdict = if ratio <= WANTED { "" } else { "  SLOWER" };
        println!(
            "growth       {:8}  {call:40} p50 {:>9.2?} at {SMALL}, {:>9.2?} at {n_customers}: \
             {ratio:.2}{verdict}",
            world.engine, before, after
        );
        if ratio > WANTED {
            slower.push(format!("{call} on {}: {ratio:.2}", world.engine));
        }
    }
    slower
}
