//! M3: where a partner stands, of every combination that can be brought about.

use api::enrollment::v1::{
    AppointProviderRequest, CheckDecision, CheckKind, EnrollmentState, ProgrammeStatus,
};
use domain::partner::{Flag, Standing};
use it::{
    World,
    cast::{Firm, Stage},
    on_each_engine,
};

use super::{Line, lines};
use crate::locations::{close, open, place_name, tie_with};

const TABLE: &str = include_str!("../../../machines/m3.txt");

/// The status of the first line that holds.
fn expected(lines: &[Line], key: [&str; 4]) -> &'static str {
    let fits = |line: &&Line| {
        line.iter().zip(key).all(|(column, value)| *column == "*" || *column == value)
    };
    lines.iter().find(fits).unwrap_or_else(|| panic!("{key:?} has no line")).last().unwrap()
}

/// What the table says of every combination, those too that no company can come to.
#[test]
fn m3_each_combination_has_the_status_of_its_first_line() {
    use sea_orm::Iterable as _;
    use store::sea_orm;
    let lines = lines(TABLE);
    let mut used = std::collections::BTreeSet::new();
    for flag in [None, Some(Flag::Suspended), Some(Flag::Deauthorized)] {
        for state in domain::enrollment::State::iter().map(Some).chain([None]) {
            for location in ["NONE", "PENDING", "ACTIVE", "INACTIVE", "REJECTED"] {
                for agreement in ["NONE", "ACCEPTED"] {
                    let standing = Standing {
                        flag,
                        enrollment: state,
                        has_location: location == "ACTIVE",
                        has_accepted: agreement == "ACCEPTED",
                    };
                    let name = match flag {
                        None => "NONE",
                        Some(Flag::Suspended) => "SUSPENDED",
                        Some(Flag::Deauthorized) => "DEAUTHORIZED",
                    };
                    let key = [name, state.map_or("NONE", |it| it.as_str()), location, agreement];
                    let status = expected(&lines, key);
                    assert_eq!(standing.status().as_str(), status, "{key:?}");
                    used.insert((key[0], key[1], status));
                }
            }
        }
    }
    assert_eq!(lines.len(), 11);
    assert_eq!(used.len(), 8 + 8 + 8 + 1, "every line is the first somewhere");
}

/// Reads the status, unsuspended and suspended.
async fn check(world: &World, firm: &Firm, key: [&str; 3], n_checked: &mut usize) {
    let lines = lines(TABLE);
    let auditor = &world.staff().await.operator;
    for (flag, why) in [("SUSPENDED", Some("audit")), ("NONE", None)] {
        world.suspend(&firm.partner, why).await;
        let [state, location, agreement] = key;
        let status = expected(&lines, [flag, state, location, agreement]);
        for who in [&firm.anna, auditor] {
            let partner = world.partner_as(who, &firm.partner).await.unwrap();
            let found: ProgrammeStatus = partner.programme_status();
            let name = found.as_str_name().strip_prefix("PROGRAMME_STATUS_").unwrap();
            assert_eq!(name, status, "{flag} {key:?} on {}", world.engine);
            assert_eq!(partner.active, status == "ACTIVE", "{flag} {key:?} on {}", world.engine);
        }
        *n_checked += 1;
    }
}

/// Every state of a location under the enrolment as it stands.
async fn with_locations(world: &World, firm: &Firm, state: &str, n_checked: &mut usize) {
    let operator = &world.staff().await.operator;
    let tie = async |street: &str| {
        let number = world.add_location_at(firm, street).await;
        tie_with(world, firm, &number, "").await.unwrap();
        place_name(world, firm, &number).await
    };
    check(world, firm, [state, "NONE", "NONE"], n_checked).await;
    let first = tie("Carrer de Pallars 1").await;
    if state != "APPROVED" {
        // Business has passed there: what is tied wakes at once.
        check(world, firm, [state, "PENDING", "NONE"], n_checked).await;
        open(world, operator, &first).await.unwrap();
    }
    check(world, firm, [state, "ACTIVE", "NONE"], n_checked).await;
    close(world, operator, &first).await.unwrap();
    check(world, firm, [state, "INACTIVE", "NONE"], n_checked).await;
    if state != "APPROVED" {
        let second = tie("Carrer de Pallars 2").await;
        close(world, operator, &second).await.unwrap();
        check(world, firm, [state, "REJECTED", "NONE"], n_checked).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m3_each_partner_reads_the_status_that_the_table_gives_it() {
    on_each_engine(async |world| {
        let mut n_checked = 0;
        let anna = world.company("appointed", "ES").await;
        let appoint = AppointProviderRequest {
            company: anna.company.clone(),
            reason: "distributor".to_owned(),
            ..AppointProviderRequest::default()
        };
        let asked = world.staff().await.operator.asks(appoint);
        let appointed = world.enrollment().appoint_provider(asked).await.unwrap().into_inner();
        let never_started = Firm {
            partner: appointed.partner.unwrap().name,
            enrollment: String::new(),
            domain: String::new(),
            region_code: "ES".to_owned(),
            number: String::new(),
            anna,
        };
        check(&world, &never_started, ["NONE", "NONE", "NONE"], &mut n_checked).await;
        for (stage, state) in [
            (Stage::Draft, EnrollmentState::Draft),
            (Stage::Submitted, EnrollmentState::Submitted),
            (Stage::InReview, EnrollmentState::InReview),
            (Stage::InReview, EnrollmentState::ActionRequired),
            (Stage::InReview, EnrollmentState::Rejected),
            (Stage::Approved, EnrollmentState::Approved),
        ] {
            let firm = world.reseller("m3", "ES", stage).await;
            if state == EnrollmentState::ActionRequired {
                let decision = CheckDecision::RequestEvidence;
                world.decide(&firm, CheckKind::Employment, decision).await;
            }
            if state == EnrollmentState::Rejected {
                for kind in [CheckKind::Employment, CheckKind::Business] {
                    world.decide(&firm, kind, CheckDecision::Fail).await;
                }
            }
            assert_eq!(world.state_of(&firm).await, state, "{}", world.engine);
            let name = state.as_str_name().strip_prefix("ENROLLMENT_STATE_").unwrap();
            with_locations(&world, &firm, name, &mut n_checked).await;
        }
        let firm = world.reseller("m3", "ES", Stage::Active).await;
        check(&world, &firm, ["APPROVED", "ACTIVE", "ACCEPTED"], &mut n_checked).await;
        let name = place_name(&world, &firm, &firm.number).await;
        let operator = &world.staff().await.operator;
        close(&world, operator, &name).await.unwrap();
        check(&world, &firm, ["APPROVED", "INACTIVE", "ACCEPTED"], &mut n_checked).await;
        assert_eq!(n_checked, 2 * (1 + 5 * 5 + 3 + 2), "{}", world.engine);
    })
    .await;
}
