//! M6: invitations to resellers and to customers.

mod acts;

use it::{World, reason};

use self::acts::{Case, Walk};
use super::{Cell, Line, agree, everybody::ACTORS, lines, outcome};

const TABLE: &str = include_str!("../../../machines/m6.txt");
const MACHINES: [&str; 2] = ["reseller", "customer"];
/// Where a life stands; whether the worker has written down that its time is over.
const STATES: [(&str, bool); 6] = [
    ("PENDING", true),
    ("ACCEPTED", true),
    ("DECLINED", true),
    ("CANCELLED", true),
    ("EXPIRED", true),
    ("EXPIRED", false),
];
const ACTIONS: [&str; 6] = ["Create", "Preview", "Accept", "Decline", "Resend", "Cancel"];

/// What is tried in one state, apart from who tries it.
fn conditions(machine: &'static str, action: &'static str) -> Vec<(&'static str, &'static str)> {
    let (inviter, invited) = match machine {
        "reseller" => ("PV-GA", "RS-GA"),
        _ => ("RS-GA", "CU-GA"),
    };
    let mut all = Vec::new();
    match action {
        "Accept" => {
            for condition in [
                "silent",
                "stale",
                "provider suspended",
                "reseller suspended",
                "provider closed",
                "reinstated",
            ] {
                all.push((invited, condition));
            }
            if machine == "customer" {
                all.extend([(invited, "held"), (invited, "grant revoked")]);
            }
        }
        "Decline" => all.push((invited, "reseller suspended")),
        "Resend" => all.extend(["too soon", "sixth", "inviter suspended"].map(|it| (inviter, it))),
        "Cancel" => all.push((inviter, "inviter suspended")),
        _ => {}
    }
    all
}

/// What time and others do to an invitation.
fn events(machine: &str) -> &'static [&'static str] {
    match machine {
        "reseller" => &["expire_time", "connected otherwise", "inviter suspended"],
        _ => &["expire_time", "relationship ended", "relationship held", "inviter suspended"],
    }
}

fn cells_of(machine: &'static str, state: &'static str, action: &'static str) -> Vec<Cell> {
    let everybody = ACTORS.map(|actor| [machine, state, action, actor, "-"]);
    let special = conditions(machine, action).into_iter();
    let special = special.map(|(actor, condition)| [machine, state, action, actor, condition]);
    everybody.into_iter().chain(special).collect()
}

fn cells(machine: &'static str) -> Vec<Cell> {
    let mut all = ACTORS.map(|actor| [machine, "none", "Create", actor, "-"]).to_vec();
    for (state, _) in STATES {
        all.extend(ACTIONS.into_iter().flat_map(|action| cells_of(machine, state, action)));
        all.extend(events(machine).iter().map(|it| [machine, state, it, "SYS", "-"]));
    }
    all
}

#[test]
fn m6_the_table_has_a_line_for_every_state_action_actor_and_condition_and_no_other() {
    let all: Vec<Cell> = MACHINES.into_iter().flat_map(cells).collect();
    agree(&lines(TABLE), &all);
}

/// What a cell came to: the new state, or why not.
async fn found(walk: &Walk<'_>, cell: Cell, case: &Case) -> String {
    let [_, _, action, actor, condition] = cell;
    match walk.act(action, actor, condition, case).await {
        Err(refused) => {
            let why = reason(&refused);
            assert!(!why.is_empty(), "{cell:?} on {}: {refused:?}", walk.world.engine);
            why
        }
        Ok(also) => format!("{}{also}", walk.state(case).await),
    }
}

/// Tries every cell of a state and an action; what is refused changes nothing, so that one case
/// serves until it moves.
async fn walk_action(walk: &Walk<'_>, state: (&'static str, bool), cells: &[Cell]) -> usize {
    let mut standing: Option<Case> = None;
    for cell in cells {
        let what = format!("{cell:?}, written: {}, on {}", state.1, walk.world.engine);
        let case = match standing.take().filter(|_| cell[4] == "-") {
            Some(it) => it,
            None => walk.begin(state).await,
        };
        walk.prepare(cell[4], &case).await;
        let found = found(walk, *cell, &case).await;
        walk.undo(cell[4]).await;
        let want = outcome(walk.lines, cell);
        let want = if want.starts_with('=') { want.replacen('=', cell[1], 1) } else { want.into() };
        assert_eq!(found, want, "{what}");
        let has_moved = found.chars().all(char::is_uppercase) && found != cell[1];
        if has_moved || found.contains('+') || cell[3] == "SYS" || cell[4] != "-" {
            continue;
        }
        if found != *cell[1] {
            assert_eq!(walk.state(&case).await, cell[1], "{what}");
        }
        standing = Some(case);
    }
    cells.len()
}

async fn walk_machine(world: &World, machine: &'static str) {
    let lines: Vec<Line> = lines(TABLE);
    let walk = Walk::begin_with(world, machine, &lines).await;
    let mut n_tried = 0;
    for cell in ACTORS.map(|actor| [machine, "none", "Create", actor, "-"]) {
        let found = walk.create_anew(cell[3]).await;
        assert_eq!(found, outcome(&lines, &cell), "{cell:?} on {}", world.engine);
        n_tried += 1;
    }
    for state in STATES {
        for action in ACTIONS {
            n_tried += walk_action(&walk, state, &cells_of(machine, state.0, action)).await;
        }
        for event in events(machine) {
            n_tried += walk_action(&walk, state, &[[machine, state.0, event, "SYS", "-"]]).await;
        }
    }
    assert_eq!(n_tried, cells(machine).len(), "{}", world.engine);
    println!("m6 {machine}: {n_tried} tried on {}", world.engine);
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_every_invitation_to_a_reseller_takes_what_the_table_says_on_sqlite() {
    it::on(World::sqlite().await, async |world| walk_machine(&world, "reseller").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_every_invitation_to_a_reseller_takes_what_the_table_says_on_postgres() {
    it::on(World::postgres().await, async |world| walk_machine(&world, "reseller").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_every_invitation_to_a_customer_takes_what_the_table_says_on_sqlite() {
    it::on(World::sqlite().await, async |world| walk_machine(&world, "customer").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_every_invitation_to_a_customer_takes_what_the_table_says_on_postgres() {
    it::on(World::postgres().await, async |world| walk_machine(&world, "customer").await).await;
}
