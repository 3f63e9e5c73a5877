//! M9: a customer's agreement, as a provider attests it and as the customer accepts it itself.

use api::agreements::v1::{
    AcceptCustomerAgreementRequest, AttestCustomerAgreementRequest,
    GetCustomerAgreementStatusRequest, GetCustomerAgreementStatusResponse,
};
use chrono::Duration;
use it::{
    Persona, World,
    cast::{Firm, Stage},
    on_each_engine, reason,
};
use tonic::Status;

use super::{
    Cell, Line, agree,
    everybody::{ACTORS, Everybody},
    lines, outcome,
};
use crate::{
    acceptances::customers_signature,
    agreements::{draft, publish},
    customers::customer_of,
    parting,
};

const TABLE: &str = include_str!("../../../machines/m9_agreement.txt");
const ATTESTED: [&str; 3] = ["NONE", "ATTESTED", "VOID"];
const ACCEPTED: [&str; 2] = ["NONE", "ACCEPTED"];

fn attested(state: &'static str) -> Vec<Cell> {
    let mut all = Vec::new();
    for action in ["Attest", "Attest other"] {
        all.extend(ACTORS.map(|actor| ["attested", state, action, actor, "-"]));
        all.push(["attested", state, action, "PV-AA", "provider suspended"]);
        if state == "VOID" {
            all.push(["attested", state, action, "PV-AA", "authorised again"]);
        }
    }
    let events = ["last row ends", "another row ends", "customer accepts", "reseller suspended"];
    all.extend(events.map(|it| ["attested", state, it, "SYS", "-"]));
    all
}

fn accepted(state: &'static str) -> Vec<Cell> {
    let mut all = ACTORS.map(|actor| ["accepted", state, "Accept", actor, "-"]).to_vec();
    all.extend(["stale", "silent"].map(|it| ["accepted", state, "Accept", "CU-GA", it]));
    all.push(["accepted", state, "every partner leaves", "SYS", "-"]);
    all.push(["accepted", state, "newer version", "SYS", "-"]);
    all.push(["accepted", state, "Accept", "CU-GA", "newer"]);
    all
}

#[test]
fn m9_the_tables_of_customer_agreements_have_a_line_for_every_combination_and_no_other() {
    let mut all: Vec<Cell> = ATTESTED.into_iter().flat_map(attested).collect();
    all.extend(ACCEPTED.into_iter().flat_map(accepted));
    agree(&lines(TABLE), &all);
}

struct Walk<'a> {
    world: &'a World,
    all: Everybody,
    /// Another reseller of the provider.
    other: Firm,
    lines: Vec<Line>,
}

impl Walk<'_> {
    async fn fresh(&self, of: &Firm) -> Firm {
        Firm { anna: self.all.anna(self.world, of).await, ..of.clone() }
    }

    async fn status(&self, who: &Persona) -> GetCustomerAgreementStatusResponse {
        let who = self.all.session(self.world, &who.sign_in_name).await;
        let customer = customer_of(&who);
        let ask = GetCustomerAgreementStatusRequest { customer, provider: String::new() };
        let found = self.world.agreements().get_customer_agreement_status(who.asks(ask)).await;
        found.unwrap().into_inner()
    }

    async fn attested(&self, customer: &Persona) -> String {
        let found = self.status(customer).await.attestations;
        match found.first().map(|it| it.state()) {
            None => "NONE".to_owned(),
            Some(it) => {
                let prefix = "CUSTOMER_AGREEMENT_STATE_";
                it.as_str_name().strip_prefix(prefix).unwrap().to_owned()
            }
        }
    }

    async fn attest(&self, who: &Persona, of: &Persona, action: &str) -> Result<(), Status> {
        let family = if action == "Attest" { "Zbinden" } else { "Ammann" };
        let request = AttestCustomerAgreementRequest {
            customer: customer_of(of),
            signer_given_name: "Beat".to_owned(),
            signer_family_name: family.to_owned(),
            signer_email: "beat@bluewin.example".to_owned(),
            sign_date: "2026-11-24".to_owned(),
            ..AttestCustomerAgreementRequest::default()
        };
        let asked = who.asks(request);
        self.world.agreements().attest_customer_agreement(asked).await.map(drop)
    }

    async fn accept(&self, who: &Persona, consents: bool) -> Result<(), Status> {
        let anybody = self.all.anna(self.world, &self.all.provider).await;
        let good = customers_signature(self.world, &anybody).await;
        let consent = good.consent.clone().filter(|_| consents);
        let asked = who.asks(AcceptCustomerAgreementRequest { consent, ..good });
        self.world.agreements().accept_customer_agreement(asked).await.map(drop)
    }

    async fn authorise(&self, customer: &Persona, reseller: &Firm) {
        let (reseller, provider) =
            (self.fresh(reseller).await, self.fresh(&self.all.provider).await);
        let customer = self.all.session(self.world, &customer.sign_in_name).await;
        self.world.authorise(&customer, &reseller, &provider).await;
    }

    /// The customer ends the provider's row via this reseller, or all that it has.
    async fn part(&self, customer: &Persona, via: Option<&Firm>) {
        let customer = self.all.session(self.world, &customer.sign_in_name).await;
        loop {
            let all = parting::partners(self.world, &customer, false).await;
            let row = all.into_iter().find(|it| match via {
                None => true,
                Some(via) => {
                    let partner = &it.partner.as_ref().unwrap().partner;
                    it.via_reseller == via.partner && *partner == self.all.provider.partner
                }
            });
            let Some(row) = row else { return };
            parting::end(self.world, &customer, &row.name).await.unwrap();
        }
    }

    /// A customer of the provider whose attestation is in this state.
    async fn begin_attested(&mut self, state: &str) -> Persona {
        self.all.renew_customers(self.world).await;
        let customer = self.all.person(self.world, "CU-GA").await;
        let reseller = self.all.reseller.clone();
        self.authorise(&customer, &reseller).await;
        if state != "NONE" {
            let agent = self.all.person(self.world, "PV-AA").await;
            self.attest(&agent, &customer, "Attest").await.unwrap();
        }
        if state == "VOID" {
            self.part(&customer, None).await;
        }
        assert_eq!(self.attested(&customer).await, state, "{}", self.world.engine);
        customer
    }

    async fn befall(&self, event: &str, customer: &Persona) {
        match event {
            "last row ends" => self.part(customer, None).await,
            "another row ends" => {
                self.authorise(customer, &self.other).await;
                self.part(customer, Some(&self.other)).await;
                self.authorise(customer, &self.other).await;
            }
            "customer accepts" => {
                let who = self.all.session(self.world, &customer.sign_in_name).await;
                self.accept(&who, true).await.unwrap();
            }
            "reseller suspended" => {
                self.world.suspend(&self.all.reseller.partner, Some("audit")).await;
                self.world.suspend(&self.all.reseller.partner, None).await;
            }
            "every partner leaves" => {
                self.authorise(customer, &self.all.reseller).await;
                self.part(customer, None).await;
            }
            "newer version" => {
                let text = self.world.label("terms");
                let made = draft(self.world, "customer", text.as_bytes()).await;
                publish(self.world, &made.name, "").await.unwrap();
            }
            other => panic!("no event {other}"),
        }
    }

    async fn walk_attested(&mut self, state: &'static str) {
        let world = self.world;
        let mut standing: Option<Persona> = None;
        for cell in attested(state) {
            let [_, _, action, actor, condition] = cell;
            let what = format!("{cell:?} on {}", world.engine);
            let want = outcome(&self.lines, &cell).to_owned();
            let customer = match standing.take() {
                Some(it) => it,
                None => self.begin_attested(state).await,
            };
            if actor == "SYS" {
                self.befall(action, &customer).await;
                let found = self.attested(&customer).await;
                let want = if want == "=" { state } else { &want };
                assert_eq!(found, want, "{what}");
                continue;
            }
            match condition {
                "provider suspended" => {
                    world.suspend(&self.all.provider.partner, Some("audit")).await;
                }
                "authorised again" => self.authorise(&customer, &self.all.reseller).await,
                _ => {}
            }
            let who = self.all.person(world, actor).await;
            let answer = self.attest(&who, &customer, action).await;
            let found = self.attested(&customer).await;
            match answer {
                Ok(()) => assert_eq!(found, want, "{what}"),
                Err(refused) => {
                    assert_eq!(reason(&refused), want, "{what}");
                    assert_eq!(found, state, "{what}");
                    standing = Some(customer).filter(|_| condition == "-");
                }
            }
            world.suspend(&self.all.provider.partner, None).await;
        }
    }

    async fn walk_accepted(&mut self, state: &'static str) {
        let world = self.world;
        if state == "ACCEPTED" {
            // What some accepted before has been superseded since.
            for it in ["PV-GA", "RS-GA", "xPV-GA", "xRS-GA"] {
                let who = self.all.person(world, it).await;
                self.accept(&who, true).await.unwrap();
            }
        }
        for cell in accepted(state) {
            let [_, _, action, actor, condition] = cell;
            let what = format!("{cell:?} on {}", world.engine);
            let want = outcome(&self.lines, &cell).to_owned();
            self.all.renew_customers(world).await;
            if state == "ACCEPTED" {
                for it in ["CU-GA", "xCU-GA"] {
                    let who = self.all.person(world, it).await;
                    self.accept(&who, true).await.unwrap();
                }
            }
            if actor == "SYS" {
                let customer = self.all.person(world, "CU-GA").await;
                self.befall(action, &customer).await;
                let is_accepted = self.status(&customer).await.accepted;
                assert_eq!((is_accepted, want.as_str()), (state == "ACCEPTED", "="), "{what}");
                continue;
            }
            if condition == "newer" {
                self.befall("newer version", &Persona::stranger()).await;
            }
            let who = self.all.person(world, actor).await;
            if condition == "stale" {
                world.clock.advance(Duration::seconds(901));
            }
            match self.accept(&who, condition != "silent").await {
                Ok(()) => {
                    assert_eq!(want, "ACCEPTED", "{what}");
                    assert!(self.status(&who).await.accepted, "{what}");
                }
                Err(refused) => assert_eq!(reason(&refused), want, "{what}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_every_customer_agreement_takes_exactly_the_actions_of_the_table() {
    on_each_engine(async |world| {
        let all = Everybody::gather(&world).await;
        let other = world.reseller("ribera", "ES", Stage::Active).await;
        for reseller in [&all.reseller, &other] {
            world.connect(&all.provider, reseller).await;
        }
        let mut walk = Walk { world: &world, all, other, lines: lines(TABLE) };
        for state in ACCEPTED {
            walk.walk_accepted(state).await;
        }
        for state in ATTESTED {
            walk.walk_attested(state).await;
        }
    })
    .await;
}
