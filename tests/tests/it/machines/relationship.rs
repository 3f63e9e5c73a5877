//! M7: the relationship of a provider and a reseller, and who holds it.

use api::relationships::v1::{
    AcceptInvitationRequest, EndRelationshipRequest, GetRelationshipRequest, GrantState, GrantType,
    Holder, Relationship, RelationshipState, ResumeRelationshipRequest, SuspendRelationshipRequest,
};
use chrono::Duration;
use domain::consent;
use it::{Persona, World, cast::yes, reason};
use tonic::Status;

use super::{
    Cell, Line, agree,
    everybody::{ACTORS, Everybody},
    lines, outcome,
};
use crate::{locations, relationships::relationships, ties};

const TABLE: &str = include_str!("../../../machines/m7.txt");
const NOWHERE: &str = "relationships/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
/// Where a life stands, and who holds it.
const STATES: [(&str, &str); 10] = [
    ("none", "-"),
    ("ACTIVE", "-"),
    ("SUSPENDED", "PV"),
    ("SUSPENDED", "RS"),
    ("SUSPENDED", "OP"),
    ("SUSPENDED", "PV RS"),
    ("SUSPENDED", "PV OP"),
    ("SUSPENDED", "RS OP"),
    ("SUSPENDED", "PV RS OP"),
    ("ENDED", "-"),
];
const ACTIONS: [&str; 4] = ["Accept", "Suspend", "Resume", "End"];
/// What befalls the partners, not the relationship.
const EVENTS: [&str; 4] =
    ["provider suspended", "reseller suspended", "provider closed", "reseller closed"];

fn table() -> Vec<Line> {
    lines(TABLE).into_iter().filter(|it| it[0] == "relationship").collect()
}

fn cells_of((state, holders): (&'static str, &'static str), action: &'static str) -> Vec<Cell> {
    ACTORS.map(|actor| ["relationship", state, action, actor, holders]).to_vec()
}

fn cells() -> Vec<Cell> {
    let mut all = Vec::new();
    for of in STATES {
        all.extend(ACTIONS.into_iter().flat_map(|action| cells_of(of, action)));
        if of.0 != "none" {
            all.extend(EVENTS.map(|it| ["relationship", of.0, it, "SYS", of.1]));
        }
    }
    all
}

#[test]
fn m7_the_table_has_a_line_for_every_state_action_and_actor_of_a_relationship_and_no_other() {
    agree(&table(), &cells());
}

/// What there is between the two.
struct Case {
    name: String,
    /// Of an invitation that waits.
    secret: String,
}

struct Walk<'a> {
    world: &'a World,
    all: &'a Everybody,
}

impl Walk<'_> {
    async fn get(&self, name: &str) -> Relationship {
        let anna = self.all.anna(self.world, &self.all.provider).await;
        let ask = GetRelationshipRequest { name: name.to_owned(), as_of: None };
        let found = self.world.relationships().get_relationship(anna.asks(ask)).await.unwrap();
        found.into_inner().relationship.unwrap()
    }

    /// The state, with who holds it.
    async fn state(&self, name: &str) -> String {
        if name == NOWHERE {
            return "none".to_owned();
        }
        let found = self.get(name).await;
        let state = found.state().as_str_name().strip_prefix("RELATIONSHIP_STATE_").unwrap();
        let holders: Vec<&str> = found.held_by().map(short).collect();
        match holders.is_empty() {
            true => state.to_owned(),
            false => format!("{state} by {}", holders.join(" ")),
        }
    }

    async fn begin(&self, (state, holders): (&str, &str)) -> Case {
        let world = self.world;
        let anna = self.all.anna(world, &self.all.provider).await;
        for it in relationships(world, &anna).await {
            ties::end(world, &anna, &it.name).await.unwrap();
        }
        // It waits while another one is accepted.
        let name = match state {
            "none" => NOWHERE.to_owned(),
            _ => {
                let [provider, reseller] = [&self.all.provider, &self.all.reseller];
                let provider = it::cast::Firm { anna: anna.clone(), ..provider.clone() };
                let own = self.all.anna(world, reseller).await;
                let reseller = it::cast::Firm { anna: own, ..reseller.clone() };
                world.connect(&provider, &reseller).await.name
            }
        };
        for side in holders.split(' ').filter(|it| *it != "-") {
            let who = self.side(side).await;
            ties::suspend(world, &who, &name).await.unwrap();
        }
        if state == "ENDED" {
            ties::end(world, &anna, &name).await.unwrap();
        }
        // Of who is connected no address is invited: a stranger's then, whose link the reseller holds.
        let domain = match state {
            "none" | "ENDED" => self.all.reseller.domain.as_str(),
            _ => "nube.example",
        };
        let address = format!("{}@{domain}", world.label("buyer"));
        let asked = anna.asks(it::cast::invitation(&address));
        world.relationships().create_invitation(asked).await.unwrap();
        let secret = world.secret_to(&address).await;
        assert_eq!(self.state(&name).await, whole(state, holders), "{}", world.engine);
        Case { name, secret }
    }

    async fn side(&self, side: &str) -> Persona {
        let actor = match side {
            "PV" => "PV-GA",
            "RS" => "RS-GA",
            other => other,
        };
        self.all.person(self.world, actor).await
    }

    async fn act(&self, action: &str, who: &Persona, case: &Case) -> Result<(), Status> {
        let (name, mut client) = (case.name.clone(), self.world.relationships());
        let reason = "by agreement".to_owned();
        match action {
            "Accept" => {
                let link_secret = case.secret.clone();
                let consent = yes(consent::PROVIDER);
                let rest = AcceptInvitationRequest::default();
                let ask = AcceptInvitationRequest { link_secret, consent, ..rest };
                client.accept_invitation(who.asks(ask)).await.map(drop)
            }
            "Suspend" => {
                let ask = SuspendRelationshipRequest { name, reason, ..Default::default() };
                client.suspend_relationship(who.asks(ask)).await.map(drop)
            }
            "Resume" => {
                let ask = ResumeRelationshipRequest { name, ..Default::default() };
                client.resume_relationship(who.asks(ask)).await.map(drop)
            }
            "End" => {
                let ask = EndRelationshipRequest { name, reason, ..Default::default() };
                client.end_relationship(who.asks(ask)).await.map(drop)
            }
            other => panic!("no action {other}"),
        }
    }

    /// Both grants are there, and live exactly if nothing stands in their way.
    async fn check_grants(&self, name: &str, is_live: bool) {
        let found = self.get(name).await;
        let kinds: Vec<GrantType> = found.grants.iter().map(|it| it.r#type()).collect();
        let both = [GrantType::OrderOnBehalf, GrantType::DelegatedAdmin];
        assert_eq!(kinds, both, "{}", self.world.engine);
        let is_over = found.state() == RelationshipState::Ended;
        let state = if is_over { GrantState::Revoked } else { GrantState::Active };
        for it in &found.grants {
            assert_eq!((it.state(), it.live), (state, is_live), "{found:?}");
        }
    }

    async fn befall(&self, event: &str, is_over: bool) {
        let (who, what) = event.split_once(' ').unwrap();
        let firm = if who == "provider" { &self.all.provider } else { &self.all.reseller };
        if what == "suspended" {
            let reason = (!is_over).then_some("audit");
            return self.world.suspend(&firm.partner, reason).await;
        }
        let anna = self.all.anna(self.world, firm).await;
        let of = it::cast::Firm { anna, ..firm.clone() };
        let name = locations::place_name(self.world, &of, &of.number).await;
        let operator = self.all.person(self.world, "OP").await;
        match is_over {
            false => locations::close(self.world, &operator, &name).await.unwrap(),
            true => locations::open(self.world, &operator, &name).await.unwrap(),
        };
    }
}

fn short(it: Holder) -> &'static str {
    match it {
        Holder::Provider => "PV",
        Holder::Reseller => "RS",
        Holder::Operator => "OP",
        Holder::Unspecified => panic!("nobody holds it"),
    }
}

fn whole(state: &str, holders: &str) -> String {
    if holders == "-" { state.to_owned() } else { format!("{state} by {holders}") }
}

/// Tries an action in a state as everybody; what is refused changes nothing, so that one case serves
/// until it moves.
async fn walk_action(
    walk: &Walk<'_>,
    of: (&'static str, &'static str),
    action: &'static str,
) -> usize {
    let (table, world) = (table(), walk.world);
    let mut standing: Option<Case> = None;
    for cell in cells_of(of, action) {
        let what = format!("{cell:?} on {}", world.engine);
        let case = match standing.take() {
            Some(it) => it,
            None => walk.begin(of).await,
        };
        let who = walk.all.person(world, cell[3]).await;
        let want = outcome(&table, &cell);
        if action == "End" && who.token.is_some() {
            world.clock.advance(Duration::seconds(901));
            let stale = walk.act(action, &who, &case).await.unwrap_err();
            let is_role = reason(&stale) == "ROLE_MISSING";
            let why = if is_role { want } else { "FRESH_AUTHENTICATION_REQUIRED" };
            assert_eq!(reason(&stale), why, "stale: {what}");
        }
        let who = walk.all.person(world, cell[3]).await;
        match walk.act(action, &who, &case).await {
            Err(refused) => {
                assert_eq!(reason(&refused), want, "{what}");
                assert_eq!(walk.state(&case.name).await, whole(of.0, of.1), "{what}");
                standing = Some(case);
            }
            Ok(()) => {
                let name = match action {
                    "Accept" => {
                        let anna = walk.all.anna(world, &walk.all.provider).await;
                        let opened = relationships(world, &anna).await.remove(0).name;
                        assert_ne!(opened, case.name, "{what}");
                        opened
                    }
                    _ => case.name,
                };
                let found = walk.state(&name).await;
                assert_eq!(found, want, "{what}");
                walk.check_grants(&name, found == "ACTIVE").await;
            }
        }
    }
    ACTORS.len()
}

async fn walk_all(world: &World) {
    let (table, all) = (table(), Everybody::gather(world).await);
    let walk = Walk { world, all: &all };
    let mut n_tried = 0;
    for of in STATES {
        for action in ACTIONS {
            n_tried += walk_action(&walk, of, action).await;
        }
        for event in EVENTS.into_iter().filter(|_| of.0 != "none") {
            let case = walk.begin(of).await;
            let cell = ["relationship", of.0, event, "SYS", of.1];
            walk.befall(event, false).await;
            assert_eq!(outcome(&table, &cell), "= inert", "{cell:?}");
            assert_eq!(walk.state(&case.name).await, whole(of.0, of.1), "{cell:?}");
            walk.check_grants(&case.name, false).await;
            walk.befall(event, true).await;
            walk.check_grants(&case.name, of.0 == "ACTIVE").await;
            n_tried += 1;
        }
    }
    assert_eq!(n_tried, cells().len(), "{}", world.engine);
    println!("m7: {n_tried} tried on {}", world.engine);
}

#[tokio::test(flavor = "multi_thread")]
async fn m7_every_relationship_takes_exactly_the_actions_of_the_table_on_sqlite() {
    it::on(World::sqlite().await, async |world| walk_all(&world).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m7_every_relationship_takes_exactly_the_actions_of_the_table_on_postgres() {
    it::on(World::postgres().await, async |world| walk_all(&world).await).await;
}
