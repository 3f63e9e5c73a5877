//! M4: locations, and the accounts that PartnerIDs are tied to.

use api::enrollment::v1::{
    AddLocationRequest, AssociatePartnerIdRequest, CheckDecision, CheckKind, DecideCheckRequest,
};
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, address_in, ruling},
    on_each_engine, reason,
};
use tonic::Status;

use super::{Line, lines, outcome};
use crate::locations::{close, code_for, open, place_name, tie_with};

const TABLE: &str = include_str!("../../../machines/m4.txt");
const STATES: [&str; 4] = ["PENDING", "ACTIVE", "INACTIVE", "REJECTED"];

fn table(machine: &str) -> Vec<Line> {
    lines(TABLE).into_iter().filter(|it| it[0] == machine).collect()
}

/// One of everybody, beside a firm whose global admin is GA.
async fn actors(world: &World, firm: &Firm, other: &Firm) -> Vec<(&'static str, Persona)> {
    let mut all = vec![("nobody", Persona::stranger()), ("GA", firm.anna.clone())];
    for (short, role) in [
        ("AA", Role::AdminAgent),
        ("UA", Role::UserAdmin),
        ("AC", Role::AccountAdmin),
        ("SA", Role::SalesAgent),
        ("HD", Role::HelpdeskAgent),
        ("BA", Role::BillingAdmin),
    ] {
        let name = short.to_ascii_lowercase();
        all.push((short, world.colleague(&firm.anna, &name, &[role]).await));
    }
    all.push(("other", other.anna.clone()));
    all.push(("CU", world.company("customer", "ES").await));
    let staff = world.staff().await;
    all.push(("OP", staff.operator.clone()));
    all.push(("RV", staff.reviewer.clone()));
    all.push(("AP", staff.publisher.clone()));
    all.push(("AU", world.platform(&[Role::Auditor]).await));
    all.push(("IS", staff.order_system.clone()));
    all
}

async fn state_of(world: &World, firm: &Firm, name: &str) -> String {
    let places = world.locations_of(firm).await;
    let place = places.into_iter().find(|it| it.name == name).unwrap();
    place.state().as_str_name().strip_prefix("LOCATION_STATE_").unwrap().to_owned()
}

/// A new place of the firm in this state.
async fn place_in(world: &World, firm: &Firm, state: &str) -> (String, String) {
    let operator = &world.staff().await.operator;
    let number = world.add_location_at(firm, &world.label("Carrer de Pallars")).await;
    let name = place_name(world, firm, &number).await;
    if state == "ACTIVE" || state == "INACTIVE" {
        open(world, operator, &name).await.unwrap();
    }
    if state == "INACTIVE" || state == "REJECTED" {
        close(world, operator, &name).await.unwrap();
    }
    assert_eq!(state_of(world, firm, &name).await, state, "{}", world.engine);
    (number, name)
}

async fn decide(
    world: &World,
    who: &Persona,
    firm: &Firm,
    decision: CheckDecision,
) -> Result<(), Status> {
    let request: DecideCheckRequest = ruling(firm, CheckKind::Business, decision);
    world.enrollment().decide_check(who.asks(request)).await.map(|_| ())
}

async fn act(
    world: &World,
    action: &str,
    who: &Persona,
    firm: &Firm,
    name: &str,
) -> Result<(), Status> {
    match action {
        "DeactivateLocation" => close(world, who, name).await.map(|_| ()),
        "ActivateLocation" => open(world, who, name).await.map(|_| ()),
        "DecideCheck PASS" => decide(world, who, firm, CheckDecision::Pass).await,
        "DecideCheck FAIL" => decide(world, who, firm, CheckDecision::Fail).await,
        other => panic!("no such action: {other}"),
    }
}

/// A firm in review that is tied to a place in this state, by way of one that may be tied.
async fn tied_in(world: &World, firm: &Firm, state: &str) -> String {
    let operator = &world.staff().await.operator;
    let before = if state == "INACTIVE" { "ACTIVE" } else { "PENDING" };
    let (number, name) = place_in(world, firm, before).await;
    tie_with(world, firm, &number, "").await.unwrap();
    match state {
        "ACTIVE" => drop(open(world, operator, &name).await.unwrap()),
        "INACTIVE" | "REJECTED" => drop(close(world, operator, &name).await.unwrap()),
        _ => {}
    }
    assert_eq!(state_of(world, firm, &name).await, state, "{}", world.engine);
    name
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_every_state_of_a_location_takes_what_the_table_says_from_everybody() {
    on_each_engine(async |world| {
        let table = table("location");
        let firm = world.reseller("m4", "ES", Stage::InReview).await;
        let other = world.reseller("other", "ES", Stage::Draft).await;
        let actors = actors(&world, &firm, &other).await;
        let mut n_tried = 0;
        for (short, who) in &actors {
            let request = AddLocationRequest {
                display_name: "Office".to_owned(),
                address: Some(address_in("ES")),
                ..AddLocationRequest::default()
            };
            let address = request.address.clone().map(|it| api::types::v1::PostalAddress {
                address_lines: vec![world.label("Rambla")],
                ..it
            });
            let asked = who.asks(AddLocationRequest { address, ..request });
            let found = match world.enrollment().add_location(asked).await {
                Ok(added) => {
                    let state = added.into_inner().location.unwrap().state();
                    state.as_str_name().strip_prefix("LOCATION_STATE_").unwrap().to_owned()
                }
                Err(err) => reason(&err),
            };
            let expected = outcome(&table, &["location", "none", "AddLocation", short, "-"]);
            assert_eq!(found, expected, "AddLocation as {short} on {}", world.engine);
            n_tried += 1;
        }
        let actions =
            ["DeactivateLocation", "ActivateLocation", "DecideCheck PASS", "DecideCheck FAIL"];
        for state in STATES {
            for action in actions {
                // What is refused changes nothing: one place serves all until somebody may.
                let mut name = tied_in(&world, &firm, state).await;
                for (short, who) in &actors {
                    let expected = outcome(&table, &["location", state, action, short, "-"]);
                    let what = format!("{action} of {state} as {short} on {}", world.engine);
                    let answer = act(&world, action, who, &firm, &name).await;
                    let after = state_of(&world, &firm, &name).await;
                    match answer {
                        Ok(()) => {
                            let expected = if expected == "=" { state } else { expected };
                            assert_eq!(after, expected, "{what}");
                            // Business is open again: a place that is tied next stays as it is.
                            decide_again(&world, &firm).await;
                            name = tied_in(&world, &firm, state).await;
                        }
                        Err(err) => {
                            assert_eq!(reason(&err), expected, "{what}");
                            assert_eq!(after, state, "{what}");
                        }
                    }
                    n_tried += 1;
                }
            }
        }
        assert_eq!(n_tried, 15 + 4 * 4 * 15, "{}", world.engine);
    })
    .await;
}

/// BUSINESS is not passed from here on.
async fn decide_again(world: &World, firm: &Firm) {
    let reviewer = &world.staff().await.reviewer;
    decide(world, reviewer, firm, CheckDecision::RequestEvidence).await.unwrap();
}

/// What an association comes to under a condition: the number to ask for, and the code.
async fn wanted(world: &World, firm: &Firm, other: &Firm, condition: &str) -> (String, String) {
    let own = async |state: &str| (place_in(world, firm, state).await.0, String::new());
    let foreign = async |is_tied: bool| {
        let (number, _) = place_in(world, other, "ACTIVE").await;
        if is_tied {
            tie_with(world, other, &number, "").await.unwrap();
        }
        number
    };
    let code = async |of: &Firm, number: &str| code_for(world, &of.anna, of, number).await.unwrap();
    match condition {
        "own PENDING, BUSINESS not passed" | "own PENDING, BUSINESS PASSED" => own("PENDING").await,
        "own ACTIVE" => own("ACTIVE").await,
        "own INACTIVE" => own("INACTIVE").await,
        "own REJECTED" => own("REJECTED").await,
        "own of another country" => {
            let places = world.locations_of(firm).await;
            let lisbon = places.iter().find(|it| it.address.as_ref().unwrap().region_code == "PT");
            match lisbon {
                Some(it) => (it.partner_id.clone(), String::new()),
                None => (world.add_location(firm, "PT").await, String::new()),
            }
        }
        "own tied to another account" => {
            let (number, _) = place_in(world, firm, "ACTIVE").await;
            let code = code(firm, &number).await;
            tie_with(world, other, &number, &code).await.unwrap();
            (number, String::new())
        }
        "own head office" => {
            let (_, name) = place_in(world, firm, "PENDING").await;
            (name.split('/').nth(1).unwrap().to_owned(), String::new())
        }
        "foreign" => (foreign(false).await, String::new()),
        "foreign, its code" => {
            let number = foreign(false).await;
            let code = code(other, &number).await;
            (number, code)
        }
        "foreign, another code" => {
            let (number, second) = (foreign(false).await, foreign(false).await);
            let code = code(other, &second).await;
            (number, code)
        }
        "foreign tied to another" => (foreign(true).await, String::new()),
        "foreign tied to another, its code" => {
            let number = foreign(true).await;
            let code = code(other, &number).await;
            (number, code)
        }
        "unknown" => ("1234".to_owned(), String::new()),
        other => panic!("no such condition: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_an_account_is_tied_and_freed_as_the_table_says() {
    on_each_engine(async |world| {
        let table = table("association");
        let other = world.reseller("other", "ES", Stage::Draft).await;
        let mut firms = Vec::new();
        for stage in [Stage::InReview, Stage::Approved] {
            let firm = world.reseller("m4", "ES", stage).await;
            firms.push((stage == Stage::Approved, actors(&world, &firm, &other).await, firm));
        }
        let mut used = std::collections::BTreeSet::new();
        for (n, line) in table.iter().enumerate() {
            let (condition, expected) = (line[4], line[5]);
            for (has_passed, actors, firm) in &firms {
                if condition.ends_with("BUSINESS PASSED") != *has_passed
                    && condition.contains("BUSINESS")
                {
                    continue;
                }
                for (short, who) in actors.iter().filter(|it| line[3].split(',').any(|s| s == it.0))
                {
                    let key = ["association", "*", "AssociatePartnerId", short, condition];
                    assert_eq!(outcome(&table, &key), expected);
                    // From NONE at first, then from TIED.
                    let (number, code) = wanted(&world, firm, &other, condition).await;
                    let before = world.partner_as(&firm.anna, &firm.partner).await.unwrap();
                    let request = AssociatePartnerIdRequest {
                        name: firm.enrollment.clone(),
                        partner_id: number.clone(),
                        association_code: code,
                        ..AssociatePartnerIdRequest::default()
                    };
                    let what = format!("{condition} as {short} on {}", world.engine);
                    let asked = who.asks(request);
                    let found = match world.enrollment().associate_partner_id(asked).await {
                        Ok(tied) => {
                            let state = tied.into_inner().location.unwrap().state();
                            let state = state.as_str_name().strip_prefix("LOCATION_STATE_");
                            format!("TIED {}", state.unwrap())
                        }
                        Err(err) => reason(&err),
                    };
                    assert_eq!(found, expected, "{what}");
                    let after = world.partner_as(&firm.anna, &firm.partner).await.unwrap();
                    match found.starts_with("TIED") {
                        true => assert_eq!(after.partner_id, number, "{what}"),
                        false => assert_eq!(after, before, "{what}"),
                    }
                    used.insert(n);
                }
            }
        }
        assert_eq!(used.len(), table.len(), "every line was tried, on {}", world.engine);
    })
    .await;
}
