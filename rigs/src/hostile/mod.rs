//! A server process among hostile clients: a good one beside them notices little, and memory stays.

mod attacks;
pub mod good;
pub mod process;
pub mod wire;

use std::time::{Duration, Instant};

use api::users::v1::{WhoAmIRequest, users_service_client::UsersServiceClient};
use rustix::process::{Resource, getrlimit};
use tokio::{io::AsyncWriteExt as _, sync::watch};

use self::process::Process;

/// What memory may grow by, in MiB.
const MOST_GROWTH: f64 = 128.0;
/// What may be left of that once they have gone: what the allocator keeps for the next time.
const MOST_LEFT: f64 = 64.0;

/// Files that all of it needs beside the attacking connections.
const OTHER_FILES: usize = 1_000;
/// Files of a server that is to run out of them.
const MOST_FILES: u32 = 200;

/// How much of everything, in hundredths: 100 is 5,000 idle connections, 1,000 half handshakes, 500
/// bodies, 200,000 streams, 1,000 bombs.
pub async fn run(hundredths: usize, settings: &str) {
    server::listen::raise_open_files().unwrap();
    out_of_files().await;
    let n = |of: usize| (of * hundredths / 100).max(10);
    has_files(n(5_000) + n(1_000) + OTHER_FILES);
    let server = Process::start(&format!("{}{settings}", room(settings)), None).await;
    let endpoint = server.endpoint();
    let who = good::person(server.channel().await).await;

    let seconds = if hundredths < 50 { 5 } else { 20 };
    let (stop, until) = watch::channel(false);
    let good = tokio::spawn(good::calls(endpoint.clone(), who.clone(), until));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    stop.send(true).unwrap();
    let alone = good.await.unwrap();
    let memory = server.memory();

    let (stop, until) = watch::channel(false);
    let good = tokio::spawn(good::calls(endpoint, who, until));
    let peak = async {
        let mut peak = memory;
        let mut pace = tokio::time::interval(Duration::from_millis(100));
        loop {
            pace.tick().await;
            peak = f64::max(peak, server.memory());
            if *stop.borrow() {
                return peak;
            }
        }
    };
    let attack = async {
        let begin = Instant::now();
        let hold = Duration::from_secs(seconds * 2);
        let (idle, half, (n_ended, dribbles), n_connections, ()) = tokio::join!(
            timed("idle connections", attacks::idle(&server, n(5_000), hold)),
            timed("half handshakes", attacks::half_handshakes(&server, n(1_000))),
            timed("dribbled bodies", attacks::dribbles(&server, n(500))),
            timed("resets", attacks::resets(&server, u32::try_from(n(200_000)).unwrap())),
            timed("bombs", attacks::bombs(&server, n(1_000))),
        );
        println!(
            "hostile: {} of {} idle ones held for {hold:.0?}, {} files at the server; {} half handshakes, \
             the first ended after {:.1?}, the last after {:.1?}; {n_ended} bodies of a byte a second, \
             the last ended after {dribbles:.1?}; {} streams opened and reset, over {n_connections} \
             connections; {} bombs; in {:.1?}",
            idle.n_held,
            n(5_000),
            idle.n_files,
            n(1_000),
            half.0,
            half.1,
            n(200_000),
            n(1_000),
            begin.elapsed(),
        );
        stop.send(true).unwrap();
        (idle, half, n_ended, dribbles)
    };
    let (peak, (idle, half, n_ended, dribbles)) = tokio::join!(peak, attack);
    let beside = good.await.unwrap();
    let left = comes_back(&server, memory).await;

    println!(
        "hostile: the good client made {} calls over {} new connections beside them, {} failed; p99 \
         {:.1} ms alone, {:.1} ms beside, ratio {:.1}; memory {memory:.0} MiB alone, {peak:.0} at \
         most beside, {left:.0} afterwards",
        beside.n_calls,
        beside.n_connections,
        beside.failures.len(),
        alone.p99(),
        beside.p99(),
        beside.p99() / alone.p99(),
    );
    assert!(alone.failures.is_empty(), "{:?}", alone.failures);
    assert!(beside.failures.is_empty(), "{:?}\n{}", beside.failures, server.said());
    assert_eq!(idle.n_held, n(5_000), "idle connections were not held");
    assert!(n(5_000) <= idle.n_files, "{} files are not all of them", idle.n_files);
    // Each has the five seconds that a handshake may take, and is not broken off at once.
    assert!(Duration::from_millis(4_500) < half.0, "a half handshake lasted {:?} only", half.0);
    assert!(half.1 < Duration::from_secs(20), "half handshakes lasted {:?}", half.1);
    assert_eq!(n_ended, n(500), "bodies of a byte a second were not ended");
    assert!(dribbles < Duration::from_secs(30), "bodies lasted {dribbles:?}");
    assert!(peak - memory <= MOST_GROWTH, "memory grew by {:.0} MiB", peak - memory);
    assert!(left - memory <= MOST_LEFT, "memory did not come back: {:.0} MiB", left - memory);
}

/// Settings that have room for all of this, as far as the others do not name them.
fn room(settings: &str) -> String {
    let of_address = attacks::OF_ADDRESS.to_string();
    let room = [
        ("connections", "8192"),
        ("connections_per_address", of_address.as_str()),
        ("idle_seconds", "3600"),
    ];
    let is_named =
        |key: &str| settings.lines().any(|it| it.split('=').next().unwrap().trim() == key);
    let open = room.iter().filter(|(key, _)| !is_named(key));
    open.map(|(key, value)| format!("{key} = {value}\n")).collect()
}

/// The server has as many as this process may have.
fn has_files(n: usize) {
    let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    assert!(
        u64::try_from(n).unwrap() <= most,
        "{n} open files are needed and {most} allowed: raise the hard limit (`ulimit -Hn`)"
    );
}

async fn timed<T>(what: &str, attack: impl Future<Output = T>) -> T {
    let begin = Instant::now();
    let done = attack.await;
    println!("hostile: {what} took {:.1?}", begin.elapsed());
    done
}

/// Memory once it is as low as it gets.
async fn comes_back(server: &Process, memory: f64) -> f64 {
    let mut left = server.memory();
    for _ in 0..60 {
        if left - memory <= MOST_LEFT / 2.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        left = f64::min(left, server.memory());
    }
    left
}

/// More connections than the process may open files: who is connected goes on being served. Without
/// any file left the processor rests, and afterwards everything is as before.
async fn out_of_files() {
    let server = Process::start("", Some(MOST_FILES)).await;
    let channel = server.channel().await;
    let who = good::person(channel.clone()).await;
    let ask = async || {
        let mut users = UsersServiceClient::new(channel.clone());
        users.who_am_i(who.asks(WhoAmIRequest::default())).await.map(|_| ())
    };
    let mut held = Vec::new();
    for n in 0..240 {
        let mut stream = wire::connect(wire::address(n / 80), server.address).await.unwrap();
        let _ = stream.write_all(wire::HALF_HANDSHAKE).await;
        held.push(stream);
    }
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        ask().await.expect("who is connected is served");
    }
    assert!(server.said().contains("no room for more connections"), "{}", server.said());

    server.limit_files(8, MOST_FILES);
    held.push(wire::connect(wire::address(4), server.address).await.unwrap());
    let work = server.work();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let work = server.work() - work;
    assert!(server.said().contains("no connection can be accepted"), "{}", server.said());
    assert!(work < 1.0, "{work} s of work in 2 s: it spins");
    server.limit_files(MOST_FILES, MOST_FILES);
    held.clear();
    let begin = Instant::now();
    while server.endpoint().connect().await.is_err() {
        assert!(begin.elapsed() < Duration::from_secs(20), "nobody gets in any more");
    }
    ask().await.expect("who was connected is served");
    println!("hostile: out of files it worked {work:.2} s in 2 s, and nobody connected noticed");
}
