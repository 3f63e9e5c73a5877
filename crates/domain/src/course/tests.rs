//! The course of an agreement against the tables of M5.

use chrono::Duration;
use sea_orm::Iterable as _;

use super::*;

fn at(days: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap() + Duration::days(days)
}

fn version(n: u128) -> VersionId {
    VersionId::fixed(n)
}

fn ahead(n: u128, day: i64, grace: Option<i64>) -> Ahead {
    Ahead {
        version: version(n),
        effective_time: at(day),
        grace_end_time: grace.map(|it| at(day + it)),
        company: CompanyId::NOBODY,
    }
}

/// M5: what each step makes of NONE, DECLINED, ACCEPTED, REACCEPT_DUE and LAPSED.
#[test]
fn m5_every_standing_takes_exactly_the_steps_of_the_table() {
    use Standing::{Accepted, Declined, Lapsed, None as Nothing, ReacceptDue};
    for (step, cells) in [
        (Step::Accept, [Some(Accepted); 5]),
        (Step::Decline, [Some(Declined), Some(Declined), None, Some(ReacceptDue), None]),
        (
            Step::Supersede,
            [Some(Nothing), Some(Nothing), Some(Accepted), Some(ReacceptDue), Some(Lapsed)],
        ),
        (
            Step::Demand,
            [Some(Nothing), Some(Nothing), Some(ReacceptDue), Some(ReacceptDue), Some(Lapsed)],
        ),
        (Step::EndGrace, [None, None, None, Some(Lapsed), None]),
    ] {
        for (standing, cell) in Standing::iter().zip(cells) {
            let found = standing.after(step).map_err(|it| it.reason);
            let expected = cell.ok_or(Reason::InvalidStateTransition);
            assert_eq!(found, expected, "{standing:?} {step:?}");
        }
    }
}

/// What is derived from the clock moves along the table: every history of five steps.
#[test]
fn m5_derived_standings_move_along_the_table() {
    let steps: Vec<Step> = Step::iter().collect();
    let mut n_moves = 0;
    for history in 0..steps.len().pow(5) {
        let (mut course, mut answer, mut now) = (Course::default(), Answer::default(), at(0));
        course.take_effect(ahead(0, 0, None));
        for n in 0..5 {
            let step = steps[history / steps.len().pow(n) % steps.len()];
            now += Duration::hours(1);
            let before = course.stand(answer, now);
            let expected = before.standing.after(step).ok();
            let next = version(u128::from(n) + 1);
            match step {
                // The version in force is accepted once.
                Step::Accept if answer.accepted == Some(course.place) => continue,
                Step::Accept => {
                    answer = Answer { accepted: Some(course.place), declined: None };
                }
                Step::Decline if expected.is_none() => continue,
                Step::Decline => answer.declined = course.in_force,
                Step::Supersede | Step::Demand => {
                    let grace_end_time = (step == Step::Demand).then(|| now + Duration::days(30));
                    let company = CompanyId::NOBODY;
                    let effective_time = now;
                    course.take_effect(Ahead {
                        version: next,
                        effective_time,
                        grace_end_time,
                        company,
                    });
                }
                Step::EndGrace => match before.reaccept_by.filter(|it| now < *it) {
                    Some(end) => now = end,
                    None => continue,
                },
            }
            n_moves += 1;
            let found = course.stand(answer, now).standing;
            assert_eq!(Some(found), expected, "{step:?} from {before:?} in history {history}");
        }
    }
    assert!(n_moves > 5_000, "{n_moves}");
}

#[test]
fn what_is_due_has_taken_effect_written_or_not() {
    let mut course = Course::default();
    course.take_effect(ahead(1, 0, None));
    course.schedule(ahead(3, 20, Some(30))).unwrap();
    course.schedule(ahead(2, 10, None)).unwrap();
    let states = |course: &Course| {
        [(1, State::Effective), (2, State::Scheduled), (3, State::Scheduled), (4, State::Draft)]
            .map(|(n, written)| course.state_of(version(n), written))
    };
    let answer = Answer { accepted: Some(1), declined: None };
    use State::{Draft, Effective, Scheduled, Superseded};
    for (day, expected, standing) in [
        (9, [Effective, Scheduled, Scheduled, Draft], Standing::Accepted),
        (10, [Superseded, Effective, Scheduled, Draft], Standing::Accepted),
        (20, [Superseded, Superseded, Effective, Draft], Standing::ReacceptDue),
        (49, [Superseded, Superseded, Effective, Draft], Standing::ReacceptDue),
        (50, [Superseded, Superseded, Effective, Draft], Standing::Lapsed),
    ] {
        let then = course.clone().at(at(day));
        assert_eq!(states(&then), expected, "day {day}");
        assert_eq!(then.stand(answer, at(day)).standing, standing, "day {day}");
    }
    assert!(course.clone().at(at(50)).ended_demand(version(3), at(49)).is_none());
    assert_eq!(course.clone().at(at(50)).ended_demand(version(3), at(50)).unwrap().place, 3);
    course.withdraw(version(3));
    assert_eq!(course.at(at(99)).in_force, Some(version(2)));
}

#[test]
fn a_second_demand_gives_no_more_time_than_the_first() {
    let mut course = Course::default();
    course.take_effect(ahead(1, 0, None));
    course.take_effect(ahead(2, 1, Some(30)));
    course.take_effect(ahead(3, 2, Some(300)));
    let of = |place| course.stand(Answer { accepted: Some(place), declined: None }, at(31));
    assert_eq!((of(1).standing, of(1).reaccept_by), (Standing::Lapsed, Some(at(31))));
    assert_eq!((of(2).standing, of(2).reaccept_by), (Standing::ReacceptDue, Some(at(302))));
    assert_eq!(of(3).standing, Standing::Accepted);
}

#[test]
fn times_ahead_lie_in_the_future_within_bounds_and_apart() {
    let mut course = Course::default();
    course.schedule(ahead(1, 5, None)).unwrap();
    let refused = course.schedule(ahead(2, 5, None)).unwrap_err();
    assert_eq!(refused.reason, Reason::EffectiveTimeInvalid, "another's");
    course.schedule(ahead(2, 6, None)).unwrap();
    for (case, day) in [("now", 0), ("past", -1), ("too far", 732)] {
        let refused = check_effective_time(at(day), at(0)).unwrap_err();
        assert_eq!(refused.reason, Reason::EffectiveTimeInvalid, "{case}");
    }
    check_effective_time(at(731), at(0)).unwrap();
}

#[test]
fn a4_a_grace_period_is_30_to_366_days_and_for_partners() {
    use Audience::{Customer, Provider, Reseller};
    let days = |it| Some(Duration::days(it));
    for (audience, grace, expected) in [
        (Reseller, None, Some(None)),
        (Customer, None, Some(None)),
        (Reseller, days(30), Some(Some(at(30)))),
        (Provider, days(366), Some(Some(at(366)))),
        (Reseller, days(29), None),
        (Reseller, days(367), None),
        (Reseller, days(-30), None),
        (Customer, days(30), None),
    ] {
        let found = grace_end(audience, at(0), grace).map_err(|it| it.reason);
        assert_eq!(found, expected.ok_or(Reason::GracePeriodInvalid), "{audience:?} {grace:?}");
    }
}
