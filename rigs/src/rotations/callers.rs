//! Those who call all the time while keys change: each fails at the first call that fails.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use agreements::verify_evidence;
use api::{
    agreements::v1::agreements_service_client::AgreementsServiceClient,
    users::v1::{WhoAmIRequest, users_service_client::UsersServiceClient},
};
use domain::Clock;
use it::{
    Persona,
    certificates::{Papers, asks_about_an_order},
    oidc::Issuer,
    packs::{key_id, listed_keys, pack},
};
use tokio::sync::watch;
use tonic::{Status, transport::Channel};

use crate::hostile::process::Door;

/// Callers of each kind, all at once.
pub const CALLERS: usize = 4;
/// The directory of the issuer's people.
pub const TENANT: &str = "rotating";
/// Calls on one connection.
const OF_CONNECTION: usize = 20;
const PACE: Duration = Duration::from_millis(5);

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An internal service, by its certificate.
    Service,
    /// A person with a session.
    Session,
    /// A person of a directory, by a token of its issuer.
    Directory,
    /// Somebody who verifies evidence.
    Verifier,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Service, Self::Session, Self::Directory, Self::Verifier];
}

/// What callers go by.
pub struct Load {
    pub door: Door,
    /// The newest papers of services, and which they are.
    pub papers: watch::Receiver<(String, Papers)>,
    pub issuer: Arc<Issuer>,
    /// The key that the issuer signs with.
    pub issuer_key: watch::Receiver<String>,
    /// Who signed the acceptance.
    pub anna: Persona,
    pub acceptance: String,
    pub stop: watch::Receiver<bool>,
    /// What each caller's last call went by.
    pub seen: Mutex<BTreeMap<(Kind, usize), String>>,
}

impl Load {
    /// Calls until told to stop; who called how often.
    pub async fn calls(self: Arc<Self>, kind: Kind, me: usize) -> (Kind, usize) {
        let n = match kind {
            Kind::Service => self.services(me).await,
            Kind::Session => self.session().await,
            Kind::Directory => self.directory(me).await,
            Kind::Verifier => self.verifier(me).await,
        };
        (kind, n)
    }

    /// Whether every caller of this kind goes by it and by nothing older.
    pub fn all_go_by(&self, kind: Kind, what: &str) -> bool {
        let seen = self.seen.lock().unwrap();
        (0..CALLERS).all(|me| seen.get(&(kind, me)).is_some_and(|it| it == what))
    }

    fn went_by(&self, kind: Kind, me: usize, what: String) {
        self.seen.lock().unwrap().insert((kind, me), what);
    }

    /// A token of somebody of the directory, signed by the issuer's newest key.
    pub fn token(&self) -> String {
        let now = Clock::system().now();
        let person = self.issuer.person(TENANT, "elsa", now).as_admin();
        // The issuer answers over a pipe.
        tokio::task::block_in_place(|| person.token())
    }

    async fn services(&self, me: usize) -> usize {
        let mut line = Line::default();
        let mut going_by = String::new();
        loop {
            let (name, papers) = self.papers.borrow().clone();
            if name != going_by {
                line = Line { papers: Some(papers), channel: None, ..line };
                going_by = name;
            }
            let Some(channel) = line.next(self).await else { return line.n };
            asks_about_an_order(&channel).await.expect("a service's call");
            self.went_by(Kind::Service, me, going_by.clone());
        }
    }

    async fn session(&self) -> usize {
        let mut line = Line::default();
        while let Some(channel) = line.next(self).await {
            who_am_i(channel, &self.anna).await.expect("a person's call");
        }
        line.n
    }

    async fn directory(&self, me: usize) -> usize {
        let mut line = Line::default();
        while let Some(channel) = line.next(self).await {
            let key = self.issuer_key.borrow().clone();
            let who = Persona { token: Some(self.token()), ..Persona::default() };
            who_am_i(channel, &who).await.expect("a call of somebody of a directory");
            self.went_by(Kind::Directory, me, key);
        }
        line.n
    }

    /// The first pack of all has to verify for ever.
    async fn verifier(&self, me: usize) -> usize {
        let (mut line, mut first) = (Line::default(), None);
        while let Some(channel) = line.next(self).await {
            let mut agreements = AgreementsServiceClient::new(channel);
            let newest = pack(&mut agreements, &self.anna, &self.acceptance).await.expect("a pack");
            let (_, known) = listed_keys(&mut agreements).await.expect("the keys of evidence");
            let first = first.get_or_insert_with(|| newest.clone());
            for it in [&newest, &*first] {
                let stated = verify_evidence(it, &known).expect("a pack that verifies");
                assert_eq!(stated.acceptance, self.acceptance);
            }
            self.went_by(Kind::Verifier, me, key_id(&newest));
        }
        line.n
    }
}

/// Connections of one caller, one after the other.
#[derive(Default)]
struct Line {
    papers: Option<Papers>,
    channel: Option<Channel>,
    /// Calls so far.
    n: usize,
}

impl Line {
    /// What the next call goes over, unless it is over.
    async fn next(&mut self, load: &Load) -> Option<Channel> {
        if *load.stop.borrow() {
            return None;
        }
        tokio::time::sleep(PACE).await;
        let channel = match self.channel.take().filter(|_| !self.n.is_multiple_of(OF_CONNECTION)) {
            Some(channel) => channel,
            None => load.door.endpoint(self.papers.as_ref()).connect().await.expect("connects"),
        };
        self.n += 1;
        self.channel = Some(channel.clone());
        Some(channel)
    }
}

pub async fn who_am_i(channel: Channel, who: &Persona) -> Result<(), Status> {
    let asked = who.asks(WhoAmIRequest::default());
    UsersServiceClient::new(channel).who_am_i(asked).await.map(drop)
}
