//! M8: the rows of a customer with its reseller, and with a provider via that reseller.

use api::relationships::v1::{
    AcceptCustomerInvitationRequest, CustomerPartner, CustomerRelationshipState,
    EndCustomerRelationshipRequest,
};
use domain::consent;
use it::{
    Persona, World,
    cast::{Firm, yes},
    on_each_engine, reason,
};
use tonic::Status;

use super::{
    Cell, Line, agree,
    everybody::{ACTORS, Everybody},
    lines, outcome,
};
use crate::{parting, relationships::relationships, ties};

const TABLE: &str = include_str!("../../../machines/m8.txt");
const NOWHERE: &str = "customerRelationships/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
/// The reseller's row, and the provider's via it.
const STATES: [&str; 6] =
    ["none none", "ACTIVE none", "ACTIVE ACTIVE", "ACTIVE ENDED", "ENDED none", "ENDED ENDED"];
const ACTIONS: [&str; 3] = ["Accept", "End reseller", "End provider"];
const EVENTS: [&str; 4] =
    ["relationship held", "relationship ended", "provider suspended", "reseller suspended"];

fn table() -> Vec<Line> {
    lines(TABLE)
}

fn cells_of(state: &'static str, action: &'static str) -> Vec<Cell> {
    let mut all = ACTORS.map(|actor| ["rows", state, action, actor, "-"]).to_vec();
    if state == "ACTIVE ACTIVE" && action != "Accept" {
        all.extend(["CU-GA", "RS-GA", "PV-GA"].map(|it| ["rows", state, action, it, "second"]));
    }
    all
}

fn cells() -> Vec<Cell> {
    let mut all = Vec::new();
    for state in STATES {
        all.extend(ACTIONS.into_iter().flat_map(|action| cells_of(state, action)));
        all.extend(EVENTS.map(|it| ["rows", state, it, "SYS", "-"]));
    }
    all
}

#[test]
fn m8_the_table_has_a_line_for_every_state_action_and_actor_and_no_other() {
    agree(&table(), &cells());
}

/// A customer's rows as it sees them itself, and an invitation that waits for it.
struct Case {
    customer: String,
    of_reseller: String,
    of_provider: String,
    secret: String,
}

struct Walk<'a> {
    world: &'a World,
    all: Everybody,
}

impl Walk<'_> {
    async fn fresh(&self, of: &Firm) -> Firm {
        Firm { anna: self.all.anna(self.world, of).await, ..of.clone() }
    }

    /// An invitation of the reseller and this provider.
    async fn ask(&self, provider: &Firm) -> String {
        let reseller = self.fresh(&self.all.reseller).await;
        let email = format!("{}@bluewin.example", self.world.label("buyer"));
        self.world.invite_customer(&reseller, provider, &email).await
    }

    async fn accept(&self, who: &Persona, secret: &str) -> Result<(), Status> {
        let request = AcceptCustomerInvitationRequest {
            link_secret: secret.to_owned(),
            consent: yes(consent::RESELLER_AND_PROVIDER),
            ..AcceptCustomerInvitationRequest::default()
        };
        let asked = who.asks(request);
        self.world.relationships().accept_customer_invitation(asked).await.map(drop)
    }

    async fn end(&self, who: &Persona, name: &str) -> Result<(), Status> {
        let request = EndCustomerRelationshipRequest {
            name: name.to_owned(),
            reason: "moving on".to_owned(),
            ..EndCustomerRelationshipRequest::default()
        };
        let asked = who.asks(request);
        self.world.relationships().end_customer_relationship(asked).await.map(drop)
    }

    /// The customer's newest row of a partner.
    async fn row(&self, customer: &str, of: &Firm) -> Option<CustomerPartner> {
        let who = self.all.session(self.world, customer).await;
        let all = parting::partners(self.world, &who, true).await;
        let is_of = |it: &CustomerPartner| it.partner.as_ref().unwrap().partner == of.partner;
        all.into_iter().rev().find(is_of)
    }

    async fn state_of(&self, customer: &str, of: &Firm) -> &'static str {
        match self.row(customer, of).await.map(|it| it.state()) {
            None => "none",
            Some(CustomerRelationshipState::Active) => "ACTIVE",
            Some(CustomerRelationshipState::Ended) => "ENDED",
            Some(CustomerRelationshipState::Unspecified) => panic!("no state"),
        }
    }

    async fn state(&self, customer: &str) -> String {
        let reseller = self.state_of(customer, &self.all.reseller).await;
        format!("{reseller} {}", self.state_of(customer, &self.all.provider).await)
    }

    /// Customers whose rows are so, of whom one is asked once more.
    async fn begin(&mut self, state: &str, condition: &str) -> Case {
        let world = self.world;
        self.all.renew_customers(world).await;
        let who = self.all.person(world, "CU-GA").await;
        let customer = who.sign_in_name.clone();
        let (reseller, provider) = (self.all.reseller.clone(), self.all.provider.clone());
        let second = self.all.second.clone();
        if condition == "second" || state.ends_with("none") && state != "none none" {
            self.accept(&who, &self.ask(&second).await).await.unwrap();
        }
        if state.ends_with("ACTIVE") || state.ends_with("ENDED") {
            self.accept(&who, &self.ask(&provider).await).await.unwrap();
        }
        let ended = match state {
            "ACTIVE ENDED" => Some(&provider),
            "ENDED none" | "ENDED ENDED" => Some(&reseller),
            _ => None,
        };
        if let Some(it) = ended {
            let row = self.row(&customer, it).await.unwrap().name;
            self.end(&who, &row).await.unwrap();
        }
        assert_eq!(self.state(&customer).await, state, "{}", world.engine);
        let name = |it: Option<CustomerPartner>| it.map_or(NOWHERE.to_owned(), |it| it.name);
        Case {
            of_reseller: name(self.row(&customer, &reseller).await),
            of_provider: name(self.row(&customer, &provider).await),
            secret: self.ask(&provider).await,
            customer,
        }
    }

    async fn act(&self, action: &str, who: &Persona, case: &Case) -> Result<(), Status> {
        match action {
            "Accept" => self.accept(who, &case.secret).await,
            "End reseller" => self.end(who, &case.of_reseller).await,
            "End provider" => self.end(who, &case.of_provider).await,
            other => panic!("no action {other}"),
        }
    }

    async fn try_cell(&mut self, cell: Cell, standing: Option<Case>) -> Option<Case> {
        let [_, state, action, actor, condition] = cell;
        let what = format!("{cell:?} on {}", self.world.engine);
        let want = outcome(&table(), &cell);
        let case = match standing {
            Some(it) => it,
            None => self.begin(state, condition).await,
        };
        let who = self.all.person(self.world, actor).await;
        match self.act(action, &who, &case).await {
            Err(refused) => {
                assert_eq!(reason(&refused), want, "{what}");
                assert_eq!(self.state(&case.customer).await, state, "{what}");
                Some(case)
            }
            Ok(()) => {
                // Whoever accepted is the customer.
                let customer = if action == "Accept" { &who.sign_in_name } else { &case.customer };
                let mut found = self.state(customer).await;
                if condition == "second" {
                    let second = self.state_of(customer, &self.all.second).await;
                    found = format!("{found}, second {second}");
                }
                assert_eq!(found, want, "{what}");
                if actor == "xRS-GA" || actor == "xPV-GA" {
                    let row = self.row(customer, &self.all.reseller).await.unwrap().name;
                    self.end(&who, &row).await.unwrap();
                }
                None
            }
        }
    }

    async fn befall(&self, event: &str) {
        let (world, all) = (self.world, &self.all);
        let anna = all.anna(world, &all.provider).await;
        match event {
            "relationship held" | "relationship ended" => {
                let name = relationships(world, &anna).await.remove(0).name;
                match event {
                    "relationship held" => {
                        ties::suspend(world, &anna, &name).await.unwrap();
                    }
                    _ => drop(ties::end(world, &anna, &name).await.unwrap()),
                }
            }
            "provider suspended" => world.suspend(&all.provider.partner, Some("audit")).await,
            "reseller suspended" => world.suspend(&all.reseller.partner, Some("audit")).await,
            other => panic!("no event {other}"),
        }
    }

    async fn undo(&self, event: &str) {
        let (world, all) = (self.world, &self.all);
        let anna = all.anna(world, &all.provider).await;
        match event {
            "relationship held" => {
                let name = relationships(world, &anna).await.remove(0).name;
                ties::resume(world, &anna, &name).await.unwrap();
            }
            "relationship ended" => self.connect(&all.provider).await,
            "provider suspended" => world.suspend(&all.provider.partner, None).await,
            _ => world.suspend(&all.reseller.partner, None).await,
        }
    }

    async fn connect(&self, provider: &Firm) {
        let (provider, reseller) =
            (self.fresh(provider).await, self.fresh(&self.all.reseller).await);
        self.world.connect(&provider, &reseller).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m8_every_pair_of_rows_takes_exactly_the_actions_of_the_table() {
    on_each_engine(async |world| {
        let all = Everybody::gather(&world).await;
        let mut walk = Walk { world: &world, all };
        for provider in [walk.all.provider.clone(), walk.all.second.clone()] {
            walk.connect(&provider).await;
        }
        let mut n_tried = 0;
        for state in STATES {
            for action in ACTIONS {
                let (mut standing, mut before) = (None, "");
                for cell in cells_of(state, action) {
                    standing = standing.filter(|_| before == cell[4]);
                    before = cell[4];
                    standing = walk.try_cell(cell, standing).await;
                    n_tried += 1;
                }
            }
            for event in EVENTS {
                let case = walk.begin(state, "-").await;
                walk.befall(event).await;
                let cell = ["rows", state, event, "SYS", "-"];
                assert_eq!(outcome(&table(), &cell), "=", "{cell:?}");
                assert_eq!(walk.state(&case.customer).await, state, "{cell:?}");
                walk.undo(event).await;
                n_tried += 1;
            }
        }
        assert_eq!(n_tried, cells().len(), "{}", world.engine);
        println!("m8: {n_tried} tried on {}", world.engine);
    })
    .await;
}
