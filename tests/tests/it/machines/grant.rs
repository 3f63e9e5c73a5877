//! M7: a power that a relationship carries.

use api::relationships::v1::{
    CreateInvitationRequest, GetRelationshipRequest, Grant, GrantState, GrantType,
    RestoreGrantRequest, RevokeGrantRequest,
};
use chrono::Duration;
use domain::consent;
use it::{
    Persona, World,
    cast::{Firm, invitation, yes},
    on_each_engine, reason,
};
use tonic::Status;

use super::{
    Cell, Line, agree,
    everybody::{ACTORS, Everybody},
    lines, outcome,
};
use crate::{relationships::relationships, ties};

const TABLE: &str = include_str!("../../../machines/m7.txt");
const STATES: [&str; 3] = ["ACTIVE", "REVOKED", "EXPIRED"];
const POWERS: [GrantType; 2] = [GrantType::OrderOnBehalf, GrantType::DelegatedAdmin];

fn table() -> Vec<Line> {
    lines(TABLE).into_iter().filter(|it| it[0] == "grant").collect()
}

/// What else may hold while somebody acts.
fn conditions(state: &str, action: &str) -> Vec<&'static str> {
    let mut all = vec!["-", "held"];
    // A power never outlives its relationship (I8).
    if state != "ACTIVE" {
        all.push("ended");
    }
    if action == "Restore" {
        all.extend(["provider suspended", "reseller suspended", "stale", "silent"]);
    } else if state == "ACTIVE" {
        all.extend(["provider suspended", "reseller suspended"]);
    }
    all
}

fn cells() -> Vec<Cell> {
    let mut all = Vec::new();
    for state in STATES {
        for action in ["Revoke", "Restore"] {
            for condition in conditions(state, action) {
                let actors: &[&'static str] = match condition {
                    "-" | "held" | "ended" => &ACTORS,
                    _ => &["RS-GA"],
                };
                all.extend(actors.iter().map(|it| ["grant", state, action, it, condition]));
            }
        }
        for event in ["relationship ended", "relationship held", "expire_time"] {
            all.push(["grant", state, event, "SYS", "-"]);
        }
    }
    all
}

#[test]
fn m7_the_table_has_a_line_for_every_state_action_and_actor_of_a_grant_and_no_other() {
    agree(&table(), &cells());
}

struct Walk<'a> {
    world: &'a World,
    all: &'a Everybody,
    power: GrantType,
}

impl Walk<'_> {
    async fn grant(&self, name: &str) -> Grant {
        let anna = self.all.anna(self.world, &self.all.reseller).await;
        let ask = GetRelationshipRequest { name: name.to_owned(), as_of: None };
        let found = self.world.relationships().get_relationship(anna.asks(ask)).await.unwrap();
        let grants = found.into_inner().relationship.unwrap().grants;
        grants.into_iter().find(|it| it.r#type() == self.power).unwrap()
    }

    async fn state(&self, name: &str) -> String {
        let state = self.grant(name).await.state();
        state.as_str_name().strip_prefix("GRANT_STATE_").unwrap().to_owned()
    }

    /// A relationship whose power is in this state, with what else holds.
    async fn begin(&self, state: &str, condition: &str) -> String {
        let (world, all) = (self.world, self.all);
        let anna = all.anna(world, &all.provider).await;
        for it in relationships(world, &anna).await {
            ties::end(world, &anna, &it.name).await.unwrap();
        }
        let address = format!("{}@{}", world.label("buyer"), all.reseller.domain);
        let until = (world.clock.now() + Duration::days(1)).timestamp();
        let request = CreateInvitationRequest {
            grants_expire_time: Some(prost_types::Timestamp { seconds: until, nanos: 0 }),
            ..invitation(&address)
        };
        world.relationships().create_invitation(anna.asks(request)).await.unwrap();
        let secret = world.secret_to(&address).await;
        let own = all.anna(world, &all.reseller).await;
        let reseller = Firm { anna: own.clone(), ..all.reseller.clone() };
        let name = world.accept(&reseller, &secret).await.name;
        match state {
            "ACTIVE" => {}
            "REVOKED" => self.act("Revoke", &own, true, &name).await.unwrap(),
            // Nobody has written it down yet where the relationship is then held or ended.
            _ => self.world.clock.advance(Duration::days(1)),
        }
        if condition == "-" {
            world.deliver().await;
        }
        let anna = all.anna(world, &all.provider).await;
        match condition {
            "held" => drop(ties::suspend(world, &anna, &name).await.unwrap()),
            "ended" => drop(ties::end(world, &anna, &name).await.unwrap()),
            "provider suspended" => world.suspend(&all.provider.partner, Some("audit")).await,
            "reseller suspended" => world.suspend(&all.reseller.partner, Some("audit")).await,
            _ => {}
        }
        assert_eq!(self.state(&name).await, state, "{condition} on {}", world.engine);
        name
    }

    async fn undo(&self) {
        for firm in [&self.all.provider, &self.all.reseller] {
            self.world.suspend(&firm.partner, None).await;
        }
    }

    async fn act(
        &self,
        action: &str,
        who: &Persona,
        consents: bool,
        name: &str,
    ) -> Result<(), Status> {
        let (name, grant_type, mut client) =
            (name.to_owned(), self.power.into(), self.world.relationships());
        if action == "Revoke" {
            let ask = RevokeGrantRequest { name, grant_type, ..Default::default() };
            return client.revoke_grant(who.asks(ask)).await.map(drop);
        }
        let statement = match self.power {
            GrantType::DelegatedAdmin => consent::DELEGATED_ADMIN,
            _ => consent::ORDER_ON_BEHALF,
        };
        let consent = yes(statement).filter(|_| consents);
        let ask = RestoreGrantRequest { name, grant_type, consent, ..Default::default() };
        client.restore_grant(who.asks(ask)).await.map(drop)
    }

    async fn befall(&self, event: &str, name: &str) {
        let anna = self.all.anna(self.world, &self.all.provider).await;
        match event {
            "relationship ended" => drop(ties::end(self.world, &anna, name).await.unwrap()),
            "relationship held" => drop(ties::suspend(self.world, &anna, name).await.unwrap()),
            _ => {
                self.world.clock.advance(Duration::days(1));
                self.world.deliver().await;
            }
        }
    }

    /// Tries a cell with what is standing; what stands on if nothing has moved.
    async fn try_cell(&self, cell: Cell, standing: Option<String>) -> Option<String> {
        let [_, state, action, actor, condition] = cell;
        let what = format!("{cell:?} {:?} on {}", self.power, self.world.engine);
        let want = outcome(&table(), &cell).to_owned();
        let name = match standing {
            Some(it) => it,
            None => self.begin(state, condition).await,
        };
        let former = self.grant(&name).await;
        if actor == "SYS" {
            self.befall(action, &name).await;
            let found = self.grant(&name).await;
            let inert = if action == "relationship held" { " inert" } else { "" };
            let state = self.state(&name).await;
            let is_same = state == cell[1];
            assert_eq!(format!("{}{inert}", if is_same { "=" } else { &state }), want, "{what}");
            assert!(is_same || !found.live, "{what}");
            return None;
        }
        let who = self.all.person(self.world, actor).await;
        if condition == "stale" {
            self.world.clock.advance(Duration::seconds(901));
        }
        match self.act(action, &who, condition != "silent", &name).await {
            Err(refused) => {
                assert_eq!(reason(&refused), want, "{what}");
                assert_eq!(self.grant(&name).await, former, "{what}");
                Some(name)
            }
            Ok(()) => {
                let found = self.grant(&name).await;
                let is_new = found.state() == GrantState::Active;
                let plus = if is_new { " + grant" } else { "" };
                assert_eq!(format!("{}{plus}", self.state(&name).await), want, "{what}");
                assert_eq!(found.live, is_new, "{what}");
                None
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m7_every_grant_takes_exactly_the_actions_of_the_table() {
    on_each_engine(async |world| {
        let all = Everybody::gather(&world).await;
        for power in POWERS {
            let walk = Walk { world: &world, all: &all, power };
            let (mut standing, mut before) = (None, ["", "", ""]);
            for cell in cells() {
                let group = [cell[1], cell[2], cell[4]];
                if group != before {
                    walk.undo().await;
                    standing = None;
                    before = group;
                }
                standing = walk.try_cell(cell, standing).await;
            }
            walk.undo().await;
        }
        println!("m7: {} tried on {}", 2 * cells().len(), world.engine);
    })
    .await;
}
