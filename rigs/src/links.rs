//! Links of both kinds of invitations, each accepted many times at once while the server is killed
//! and started again.

use std::time::Duration;

use api::relationships::v1::{
    AcceptCustomerInvitationRequest, AcceptInvitationRequest, GetCustomerRequest, GrantState,
    ListRelationshipsRequest, relationships_service_client::RelationshipsServiceClient,
};
use domain::{Clock, Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, customer_invitation, invitation, yes},
    child::Killable,
    reason,
};
use store::sea_orm::{ConnectionTrait as _, Statement};
use tonic::{Status, transport::Channel};

use crate::{AT_ONCE, engines};

/// Of each kind, how many links are under way when the server is killed.
const TOGETHER: usize = 4;
/// Below so many links every kill may come too late.
const FEW: usize = 16;

/// A link that somebody is about to accept.
struct Link {
    invitation: String,
    secret: String,
    who: Persona,
    is_to_reseller: bool,
}

pub async fn run(n: usize) {
    for world in engines().await {
        let mut rig = Rig::over(&world).await;
        let (mut n_done, mut n_cut) = (0, 0);
        // A kill that nobody notices proves nothing.
        while n_done < n || (n_cut == 0 && n_done < 4 * n) {
            n_cut += rig.round().await;
            n_done += 2 * TOGETHER;
        }
        assert!(n_cut > 0 || n < FEW, "no kill hit anything on {}", world.engine);
        println!(
            "links        {:8}  {n_done} links x {AT_ONCE} acceptances, server killed {} times, {n_cut} \
             tries without an answer: one winner each, none half done",
            world.engine,
            n_done / (2 * TOGETHER),
        );
    }
}

struct Rig<'a> {
    world: &'a World,
    provider: Firm,
    resellers: Vec<Firm>,
    /// Connected with the provider all the time.
    seller: Firm,
    server: Killable,
    n_connected: i64,
    n_authorised: i64,
}

impl<'a> Rig<'a> {
    async fn over(world: &'a World) -> Self {
        // The server in its own process goes by the machine's clock.
        world.clock.advance(Clock::system().now() - world.clock.now());
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let mut resellers = Vec::new();
        for _ in 0..TOGETHER {
            resellers.push(world.reseller("diagonal", "ES", Stage::Active).await);
        }
        let seller = world.reseller("meseta", "ES", Stage::Active).await;
        world.connect(&provider, &seller).await;
        let server = Killable::start(world);
        Self { world, provider, resellers, seller, server, n_connected: 1, n_authorised: 0 }
    }

    /// Links of both kinds, each for its own company.
    async fn links(&self) -> Vec<Link> {
        let world = self.world;
        world.clock.advance(Clock::system().now() - world.clock.now());
        let mut links = Vec::new();
        let inviter = world.session(&self.provider.anna.sign_in_name).await;
        for reseller in &self.resellers {
            let address = format!("{}@{}", world.label("buyer"), reseller.domain);
            let asked = inviter.asks(invitation(&address));
            let made = world.relationships().create_invitation(asked).await.unwrap();
            links.push(Link {
                invitation: made.into_inner().invitation.unwrap().name,
                secret: world.secret_to(&address).await,
                who: world.session(&reseller.anna.sign_in_name).await,
                is_to_reseller: true,
            });
        }
        let inviter = world.session(&self.seller.anna.sign_in_name).await;
        for _ in 0..TOGETHER {
            let address = format!("{}@bluewin.example", world.label("buyer"));
            let asked = inviter.asks(customer_invitation(&self.provider, &address));
            let made = world.relationships().create_customer_invitation(asked).await.unwrap();
            links.push(Link {
                invitation: made.into_inner().customer_invitation.unwrap().name,
                secret: world.secret_to(&address).await,
                who: world.crowd("CH", &[("anna", &[Role::GlobalAdmin])]).await.remove(0),
                is_to_reseller: false,
            });
        }
        links
    }

    /// How many calls were cut off.
    async fn round(&mut self) -> usize {
        let links = self.links().await;
        let channel = self.server.channel();
        let mut tries = tokio::task::JoinSet::new();
        for (n, link) in links.iter().enumerate() {
            for _ in 0..AT_ONCE {
                let (channel, who) = (channel.clone(), link.who.clone());
                let (secret, is_to_reseller) = (link.secret.clone(), link.is_to_reseller);
                let request_id = uuid();
                tries.spawn(async move {
                    let accept = (secret, request_id, is_to_reseller);
                    let (answer, n_cut) = insist(channel, who, accept).await;
                    (n, answer, n_cut)
                });
            }
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(5..400))).await;
        self.server.kill();
        self.server.start_again();
        let answers = tries.join_all().await;
        for (n, link) in links.iter().enumerate() {
            let of_link = answers.iter().filter(|it| it.0 == n);
            let (ok, refused): (Vec<_>, Vec<_>) =
                of_link.map(|it| &it.1).partition(|it| it.is_ok());
            let mut reasons: Vec<String> =
                refused.iter().filter_map(|it| it.as_ref().err()).map(reason).collect();
            reasons.sort();
            reasons.dedup();
            let what = format!("{} on {}", link.invitation, self.world.engine);
            assert_eq!((ok.len(), reasons), (1, vec!["LINK_USED".to_owned()]), "{what}");
            match link.is_to_reseller {
                true => self.check_connected(link, &what).await,
                false => self.check_authorised(link, &what).await,
            }
        }
        self.check_mails().await;
        self.part().await;
        answers.iter().map(|it| it.2).sum()
    }

    /// One relationship with its two grants, and entries for both companies.
    async fn check_connected(&mut self, link: &Link, what: &str) {
        let asked = link.who.asks(ListRelationshipsRequest::default());
        let listed = self.world.relationships().list_relationships(asked).await.unwrap();
        let mut listed = listed.into_inner().relationships;
        assert_eq!(listed.len(), 1, "{what}");
        let made = listed.remove(0);
        assert_eq!(made.grants.len(), 2, "{what}");
        assert!(made.grants.iter().all(|it| it.state() == GrantState::Active && it.live), "{what}");
        // Opened, for each side; created, for the inviter; accepted, for each side.
        assert_eq!(self.entries(&made.name).await, (2, 2), "{what}");
        assert_eq!(self.entries(&link.invitation).await, (3, 2), "{what}");
        self.n_connected += 1;
    }

    /// Both rows, and entries for all whom they concern.
    async fn check_authorised(&mut self, link: &Link, what: &str) {
        let name = link.who.company.replace("companies", "customers");
        let asked = link.who.asks(GetCustomerRequest { name, as_of: None });
        let read = self.world.relationships().get_customer(asked).await.unwrap();
        let rows = read.into_inner().customer.unwrap().relationships;
        assert_eq!(rows.len(), 2, "{what}");
        for row in rows {
            let n = if row.partner == row.via_reseller { 2 } else { 3 };
            assert_eq!(self.entries(&row.name).await, (n, n), "{what}");
        }
        assert_eq!(self.entries(&link.invitation).await, (5, 3), "{what}");
        self.n_authorised += 1;
    }

    /// Entries about a thing, and of how many companies.
    async fn entries(&self, subject: &str) -> (i64, i64) {
        let sql = format!(
            "SELECT count(*), count(DISTINCT company_id) FROM ledger WHERE subject = '{subject}'"
        );
        let row = self.ask(&sql).await;
        (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())
    }

    /// One mail to the inviter for each that was accepted, ever.
    async fn check_mails(&self) {
        for (template, n) in [
            ("invitation-accepted", self.n_connected),
            ("customer-invitation-accepted", self.n_authorised),
        ] {
            let sql = format!("SELECT count(*) FROM outbox WHERE template = '{template}'");
            let found: i64 = self.ask(&sql).await.try_get_by_index(0).unwrap();
            assert_eq!(found, n, "{template} on {}", self.world.engine);
        }
    }

    async fn ask(&self, sql: &str) -> store::sea_orm::QueryResult {
        let connection = self.world.app.db.connection();
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        connection.query_one_raw(statement).await.unwrap().unwrap()
    }

    /// The next round finds nobody connected.
    async fn part(&self) {
        for reseller in &self.resellers {
            let anna = self.world.session(&reseller.anna.sign_in_name).await;
            let asked = anna.asks(ListRelationshipsRequest::default());
            let listed = self.world.relationships().list_relationships(asked).await.unwrap();
            for it in listed.into_inner().relationships {
                self.world.end_relationship(&anna, &it.name).await;
            }
        }
    }
}

/// Accepts until there is an answer of the server's own, with one request id; how often there was
/// none.
async fn insist(
    channel: Channel,
    who: Persona,
    (link_secret, request_id, is_to_reseller): (String, String, bool),
) -> (Result<(), Status>, usize) {
    let mut client = RelationshipsServiceClient::new(channel);
    let mut n_cut = 0;
    loop {
        let (link_secret, request_id) = (link_secret.clone(), request_id.clone());
        let answer = match is_to_reseller {
            true => {
                let consent = yes(consent::PROVIDER);
                let rest = AcceptInvitationRequest::default();
                let ask = AcceptInvitationRequest { link_secret, consent, request_id, ..rest };
                client.accept_invitation(who.asks(ask)).await.map(drop)
            }
            false => {
                let consent = yes(consent::RESELLER_AND_PROVIDER);
                let rest = AcceptCustomerInvitationRequest::default();
                let ask =
                    AcceptCustomerInvitationRequest { link_secret, consent, request_id, ..rest };
                client.accept_customer_invitation(who.asks(ask)).await.map(drop)
            }
        };
        let why = answer.as_ref().err().map(reason).unwrap_or_default();
        let is_open =
            ["", "UNAVAILABLE", "CONTENTION", "DEADLINE_EXCEEDED"].contains(&why.as_str());
        if answer.is_ok() || !is_open {
            return (answer, n_cut);
        }
        n_cut += usize::from(why.is_empty());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn uuid() -> String {
    let [a, b] = [fastrand::u64(..), fastrand::u64(..)];
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        a & 0xffff,
        (a >> 16) & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}
