//! The life of an enrolment, every state x action x actor through the API, against `machines/m1.txt`.

mod acts;
mod stands;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use domain::{enrollment::State, link::Purpose};
use it::{Persona, World, metadata, reason};
use store::sea_orm::Iterable as _;
use tokio::task::JoinSet;
use tonic::Status;

use self::stands::{Stand, stand};

const TABLE: &str = include_str!("../../machines/m1.txt");

/// State, action, actor and condition.
type Cell = (&'static str, &'static str, &'static str, &'static str);

/// Every cell that the table speaks of, with its outcome.
fn table() -> BTreeMap<Cell, &'static str> {
    let mut cells = BTreeMap::new();
    for line in TABLE.lines().filter(|it| !it.starts_with('#')) {
        let [state, action, actor, condition, outcome] =
            line.split(" | ").collect::<Vec<&str>>().try_into().unwrap();
        let former = cells.insert((state, action, actor, condition), outcome);
        assert_eq!(former, None, "said twice: {line}");
    }
    cells
}

const ACTIONS: [&str; 24] = [
    "StartEnrollment",
    "UpdateLegalProfile.name",
    "UpdateLegalProfile.region",
    "UpdatePrimaryContact.address",
    "UpdatePrimaryContact.name",
    "UpdatePrimaryContact.phone",
    "UpdateSupportProfile",
    "AssociatePartnerId",
    "SubmitEnrollment",
    "ResendContactConfirmation",
    "ConfirmContact",
    "DisownContact",
    "UndoDisownContact",
    "RestoreContact",
    "DecideCheck.PASS",
    "DecideCheck.FAIL",
    "DecideCheck.REQUEST",
    "RecallEnrollment",
    "EscalateReview",
    "ReopenEnrollment",
    "WithdrawEnrollment",
    "SuspendPartner",
    "ReinstatePartner",
    "DeauthorizePartner",
];

/// Who has a line of its own; the others are lumped together.
fn actors(action: &str) -> &'static [&'static str] {
    match rpc(action) {
        "ConfirmContact" | "DisownContact" | "UndoDisownContact" => &["link", "wrong-link"],
        "DecideCheck" => &["RV", "RV-own", "others"],
        "RestoreContact" | "SuspendPartner" | "ReinstatePartner" | "DeauthorizePartner" => {
            &["OP", "others"]
        }
        "UpdateSupportProfile" | "EscalateReview" => &["GA", "AA", "AC", "foreign-GA", "others"],
        "StartEnrollment" => &["GA", "others"],
        _ => &["GA", "foreign-GA", "others"],
    }
}

fn rpc(action: &str) -> &str {
    action.split('.').next().unwrap()
}

#[test]
fn m1_the_table_speaks_of_every_state_action_and_actor() {
    let mut expected = BTreeSet::new();
    for state in State::iter().map(State::as_str).chain(["NONE"]) {
        for action in ACTIONS {
            expected.extend(actors(action).iter().map(|actor| (state, action, *actor, "-")));
        }
    }
    let found: BTreeSet<Cell> = table().into_keys().filter(|it| it.3 == "-").collect();
    let missing: Vec<&Cell> = expected.difference(&found).collect();
    let unknown: Vec<&Cell> = found.difference(&expected).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}

type Standing = ((&'static str, &'static str), Vec<(Cell, &'static str)>);

#[tokio::test(flavor = "multi_thread")]
async fn m1_every_enrolment_takes_exactly_the_actions_of_the_table() {
    // Side by side: each waits for its own database most of the time.
    let (sqlite, postgres) = (World::sqlite().await, World::postgres().await);
    tokio::join!(it::on(sqlite, try_table), it::on(postgres, try_table));
}

async fn try_table(world: World) {
    let mut standings: BTreeMap<_, Vec<(Cell, &str)>> = BTreeMap::new();
    for (cell, outcome) in table() {
        standings.entry((cell.0, cell.3)).or_default().push((cell, outcome));
    }
    // Where time has to pass, it passes for all: those go alone, afterwards.
    let waits = |it: &Standing| stands::WAITING.contains(&it.0.1);
    let (late, early): (Vec<Standing>, Vec<Standing>) = standings.into_iter().partition(waits);
    let world = Arc::new(world);
    let next = Arc::new(Mutex::new(early));
    let mut workers = JoinSet::new();
    // PostgreSQL would refuse some of the set-ups that run side by side, and try them again.
    let n_workers = if world.engine == "sqlite" { 4 } else { 1 };
    for _ in 0..n_workers {
        let (world, next) = (world.clone(), next.clone());
        workers.spawn(async move {
            let mut n_tried = 0;
            loop {
                let Some(standing) = next.lock().unwrap().pop() else {
                    return n_tried;
                };
                n_tried += try_standing(&world, standing).await;
            }
        });
    }
    let mut n_tried: usize = workers.join_all().await.into_iter().sum();
    for standing in late {
        n_tried += try_standing(&world, standing).await;
    }
    assert!(n_tried > 2_400, "{n_tried} on {}", world.engine);
}

/// Every line that begins in one standing; how many calls that took.
async fn try_standing(world: &World, ((state, condition), mut cells): Standing) -> usize {
    // Refusals change nothing, so they go first, all in one.
    cells.sort_by_key(|(_, outcome)| moves(outcome));
    let mut at = stand(world, state, condition, true).await;
    let (mut has_moved, mut n_tried) = (false, 0);
    for (cell, outcome) in cells {
        if moves(outcome) && has_moved {
            at = stand(world, state, condition, false).await;
        }
        has_moved |= moves(outcome);
        n_tried += try_cell(world, &at, cell, outcome).await;
    }
    n_tried
}

async fn try_cell(world: &World, at: &Stand, cell: Cell, outcome: &str) -> usize {
    let (state, action, actor, _) = cell;
    let about = format!("{cell:?} on {}", world.engine);
    if actor == "others" {
        let mut n_tried = 0;
        for (name, who) in at.others(actors(action)) {
            n_tried += 1;
            let why = reason(&at.act(world, action, who, "").await.unwrap_err());
            let is_nobody = name == "nobody";
            let want = if is_nobody { "CREDENTIAL_MISSING" } else { "ROLE_MISSING" };
            assert_eq!(why, want, "{about}, {name}");
        }
        return n_tried;
    }
    let purpose = match action {
        "UndoDisownContact" => Purpose::ContactUndo,
        _ => Purpose::ContactConfirmation,
    };
    let made_up = "A".repeat(43);
    let secret = match actor {
        "link" => at.secret(world, purpose).await.unwrap_or(made_up),
        _ => made_up,
    };
    let before = at.look(world).await;
    assert_eq!(before.state, state, "{about}: the beginning");
    let answer = at.act(world, action, at.person(actor), &secret).await;
    let after = at.look(world).await;
    match answer {
        Err(err) => {
            assert_eq!(reason(&err), outcome, "{about}: {err:?}");
            assert_eq!(after, before, "{about}: a refusal changes nothing");
            check_allowed(&err, state, action, &about);
        }
        Ok(()) => assert_eq!(after.since(&before), outcome, "{about}"),
    }
    1
}

/// A wrong state is told with all states from which the table leads on.
fn check_allowed(err: &Status, state: &str, action: &str, about: &str) {
    // The flag has states of its own, which M3 tries.
    if reason(err) != "INVALID_STATE_TRANSITION" || action.ends_with("Partner") {
        return;
    }
    let leads = |(cell, outcome): &(Cell, &str)| rpc(cell.1) == rpc(action) && moves(outcome);
    let want: BTreeSet<&str> = table().into_iter().filter(leads).map(|(it, _)| it.0).collect();
    let allowed = metadata(err, "allowedStates");
    assert_eq!(allowed.split(' ').collect::<BTreeSet<&str>>(), want, "{about}");
    assert_eq!(metadata(err, "currentState"), state, "{about}");
}

fn moves(outcome: &str) -> bool {
    let first = outcome.split(' ').next().unwrap();
    first == "=" || State::of(first).is_some()
}

impl Stand {
    fn person(&self, name: &str) -> &Persona {
        let name = if name.ends_with("link") { "nobody" } else { name };
        &self.people.iter().find(|(it, _)| *it == name).unwrap().1
    }

    /// Everybody whom the table gives no line.
    fn others(&self, named: &'static [&'static str]) -> impl Iterator<Item = (&str, &Persona)> {
        let is_other = move |name: &str| match name {
            "foreign-GA" => false,
            "RV-own" => !named.contains(&"RV"),
            _ => !named.contains(&name),
        };
        self.people.iter().map(|(name, who)| (*name, who)).filter(move |it| is_other(it.0))
    }
}
