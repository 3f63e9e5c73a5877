//! All that can be known of one partner, and its own goals.

use std::collections::BTreeSet;

use sea_orm::Iterable as _;

use super::{super::*, check};
use crate::{
    Reason,
    check::{CheckKind, Checks},
    course::{Stand, Standing},
    enrollment::{CheckState, Form, State},
    location,
    partner::{Flag, Kind},
};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// What a goal of one partner can be decided by: its facts, and the call's confirmation.
pub struct Case {
    pub facts: PartnerFacts,
    pub authority: bool,
}

/// The dimensions of a case, and how many values each has.
const SIZES: [usize; 18] = [2, 3, 8, 3, 4, 3, 2, 2, 4, 6, 5, 5, 3, 2, 9, 20, 2, 2];
/// What submission, review and the programme go by; every dimension is in one of them.
const GROUPS: [&[usize]; 3] =
    [&[2, 3, 4, 5, 6, 7, 8, 16, 17], &[2, 9, 10, 11, 12, 13], &[0, 1, 2, 14, 15]];

/// Every combination within each group, while all other dimensions go through their values.
fn cases() -> impl Iterator<Item = Case> {
    GROUPS.into_iter().flat_map(|group| {
        let n_cases: usize = group.iter().map(|it| SIZES[*it]).product();
        (0..n_cases).map(move |n| {
            let mut digits = [0; SIZES.len()];
            for (dimension, digit) in digits.iter_mut().enumerate() {
                *digit = (n * (2 * dimension + 1) + n / 7) % SIZES[dimension];
            }
            let mut rest = n;
            for dimension in group {
                digits[*dimension] = rest % SIZES[*dimension];
                rest /= SIZES[*dimension];
            }
            case(digits)
        })
    })
}

fn case(at: [usize; SIZES.len()]) -> Case {
    let flaw = |n: usize, reason| [Flaw::None, Flaw::Missing, Flaw::Wrong(reason)][n];
    let email = match at[8] {
        3 => Flaw::Wrong(Reason::RoleMailboxNotAllowed),
        n => flaw(n, Reason::EmailDomainNotAllowed),
    };
    let asked = ContactWait::Asked { since: NOW, expire_time: NOW };
    let review = ReviewWait { since: NOW, expected_from: NOW, expected_by: NOW, is_overdue: true };
    let places: Vec<_> = location::State::iter().flat_map(|it| [(it, true), (it, false)]).collect();
    let facts = PartnerFacts {
        kind: [Kind::Reseller, Kind::Provider][at[0]],
        flag: [None, Some(Flag::Suspended), Some(Flag::Deauthorized)][at[1]],
        state: State::iter().nth(at[2]),
        form: [Form::Full, Form::Short][at[17]],
        legal_name: flaw(at[3], Reason::CompanyNameInvalid),
        address: match at[4] {
            3 => Flaw::Undecided,
            n => flaw(n, Reason::AddressInvalid),
        },
        registration_id: flaw(at[5], Reason::RegistrationIdTypeInvalid),
        has_support: at[6] == 1,
        has_contact: at[7] == 1,
        contact_email: email,
        checks: CheckState::iter().nth(at[9]).map(|it| checks([it, nth(at[10]), nth(at[11])])),
        contact_wait: [None, Some(asked), Some(ContactWait::Undeliverable)][at[12]],
        review: [None, Some(review)][at[13]],
        location: places.get(at[14]).copied(),
        agreement: AgreementFacts {
            is_available: at[15] & 1 == 1,
            is_current: at[15] & 2 == 2,
            stand: stand(Standing::iter().nth(at[15] / 4).unwrap()),
        },
    };
    Case { facts, authority: at[16] == 1 }
}

fn stand(standing: Standing) -> Stand {
    let is_asked = matches!(standing, Standing::ReacceptDue | Standing::Lapsed);
    let time = is_asked.then_some(NOW);
    Stand { standing, since: time, reaccept_by: time, ..Stand::default() }
}

fn nth(n: usize) -> CheckState {
    CheckState::iter().nth(n).unwrap()
}

fn checks(states: [CheckState; 3]) -> Checks {
    let names = ["EMAIL_OWNERSHIP", "EMPLOYMENT", "BUSINESS"];
    let row = |(kind, state): (&str, CheckState)| {
        serde_json::json!({
            "kind": kind, "state": state, "reasons": ["NAME_MISMATCH"], "evidence": [],
            "note": "", "update_time": NOW, "decided_by": null,
        })
    };
    let rows: Vec<_> = names.into_iter().zip(states).map(row).collect();
    serde_json::from_value(rows.into()).unwrap()
}

pub fn a_few_cases() -> impl Iterator<Item = Case> {
    cases().step_by(331)
}

const PREPARED: [&str; 3] = ["profile.legal-name", "profile.address", "profile.registration-id"];

/// The catalogue: which facts of a partner leave a requirement unmet.
fn is_unmet(id: &str, it: &Case) -> bool {
    let facts = &it.facts;
    let holds = |kind| {
        let state = facts.checks.as_ref().map(|it| it.state(kind));
        matches!(state, Some(CheckState::Passed | CheckState::Waived))
    };
    match id {
        // A short form asks for no profile: it was prepared.
        id if facts.form == Form::Short && PREPARED.contains(&id) => false,
        "enrollment.started" => matches!(facts.state, None | Some(State::Withdrawn)),
        "profile.legal-name" => facts.legal_name != Flaw::None,
        "profile.address" => facts.address != Flaw::None,
        "profile.registration-id" => facts.registration_id != Flaw::None,
        "profile.support" => !facts.has_support,
        "contact.named" => !facts.has_contact,
        "contact.email-allowed" => facts.contact_email != Flaw::None,
        // Later states met it by the last submission.
        "applicant.authority" => {
            let is_met = matches!(
                facts.state,
                Some(State::Submitted | State::InReview | State::Approved | State::Rejected)
            );
            !is_met && !it.authority
        }
        "enrollment.submitted" => {
            !matches!(facts.state, Some(State::Submitted | State::InReview | State::Approved))
        }
        "contact.confirmed" => !holds(CheckKind::EmailOwnership),
        "check.employment" => !holds(CheckKind::Employment),
        "check.business" => !holds(CheckKind::Business),
        "partner-id.associated" => !matches!(facts.location, Some((_, true))),
        "partner-id.active" => !matches!(facts.location, Some((location::State::Active, _))),
        "agreement.available" => !facts.agreement.is_available,
        "agreement.accepted" => facts.agreement.stand.standing != Standing::Accepted,
        "partner.not-suspended" => facts.flag.is_some(),
        other => panic!("{other} is not of a partner alone"),
    }
}

/// What E15 re-opened after approval is listed only, and so is what is to be accepted anew (A4).
fn blocks(id: &str, facts: &PartnerFacts) -> bool {
    let is_of_review = ["contact.confirmed", "check.employment", "check.business"].contains(&id);
    let is_due = facts.agreement.stand.standing == Standing::ReacceptDue;
    let is_of_grace = id == "agreement.accepted" && is_due;
    !(is_of_grace || is_of_review && facts.state == Some(State::Approved))
}

pub fn unmet_of(id: &str, it: &Case) -> Option<bool> {
    is_unmet(id, it).then(|| blocks(id, &it.facts))
}

#[test]
fn every_value_of_every_fact_is_tried() {
    let mut n_checks = BTreeSet::new();
    for it in cases() {
        let states = it.facts.checks.map(|it| CheckKind::ALL.map(|kind| it.state(kind).as_str()));
        n_checks.insert(states);
    }
    assert_eq!(n_checks.len(), 126);
    for (dimension, size) in SIZES.into_iter().enumerate() {
        assert!(GROUPS.iter().any(|it| it.contains(&dimension)), "{dimension} of {size}");
    }
}

#[test]
fn a_partners_goals_wait_for_what_is_unmet_and_nothing_else() {
    let goals =
        [Goal::SubmitEnrollment, Goal::BecomeQualified, Goal::SignAgreement, Goal::BecomeActive];
    for it in cases() {
        for goal in goals {
            let found = partner_goal(goal, &it.facts, it.authority);
            check(goal, found, |id| unmet_of(id, &it), &it.facts);
        }
    }
}
