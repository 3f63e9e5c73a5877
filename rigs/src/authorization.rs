//! Who may order: random worlds, asked about by everybody, against a second telling in Python; and what
//! was answered then against what is answered as of then.

use it::{
    World,
    trade::{Trade, asking::Tally, second::Second},
};

/// How many worlds follow each other among the same companies.
const AT_A_TIME: usize = 50;
/// Questions a world, each in both operations, by each asker.
const QUESTIONS: usize = 200;

pub async fn run(n: usize) {
    // Side by side: each waits for its own database, and for its own second telling.
    tokio::join!(Box::pin(on(true, n)), Box::pin(on(false, n)));
}

async fn on(is_sqlite: bool, n: usize) {
    let (mut tally, mut n_back, mut n_done) = (Tally::default(), 0, 0);
    // The engines see different worlds.
    let first: u64 = if is_sqlite { 0 } else { 1_000_000 };
    while n_done < n {
        let n_worlds = AT_A_TIME.min(n - n_done);
        let world = if is_sqlite { World::sqlite().await } else { World::postgres().await };
        let seed = first + u64::try_from(n_done).unwrap();
        let (found, back) = worlds(&world, seed, n_worlds).await;
        world.proof().hold().await;
        tally.add(found);
        n_back += back;
        n_done += n_worlds;
        report(world.engine, n_done, &tally, n_back);
    }
    let is_fair = tally.n_purchases < 10 * tally.n_allowed && 0 < tally.n_opaque;
    assert!(is_fair || n < AT_A_TIME / 2, "too few orders are allowed: {tally:?}");
}

/// One after the other, each a few acts after the one before.
async fn worlds(world: &World, seed: u64, n: usize) -> (Tally, usize) {
    let mut trade = Trade::new(world, seed).await;
    let mut second = Second::start();
    let (mut tally, mut given, mut seen) = (Tally::default(), Vec::new(), Vec::new());
    for it in 0..n {
        if trade.dice.bool() {
            trade.mend(world).await;
        }
        for _ in 0..trade.dice.usize(4..16) {
            trade.act(world).await;
        }
        trade.renew(world).await;
        if trade.dice.bool() {
            world.deliver().await;
        }
        let what = format!("world {it} of seed {seed} on {}", world.engine);
        let (found, some) = trade.compare(world, &mut second, QUESTIONS, &what).await;
        tally.add(found);
        given.extend(some);
        seen.extend(trade.look(world).await);
    }
    for _ in 0..5 {
        trade.act(world).await;
    }
    trade.renew(world).await;
    (tally, trade.look_back(world, &given, &seen).await)
}

fn report(engine: &str, n: usize, tally: &Tally, n_back: usize) {
    println!(
        "authorization {engine:8} {n} worlds: {} answers by two tellings, {} of {} purchases allowed, \
         {} told in part; {n_back} asked again as of then: no difference",
        tally.n_answers, tally.n_allowed, tally.n_purchases, tally.n_opaque
    );
}
