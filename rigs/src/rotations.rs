//! The server's certificate, its clients' authority, an issuer's keys and the key that evidence is
//! signed with change again and again, and no call fails.

mod callers;

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use api::enrollment::v1::StartEnrollmentRequest;
use domain::Clock;
use it::{
    Persona, World,
    certificates::{Authority, Papers, asks_about_an_order, service},
    oidc::Issuer,
    reason,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use self::callers::{CALLERS, Kind, Load, TENANT, who_am_i};
use crate::hostile::{process::Process, wire};

const ORDERS: &str = "spiffe://pacta.example/orders";
/// What the issuer signs with: a key of this kind is made in no time.
const ALGORITHM: &str = "ES256";

pub async fn run(n: usize) {
    let mut rig = Rig::start().await;
    let mut callers = JoinSet::new();
    for kind in Kind::ALL {
        for me in 0..CALLERS {
            callers.spawn(rig.load.clone().calls(kind, me));
        }
    }
    soon("calls of directories", async || rig.load.all_go_by(Kind::Directory, &key(0))).await;
    // Signed with the first key of all.
    let token = rig.load.token();
    let begin = Instant::now();
    for round in 1..=n {
        let id = server::evidence_key::rotate(&rig.evidence_key).unwrap().current().id.clone();
        rig.rotate_certificates(round).await;
        rig.rotate_issuer(round).await;
        soon("the new evidence key", async || rig.load.all_go_by(Kind::Verifier, &id)).await;
    }
    let took = begin.elapsed();
    if n >= 2 {
        let who = Persona { token: Some(token), ..Persona::default() };
        let refused = who_am_i(rig.server.channel().await, &who).await.unwrap_err();
        assert_eq!(reason(&refused), "CREDENTIAL_INVALID", "the issuer's first key");
    }
    rig.stop.send(true).unwrap();
    let mut n_calls: BTreeMap<Kind, usize> = BTreeMap::new();
    while let Some(made) = callers.join_next().await {
        let (kind, n) = made.unwrap();
        *n_calls.entry(kind).or_default() += n;
    }
    println!(
        "rotations: {n} of the server's certificate, its clients' authority, an issuer's key and the \
         evidence key in {took:.0?}; none of these calls failed: {n_calls:?}"
    );
}

struct Rig {
    server: Process,
    load: Arc<Load>,
    authority: Authority,
    client_ca: PathBuf,
    papers: watch::Sender<(String, Papers)>,
    issuer_key: watch::Sender<String>,
    evidence_key: PathBuf,
    stop: watch::Sender<bool>,
    pace: Pace,
    /// What the server serves, from which it was set up.
    _world: World,
    _folder: tempfile::TempDir,
}

impl Rig {
    async fn start() -> Self {
        let issuer = Arc::new(Issuer::start());
        issuer.publish(&[&key(0)], ALGORITHM);
        let world = World::sqlite_believing(&issuer).await;
        // The server in its own process goes by the machine's clock.
        world.clock.advance(Clock::system().now() - world.clock.now());
        let (anna, acceptance) = world.signer().await;
        found(&world, &issuer).await;

        let authority = Authority::new("clients 0");
        let folder = tempfile::tempdir().unwrap();
        let client_ca = folder.path().join("clients.pem");
        std::fs::write(&client_ca, authority.pem()).unwrap();
        let settings = format!(
            "tls_client_ca = {:?}\nreload_seconds = 1\n[[internal_service]]\nspiffe = \"{ORDERS}\"\n\
             roles = [\"INTERNAL_SERVICE\"]\n[quota.general]\nprincipal = 9999999\n\
             company = 9999999\naddress = 9999999\n{}",
            client_ca.display().to_string(),
            of_issuer(&issuer)
        );
        let server = Process::over(&world.config().data, &settings).await;
        let first = (name(0), authority.signs(&service(ORDERS)));
        let (papers, newest_papers) = watch::channel(first);
        let (issuer_key, newest_key) = watch::channel(key(0));
        let (stop, stopped) = watch::channel(false);
        let load = Load {
            door: server.door(),
            papers: newest_papers,
            issuer,
            issuer_key: newest_key,
            anna,
            acceptance,
            stop: stopped,
            seen: Mutex::default(),
        };
        Self {
            load: Arc::new(load),
            server,
            authority,
            client_ca,
            papers,
            issuer_key,
            evidence_key: world.config().evidence_key_file().0,
            stop,
            pace: Pace::default(),
            _world: world,
            _folder: folder,
        }
    }

    /// The server's own, and the authority of its clients.
    async fn rotate_certificates(&mut self, round: usize) {
        let server = &self.server;
        server.desk.lay(&server.authority.server());
        let newer = Authority::new(&format!("clients {round}"));
        let papers = newer.signs(&service(ORDERS));
        // Both are trusted, then everybody has the new papers, then the old authority goes.
        std::fs::write(&self.client_ca, format!("{}{}", self.authority.pem(), newer.pem()))
            .unwrap();
        soon("the new authority", async || is_let_in(server, &papers).await).await;
        let old = self.papers.send_replace((name(round), papers)).1;
        soon("the new papers", async || self.load.all_go_by(Kind::Service, &name(round))).await;
        std::fs::write(&self.client_ca, newer.pem()).unwrap();
        soon("the old authority's end", async || !is_let_in(server, &old).await).await;
        self.authority = newer;
        let shown = shown(&self.server).await;
        let laid = std::fs::read(&self.server.desk.certificate).unwrap();
        assert!(pem_holds(&laid, &shown), "the server shows another certificate than was laid");
    }

    /// The new key stands beside the old one, then it signs, then the old one goes.
    async fn rotate_issuer(&mut self, round: usize) {
        self.pace.turn().await;
        let (old, new) = (key(round - 1), key(round));
        let issuer = &self.load.issuer;
        issuer.publish(&[&old, &new], ALGORITHM);
        issuer.publish(&[&new, &old], ALGORITHM);
        self.issuer_key.send_replace(new.clone());
        soon("the issuer's new key", async || self.load.all_go_by(Kind::Directory, &new)).await;
        issuer.publish(&[&new], ALGORITHM);
    }
}

/// A server asks an issuer for its keys ten times a minute at most: once for each new key, and once
/// at its start.
#[derive(Default)]
struct Pace(VecDeque<Instant>);

impl Pace {
    const A_MINUTE: usize = 9;

    /// Waits until there is room for one more.
    async fn turn(&mut self) {
        if self.0.len() >= Self::A_MINUTE
            && let Some(oldest) = self.0.pop_front()
        {
            sleep_until(oldest + Duration::from_secs(62)).await;
        }
        self.0.push_back(Instant::now());
    }
}

fn name(round: usize) -> String {
    format!("papers {round}")
}

fn key(round: usize) -> String {
    format!("key-{round}")
}

/// How the server believes an issuer.
fn of_issuer(issuer: &Issuer) -> String {
    let it = issuer.settings();
    format!(
        "[[issuer]]\nissuer = {:?}\naudience = {:?}\nalgorithms = [\"RS256\", \"ES256\"]\n\
         tenant_claim = {:?}\nadmin_claim = {:?}\nadmin_value = {:?}\nca = {:?}",
        it.issuer,
        it.audience,
        it.tenant_claim.unwrap(),
        it.admin_claim.unwrap(),
        it.admin_value.unwrap(),
        it.ca.unwrap().display().to_string()
    )
}

/// The company whose people come by the issuer's word.
async fn found(world: &World, issuer: &Issuer) {
    let elsa = issuer.person(TENANT, "elsa", world.clock.now()).as_admin().persona();
    let founding = StartEnrollmentRequest {
        region_code: "ES".to_owned(),
        display_name: "Muebles Ibáñez".to_owned(),
        ..StartEnrollmentRequest::default()
    };
    world.enrollment().start_enrollment(elsa.asks(founding)).await.unwrap();
}

async fn is_let_in(server: &Process, papers: &Papers) -> bool {
    match server.door().endpoint(Some(papers)).connect().await {
        Ok(channel) => asks_about_an_order(&channel).await.is_ok(),
        Err(_) => false,
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
    let done = timeout(Duration::from_secs(30), trying).await;
    done.unwrap_or_else(|_| panic!("{what}: never"));
}
