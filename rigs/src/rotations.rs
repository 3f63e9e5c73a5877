//! The server's certificate and its clients' authority change again and again, and no call fails.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use api::{
    relationships::v1::{
        CheckOrderAuthorizationRequest, OrderOperation,
        relationships_service_client::RelationshipsServiceClient,
    },
    users::v1::{WhoAmIRequest, users_service_client::UsersServiceClient},
};
use it::{
    Persona,
    certificates::{Authority, Papers, service},
    reason,
};
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
};
use tonic::{Request, Status, transport::Channel};

use crate::hostile::{
    good,
    process::{Door, Process},
    wire,
};

const ORDERS: &str = "spiffe://pacta.example/orders";
/// Callers of each kind, all at once.
const CALLERS: usize = 4;
/// Calls on one connection.
const OF_CONNECTION: usize = 20;

/// What callers go by.
struct Load {
    papers: watch::Receiver<(usize, Papers)>,
    /// Which papers each caller connected with last.
    seen: Mutex<BTreeMap<usize, usize>>,
    stop: watch::Receiver<bool>,
}

pub async fn run(n: usize) {
    let mut authority = Authority::new("clients 0");
    let folder = tempfile::tempdir().unwrap();
    let client_ca = folder.path().join("clients.pem");
    std::fs::write(&client_ca, authority.pem()).unwrap();
    let settings = format!(
        "tls_client_ca = {:?}\nreload_seconds = 1\n[[internal_service]]\nspiffe = \"{ORDERS}\"\n\
         roles = [\"INTERNAL_SERVICE\"]\n[quota.general]\nprincipal = 9999999\ncompany = 9999999",
        client_ca.display().to_string()
    );
    let server = Process::start(&settings, None).await;
    let person = good::person(server.channel().await).await;
    let (next, papers) = watch::channel((0, authority.signs(&service(ORDERS))));
    let (stop, stopped) = watch::channel(false);
    let load = Arc::new(Load { papers, seen: Mutex::default(), stop: stopped });
    let mut callers = JoinSet::new();
    for i in 0..CALLERS {
        callers.spawn(services(load.clone(), i, server.door()));
        callers.spawn(people(load.clone(), server.door(), person.clone()));
    }

    let begin = Instant::now();
    for round in 1..=n {
        server.desk.lay(&server.authority.server());
        let newer = Authority::new(&format!("clients {round}"));
        let papers = newer.signs(&service(ORDERS));
        // Both are trusted, then everybody has the new papers, then the old authority goes.
        std::fs::write(&client_ca, format!("{}{}", authority.pem(), newer.pem())).unwrap();
        soon("the new authority", async || is_let_in(&server, &papers).await).await;
        let old = next.send_replace((round, papers)).1;
        soon("the new papers", async || {
            let seen = load.seen.lock().await;
            seen.len() == CALLERS && seen.values().all(|it| *it == round)
        })
        .await;
        std::fs::write(&client_ca, newer.pem()).unwrap();
        soon("the old authority's end", async || !is_let_in(&server, &old).await).await;
        authority = newer;
        let shown = shown(&server).await;
        let laid = std::fs::read(&server.desk.certificate).unwrap();
        assert!(pem_holds(&laid, &shown), "the server shows another certificate than was laid");
    }
    stop.send(true).unwrap();
    let mut n_calls = 0;
    while let Some(made) = callers.join_next().await {
        n_calls += made.unwrap();
    }
    println!(
        "rotations: {n} of the server's certificate and of its clients' authority in {:.0?}; of \
         {n_calls} calls none failed",
        begin.elapsed()
    );
}

/// An internal service, with the newest papers on each new connection.
async fn services(load: Arc<Load>, me: usize, door: Door) -> usize {
    let (mut n, mut channel, mut round) = (0, None, usize::MAX);
    while !*load.stop.borrow() {
        let newest = load.papers.borrow().0;
        if channel.is_none() || round != newest || n % OF_CONNECTION == 0 {
            let (now, papers) = load.papers.borrow().clone();
            channel = Some(door.endpoint(Some(&papers)).connect().await.expect("connects"));
            round = now;
            load.seen.lock().await.insert(me, round);
        }
        asks(channel.as_ref().unwrap()).await.expect("a service's call");
        n += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    n
}

/// A person with a session, on connections without papers.
async fn people(load: Arc<Load>, door: Door, who: Persona) -> usize {
    let (mut n, mut channel) = (0, door.endpoint(None).connect().await.unwrap());
    while !*load.stop.borrow() {
        if n % OF_CONNECTION == OF_CONNECTION - 1 {
            channel = door.endpoint(None).connect().await.expect("connects");
        }
        let asked = who.asks(WhoAmIRequest::default());
        UsersServiceClient::new(channel.clone()).who_am_i(asked).await.expect("a person's call");
        n += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    n
}

async fn is_let_in(server: &Process, papers: &Papers) -> bool {
    match server.door().endpoint(Some(papers)).connect().await {
        Ok(channel) => asks(&channel).await.is_ok(),
        Err(_) => false,
    }
}

/// Asks about an order of nobody.
async fn asks(channel: &Channel) -> Result<(), Status> {
    let nobody = "00000000-0000-0000-0000-000000000000";
    let question = CheckOrderAuthorizationRequest {
        provider: format!("partners/{nobody}"),
        reseller: format!("partners/{nobody}"),
        customer: format!("customers/{nobody}"),
        operation: OrderOperation::NewPurchase.into(),
        ..Default::default()
    };
    let mut relationships = RelationshipsServiceClient::new(channel.clone());
    match relationships.check_order_authorization(Request::new(question)).await {
        Err(err) if reason(&err) != "RESOURCE_NOT_FOUND" => Err(err),
        _ => Ok(()),
    }
}

/// The certificate that the server shows, in DER.
async fn shown(server: &Process) -> Vec<u8> {
    let stream = wire::connect_tls(wire::address(1), server.address, &server.connector()).await;
    let stream = stream.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn pem_holds(pem: &[u8], der: &[u8]) -> bool {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};
    CertificateDer::from_pem_slice(pem).unwrap().as_ref() == der
}

async fn soon(what: &str, is_so: impl AsyncFn() -> bool) {
    let trying = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(30), trying).await;
    done.unwrap_or_else(|_| panic!("{what}: never"));
}
