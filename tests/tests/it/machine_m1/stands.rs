//! Where a line of the table begins: brought about through the API, each time by another company.

use api::{
    Word as _,
    enrollment::v1::{AppointProviderRequest, CheckDecision, CheckKind, GetPartnerRequest},
};
use chrono::Duration;
use domain::{
    Role,
    link::{Purpose, State},
};
use it::{Persona, World, cast::Firm};
use store::sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

/// An enrolment with everybody who could act on it.
pub struct Stand {
    pub firm: Firm,
    /// A PartnerID that could be tied.
    pub number: String,
    /// By the table's name; those that it calls others have names of their own.
    pub people: Vec<(&'static str, Persona)>,
}

/// What the table speaks of.
#[derive(Debug, PartialEq, Eq)]
pub struct Look {
    pub state: String,
    flag: &'static str,
    link: Option<String>,
}

impl Look {
    /// The outcome, as the table says it.
    pub fn since(&self, before: &Self) -> String {
        let mut outcome = match self.state == before.state {
            true => "=".to_owned(),
            false => self.state.clone(),
        };
        if self.link != before.link {
            outcome.push_str(if self.link.is_some() { " +link" } else { " -link" });
        }
        if self.flag != before.flag {
            outcome.push_str(match self.flag {
                "" => " -suspended",
                flag => flag,
            });
        }
        outcome
    }
}

/// Conditions for which the clock is moved.
pub const WAITING: [&str; 5] = ["rested", "overdue", "escalated", "late", "asked-rested"];

/// With everybody, or only with those whose actions may succeed.
pub async fn stand(world: &World, state: &str, condition: &str, with_all: bool) -> Stand {
    let mut at = begin(world, state != "NONE", with_all).await;
    if state == "NONE" {
        return at;
    }
    match condition {
        "suspended" | "deauthorized" => {
            at.come_to(world, state, "-").await;
            let action =
                if condition == "suspended" { "SuspendPartner" } else { "DeauthorizePartner" };
            at.does(world, action, "OP").await;
        }
        _ => at.come_to(world, state, condition).await,
    }
    at
}

async fn begin(world: &World, is_started: bool, with_all: bool) -> Stand {
    use Role::*;
    let own: [(&str, &[Role]); 8] = [
        ("anna", &[GlobalAdmin]),
        ("aa", &[AdminAgent]),
        ("ac", &[AccountAdmin]),
        ("ua", &[UserAdmin]),
        ("sa", &[SalesAgent]),
        ("hd", &[HelpdeskAgent]),
        ("ba", &[BillingAdmin]),
        ("rv", &[Reviewer]),
    ];
    let n_own = if with_all { own.len() } else { 3 };
    let own = world.crowd("ES", &own[..n_own]).await;
    let staff = world.staff().await;
    let anna = own[0].clone();
    let names = ["GA", "AA", "AC", "UA", "SA", "HD", "BA", "RV-own"];
    let mut people: Vec<(&str, Persona)> = names.into_iter().zip(own).collect();
    people.extend([
        ("OP", world.session(&staff.operator.sign_in_name).await),
        ("RV", world.session(&staff.reviewer.sign_in_name).await),
        ("nobody", Persona::stranger()),
    ]);
    if with_all {
        let foreign = world.crowd("ES", &[("anna", &[GlobalAdmin])]).await.remove(0);
        world.start(&foreign).await;
        people.extend([
            ("foreign-GA", foreign),
            ("AP", world.session(&staff.publisher.sign_in_name).await),
            ("IS", world.session(&staff.order_system.sign_in_name).await),
        ]);
    }
    let label = anna.sign_in_name.split(['@', '.']).nth(1).unwrap();
    let mut firm = Firm {
        partner: String::new(),
        enrollment: String::new(),
        domain: format!("{label}.example"),
        region_code: "ES".to_owned(),
        number: String::new(),
        anna,
    };
    let mut number = "1234567".to_owned();
    if is_started {
        firm.partner = world.start(&firm.anna).await.partner.unwrap().name;
        firm.enrollment = format!("{}/enrollment", firm.partner);
        world.fill_in(&firm).await;
        number = world.add_location(&firm, "ES").await;
    } else {
        let appoint = AppointProviderRequest {
            company: firm.anna.company.clone(),
            reason: "distributor".to_owned(),
            ..AppointProviderRequest::default()
        };
        let operator = &people.iter().find(|it| it.0 == "OP").unwrap().1;
        let asked = world.enrollment().appoint_provider(operator.asks(appoint)).await;
        firm.partner = asked.unwrap().into_inner().partner.unwrap().name;
        firm.enrollment = format!("{}/enrollment", firm.partner);
    }
    Stand { firm, number, people }
}

impl Stand {
    /// Does what has to succeed.
    async fn does(&self, world: &World, action: &str, who: &str) {
        let who = &self.people.iter().find(|(it, _)| *it == who).unwrap().1;
        let purpose = match action {
            "UndoDisownContact" => Purpose::ContactUndo,
            _ => Purpose::ContactConfirmation,
        };
        let secret = self.secret(world, purpose).await.unwrap_or_default();
        self.act(world, action, who, &secret).await.unwrap();
    }

    async fn decide(&self, world: &World, kind: CheckKind, decision: CheckDecision) {
        let reviewer = &self.people.iter().find(|(it, _)| *it == "RV").unwrap().1;
        let asked = reviewer.asks(it::cast::ruling(&self.firm, kind, decision));
        world.enrollment().decide_check(asked).await.unwrap();
    }

    async fn wait(&mut self, world: &World, time: Duration) {
        world.clock.advance(time);
        self.sign_in_again(world).await;
    }

    /// Sessions do not outlive a long wait.
    async fn sign_in_again(&mut self, world: &World) {
        for (_, who) in self.people.iter_mut().filter(|(_, it)| it.token.is_some()) {
            *who = world.session(&who.sign_in_name).await;
        }
        self.firm.anna = self.people[0].1.clone();
    }

    async fn come_to(&mut self, world: &World, state: &str, condition: &str) {
        let (employment, business) = (CheckKind::Employment, CheckKind::Business);
        let steps: &[&str] = match (state, condition) {
            ("DRAFT", "-") => &[],
            ("DRAFT", "proven") => &["SubmitEnrollment", "ConfirmContact", "RecallEnrollment"],
            ("DRAFT", "tied") => &["AssociatePartnerId"],
            ("DRAFT", "disowned") => &["SubmitEnrollment", "DisownContact", "RecallEnrollment"],
            ("SUBMITTED", "-" | "rested") => &["SubmitEnrollment"],
            ("SUBMITTED", "recalled") => {
                &["SubmitEnrollment", "RecallEnrollment", "SubmitEnrollment"]
            }
            ("SUBMITTED", "restored") => {
                &["SubmitEnrollment", "DisownContact", "UndoDisownContact"]
            }
            ("ACTION_REQUIRED", "disowned" | "late") => &["SubmitEnrollment", "DisownContact"],
            ("WITHDRAWN", "-") => &["SubmitEnrollment", "WithdrawEnrollment"],
            _ => &["SubmitEnrollment", "ConfirmContact"],
        };
        for step in steps {
            self.does(world, step, "GA").await;
        }
        match (state, condition) {
            ("SUBMITTED", "rested") => self.wait(world, Duration::minutes(11)).await,
            ("IN_REVIEW", "last") => self.decide(world, business, CheckDecision::Pass).await,
            ("IN_REVIEW", "overdue") => self.wait(world, Duration::days(20)).await,
            ("IN_REVIEW", "escalated") => {
                self.wait(world, Duration::days(20)).await;
                self.does(world, "EscalateReview", "AC").await;
            }
            ("ACTION_REQUIRED", "late") => self.wait(world, Duration::days(7)).await,
            ("ACTION_REQUIRED", "-" | "unproven") => {
                self.decide(world, employment, CheckDecision::RequestEvidence).await;
                if condition == "unproven" {
                    self.does(world, "UpdatePrimaryContact.address", "GA").await;
                }
            }
            ("APPROVED", _) => {
                self.decide(world, employment, CheckDecision::Pass).await;
                self.decide(world, business, CheckDecision::Pass).await;
                match condition {
                    "asked" | "asked-rested" => {
                        self.does(world, "UpdatePrimaryContact.address", "GA").await;
                    }
                    "renamed" => self.does(world, "UpdateLegalProfile.name", "GA").await,
                    _ => {}
                }
                if condition == "asked-rested" {
                    self.wait(world, Duration::minutes(11)).await;
                }
            }
            ("REJECTED", _) => {
                self.decide(world, employment, CheckDecision::Fail).await;
                self.decide(world, business, CheckDecision::Fail).await;
            }
            _ => {}
        }
    }

    /// The secret of the newest link that was mailed.
    pub async fn secret(&self, world: &World, purpose: Purpose) -> Option<String> {
        let link = self.newest(world, purpose).await?;
        let key = &world.app.db.programme().link_key;
        Some(key.secret(purpose, link.id).unwrap().expose().to_owned())
    }

    async fn newest(&self, world: &World, purpose: Purpose) -> Option<store::entity::link::Model> {
        use store::entity::link::{Column, Entity};
        let subject: domain::id::PartnerId = domain::id::last_id(&self.firm.partner).unwrap();
        let query = Entity::find().filter(Column::SubjectId.eq(subject.0));
        let query = query.filter(Column::Purpose.eq(purpose)).order_by_desc(Column::Id);
        query.one(world.app.db.connection()).await.unwrap()
    }

    pub async fn look(&self, world: &World) -> Look {
        let ask = GetPartnerRequest { name: self.firm.partner.clone() };
        let found = world.enrollment().get_partner(self.firm.anna.asks(ask)).await.unwrap();
        let flag = match found.into_inner().partner.unwrap().programme_status().word() {
            "SUSPENDED" => " +suspended",
            "DEAUTHORIZED" => " +deauthorized",
            _ => "",
        };
        let ask = api::enrollment::v1::GetEnrollmentRequest { name: self.firm.enrollment.clone() };
        let found = world.enrollment().get_enrollment(self.firm.anna.asks(ask)).await;
        let state = match found {
            Ok(found) => found.into_inner().enrollment.unwrap().state().word().to_owned(),
            Err(err) => {
                assert_eq!(it::reason(&err), "RESOURCE_NOT_FOUND");
                "NONE".to_owned()
            }
        };
        let link = self.newest(world, Purpose::ContactConfirmation).await;
        let link = link.filter(|it| it.state == State::Live).map(|it| it.id.to_string());
        Look { state, flag, link }
    }
}
