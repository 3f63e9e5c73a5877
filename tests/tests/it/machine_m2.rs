//! The life of a check, every state x action x actor through the API, against `machines/m2.txt`.

use std::collections::{BTreeMap, BTreeSet};

use api::enrollment::v1::{
    CheckDecision, CheckKind, Evidence, LegalProfile, PrimaryContact, RecallEnrollmentRequest,
    ReopenEnrollmentRequest, UpdateLegalProfileRequest, UpdatePrimaryContactRequest,
};
use domain::{
    Role,
    enrollment::{CheckState, State},
};
use it::{
    Persona, World,
    cast::{Firm, Stage, address_in, confirmation, contact_change, ruling, submission},
    on_each_engine,
    papers::appeal,
    reason,
};
use tonic::Status;

const TABLE: &str = include_str!("../../machines/m2.txt");

/// Check, its state, action, actor and condition.
type Cell = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Every cell that the table speaks of, with its outcome.
fn table() -> BTreeMap<Cell, &'static str> {
    let mut cells = BTreeMap::new();
    for line in TABLE.lines().filter(|it| !it.starts_with('#')) {
        let [check, action, actor, conditions, outcome] =
            line.split(" | ").collect::<Vec<&str>>().try_into().unwrap();
        let (check, state) = check.split_once('.').unwrap();
        for condition in conditions.split(' ') {
            let former = cells.insert((check, state, action, actor, condition), outcome);
            assert_eq!(former, None, "said twice: {line}");
        }
    }
    cells
}

/// Who may try an action, and whom the table lumps together as others.
fn actors(action: &str) -> &'static [&'static str] {
    match action.split('.').next().unwrap() {
        "DecideCheck" => &["RV", "RV-own"],
        "ConfirmContact" => &["link", "wrong-link"],
        "AppealDecision" => &["GA", "AA", "AC", "foreign-GA"],
        _ => &["GA", "foreign-GA"],
    }
}

const ACTIONS: [&str; 12] = [
    "DecideCheck.PASS",
    "DecideCheck.FAIL",
    "DecideCheck.REQUEST",
    "ConfirmContact",
    "SubmitEnrollment",
    "AppealDecision",
    "UpdatePrimaryContact.address",
    "UpdatePrimaryContact.name",
    "UpdateLegalProfile.name",
    "UpdateLegalProfile.address",
    "RecallEnrollment",
    "ReopenEnrollment",
];

#[test]
fn m2_the_table_speaks_of_every_state_action_actor_and_condition() {
    let cells = table();
    let is_of_mailbox = |state: &CheckState| {
        matches!(state, CheckState::Pending | CheckState::Passed | CheckState::Waived)
    };
    let mut expected = BTreeSet::new();
    let states = [
        CheckState::Pending,
        CheckState::EvidenceRequested,
        CheckState::Passed,
        CheckState::Failed,
        CheckState::Waived,
    ];
    for check in ["EMAIL_OWNERSHIP", "EMPLOYMENT", "BUSINESS"] {
        for state in states.iter().filter(|it| check != "EMAIL_OWNERSHIP" || is_of_mailbox(it)) {
            for action in ACTIONS {
                for actor in actors(action).iter().filter(|it| !is_outsider(it)) {
                    for of in STATES {
                        expected.insert((check, state.as_str(), action, *actor, of.as_str()));
                    }
                }
            }
        }
    }
    let is_main = |it: &&Cell| !is_outsider(it.3) && it.3 != "others" && !it.4.contains(',');
    let found: BTreeSet<Cell> = cells.keys().filter(is_main).copied().collect();
    let missing: Vec<&Cell> = expected.difference(&found).collect();
    let unknown: Vec<&Cell> = found.difference(&expected).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
    // The outsiders are spoken of wherever somebody is let in, once for each state and action.
    for (check, state, action, ..) in &expected {
        let outsiders = actors(action).iter().filter(|it| is_outsider(it)).copied();
        let others = (*action != "ConfirmContact").then_some("others");
        for actor in outsiders.chain(others) {
            let is_this = |it: &Cell| (it.0, it.1, it.2, it.3) == (*check, *state, *action, actor);
            assert!(cells.keys().any(is_this), "{check}.{state} {action} {actor}");
        }
    }
}

fn is_outsider(actor: &str) -> bool {
    matches!(actor, "RV-own" | "foreign-GA" | "wrong-link")
}

const STATES: [State; 7] = [
    State::Draft,
    State::Submitted,
    State::InReview,
    State::ActionRequired,
    State::Approved,
    State::Rejected,
    State::Withdrawn,
];

/// Everybody.
struct Cast {
    firm: Firm,
    document: Evidence,
    /// By the table's name; those that it calls others have names of their own.
    people: Vec<(&'static str, Persona)>,
}

async fn cast(world: &World) -> Cast {
    use Role::*;
    let firm = world.reseller("machine", "ES", Stage::Submitted).await;
    let foreign = world.company("foreign", "ES").await;
    world.start(&foreign).await;
    let mut people = vec![
        ("GA", firm.anna.clone()),
        ("foreign-GA", foreign),
        ("nobody", Persona::stranger()),
        ("RV-own", world.colleague(&firm.anna, "rv", &[Reviewer]).await),
    ];
    for (name, role) in [
        ("AA", AdminAgent),
        ("UA", UserAdmin),
        ("AC", AccountAdmin),
        ("SA", SalesAgent),
        ("HD", HelpdeskAgent),
        ("BA", BillingAdmin),
    ] {
        people.push((name, world.colleague(&firm.anna, &name.to_lowercase(), &[role]).await));
    }
    for (name, role) in [
        ("OP", Operator),
        ("RV", Reviewer),
        ("AP", AgreementPublisher),
        ("AU", Auditor),
        ("IS", InternalService),
    ] {
        people.push((name, world.platform(&[role]).await));
    }
    let document = world.hand_in(&firm, CheckKind::Business, 1).await;
    Cast { firm, document, people }
}

impl Cast {
    fn person(&self, name: &str) -> &Persona {
        &self.people.iter().find(|(it, _)| *it == name).unwrap().1
    }

    /// Whom the table calls others.
    fn others(&self, action: &str) -> Vec<&(&'static str, Persona)> {
        let named = actors(action);
        // The global admin of another company and the own reviewer stand for their roles.
        let is_other = |(name, _): &&(&'static str, Persona)| {
            let is_stand_in = match *name {
                "foreign-GA" => named.contains(&"GA"),
                "RV-own" => named.contains(&"RV"),
                _ => false,
            };
            !named.contains(name) && !is_stand_in
        };
        self.people.iter().filter(is_other).collect()
    }

    /// Tries the action once; `n` makes what it changes another each time.
    async fn act(
        &self,
        world: &World,
        (check, action): (CheckKind, &str),
        who: &Persona,
        secret: &str,
        n: usize,
    ) -> Result<(), Status> {
        let (name, mut client) = (self.firm.enrollment.clone(), world.enrollment());
        let decide = async |decision| {
            let request = ruling(&self.firm, check, decision);
            world.enrollment().decide_check(who.asks(request)).await.map(drop)
        };
        let contact = |contact: PrimaryContact| -> UpdatePrimaryContactRequest {
            contact_change(&self.firm, contact)
        };
        let profile = |profile: LegalProfile| UpdateLegalProfileRequest {
            name: name.clone(),
            legal_profile: Some(profile),
            ..UpdateLegalProfileRequest::default()
        };
        match action {
            "DecideCheck.PASS" => decide(CheckDecision::Pass).await,
            "DecideCheck.FAIL" => decide(CheckDecision::Fail).await,
            "DecideCheck.REQUEST" => decide(CheckDecision::RequestEvidence).await,
            "ConfirmContact" => {
                client.confirm_contact(confirmation(secret.to_owned())).await.map(drop)
            }
            "SubmitEnrollment" => {
                client.submit_enrollment(who.asks(submission(&self.firm))).await.map(drop)
            }
            "AppealDecision" => {
                let request = appeal(&self.firm, &self.document);
                client.appeal_decision(who.asks(request)).await.map(drop)
            }
            "UpdatePrimaryContact.address" => {
                let email = format!("jordi.{n}@{}", self.firm.domain);
                let request = contact(PrimaryContact { email, ..PrimaryContact::default() });
                client.update_primary_contact(who.asks(request)).await.map(drop)
            }
            "UpdatePrimaryContact.name" => {
                let family_name = format!("Puig {n}");
                let request = contact(PrimaryContact { family_name, ..PrimaryContact::default() });
                client.update_primary_contact(who.asks(request)).await.map(drop)
            }
            "UpdateLegalProfile.name" => {
                let legal_name = format!("Máquina {n} S.L.");
                let request = profile(LegalProfile { legal_name, ..LegalProfile::default() });
                client.update_legal_profile(who.asks(request)).await.map(drop)
            }
            "UpdateLegalProfile.address" => {
                let mut address = address_in("ES");
                address.address_lines = vec![format!("Avinguda Diagonal {n}")];
                let address = Some(address);
                let request = profile(LegalProfile { address, ..LegalProfile::default() });
                client.update_legal_profile(who.asks(request)).await.map(drop)
            }
            "RecallEnrollment" => {
                let request = RecallEnrollmentRequest { name, ..Default::default() };
                client.recall_enrollment(who.asks(request)).await.map(drop)
            }
            "ReopenEnrollment" => {
                let request = ReopenEnrollmentRequest { name, ..Default::default() };
                client.reopen_enrollment(who.asks(request)).await.map(drop)
            }
            other => panic!("no action {other}"),
        }
    }
}

/// Puts the enrolment where the cell begins; the secret of the contact's link.
async fn begin(world: &World, cast: &Cast, (check, state, .., condition): &Cell) -> String {
    let (of, is_unproven) = match condition.split_once(',') {
        Some((of, "unproven")) => (of, true),
        Some(other) => panic!("no condition {other:?}"),
        None => (*condition, false),
    };
    let email = if is_unproven { "PENDING" } else { "PASSED" };
    let checks = [("EMAIL_OWNERSHIP", email), ("EMPLOYMENT", "PASSED"), ("BUSINESS", "PASSED")];
    let checks =
        checks.map(|(kind, base)| if kind == *check { (kind, *state) } else { (kind, base) });
    world.stand(&cast.firm, State::of(of).unwrap(), checks).await
}

fn kind(check: &str) -> CheckKind {
    CheckKind::from_str_name(&format!("CHECK_KIND_{check}")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn m2_every_check_takes_exactly_the_actions_of_the_table() {
    on_each_engine(async |world| {
        let cast = cast(&world).await;
        // Refusals change nothing, so those of one beginning go first, in one standing.
        let mut beginnings: BTreeMap<_, Vec<(Cell, &str)>> = BTreeMap::new();
        for (cell, outcome) in table() {
            beginnings.entry((cell.0, cell.1, cell.4)).or_default().push((cell, outcome));
        }
        let (mut n, mut n_tried) = (0, 0);
        for mut cells in beginnings.into_values() {
            let moves = |outcome: &str| outcome == "=" || is_state(outcome);
            cells.sort_by_key(|(_, outcome)| moves(outcome));
            let mut secret = begin(&world, &cast, &cells[0].0).await;
            let mut has_moved = false;
            for (cell, outcome) in cells {
                let (check, state, action, actor, _) = cell;
                let tried = (kind(check), action);
                n += 1;
                if actor == "others" {
                    for (name, who) in cast.others(action) {
                        n_tried += 1;
                        let answer = cast.act(&world, tried, who, &secret, n).await;
                        let why = answer.err().map(|it| reason(&it)).unwrap_or_default();
                        let is_nobody = *name == "nobody";
                        let want = if is_nobody { "CREDENTIAL_MISSING" } else { "ROLE_MISSING" };
                        assert_eq!(why, want, "{cell:?} as {name} on {}", world.engine);
                    }
                    continue;
                }
                if moves(outcome) && has_moved {
                    secret = begin(&world, &cast, &cell).await;
                }
                has_moved |= moves(outcome);
                n_tried += 1;
                let who = match actor {
                    "link" | "wrong-link" => cast.person("nobody"),
                    actor => cast.person(actor),
                };
                let wrong = "made-up".to_owned();
                let with = if actor == "wrong-link" { &wrong } else { &secret };
                let answer = cast.act(&world, tried, who, with, n).await;
                let found = match answer {
                    Err(err) => reason(&err),
                    Ok(()) => standing(&world, &cast, check).await,
                };
                let want = if outcome == "=" { state } else { outcome };
                assert_eq!(found, want, "{cell:?} on {}", world.engine);
            }
        }
        assert!(n_tried > 2_000, "{n_tried}");
    })
    .await;
}

fn is_state(outcome: &str) -> bool {
    matches!(outcome, "PENDING" | "EVIDENCE_REQUESTED" | "PASSED" | "FAILED" | "WAIVED")
}

async fn standing(world: &World, cast: &Cast, check: &str) -> String {
    let checks = world.enrollment_of(&cast.firm).await.checks;
    let found = checks.iter().find(|it| it.kind() == kind(check)).unwrap();
    found.state().as_str_name().strip_prefix("CHECK_STATE_").unwrap().to_owned()
}
