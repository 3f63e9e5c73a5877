//! Every goal, over all that can be known, against the catalogue as the design states it.

mod channel;
mod partner;

use std::fmt::Debug;

use sea_orm::Iterable as _;

use super::*;
use crate::Reason;

const SUBMIT: &str = "enrollment.started profile.legal-name profile.address profile.registration-id \
     profile.support contact.named contact.email-allowed applicant.authority";
const QUALIFY: &str = "enrollment.submitted contact.confirmed check.employment check.business";
const SIGN: &str =
    "partner-id.associated partner-id.active agreement.available partner.not-suspended";
const BETWEEN: &str = "provider.active reseller.active relationship.active grant.order-on-behalf";

/// The goals' exact requirements. `partner.appointed` is missing from them: no provider comes to be
/// without an appointment.
fn catalogue(goal: Goal) -> Vec<&'static str> {
    let active = [SUBMIT, QUALIFY, SIGN, "agreement.accepted"];
    let parts: Vec<&[&'static str]> = match goal {
        Goal::SubmitEnrollment => vec![&active[..1]],
        Goal::BecomeQualified => vec![&active[..2]],
        Goal::SignAgreement => vec![&active[..3]],
        Goal::BecomeActive => vec![&active],
        Goal::InviteReseller => vec![&["parties.kinds"], &active],
        Goal::AcceptProvider => vec![
            &["invitation.addressee parties.kinds parties.distinct"],
            &active,
            &["provider.active market.same-region"],
        ],
        Goal::InviteCustomer => vec![&active, &[BETWEEN, "market.same-region"]],
        Goal::AcceptCustomerInvitation => vec![&[BETWEEN, "customer.not-partner customer.market"]],
        Goal::AttestCustomerAgreement => vec![&active, &["customer.provider-authorised"]],
        Goal::PlaceOrder => vec![&[
            BETWEEN,
            "market.same-region customer.market",
            "customer.reseller-authorised customer.provider-authorised customer.agreement",
        ]],
        Goal::ManageExisting => vec![&["customer.provider-authorised"]],
        Goal::RestoreGrant => vec![&active, &["provider.active relationship.active"]],
    };
    parts.into_iter().flatten().flat_map(|it| it.split(' ')).collect()
}

/// Compares an answer with the ids that should be in it, in the goal's order, and the guard with
/// those of them that block.
fn check(
    goal: Goal,
    found: Vec<Requirement>,
    is_unmet: impl Fn(&str) -> Option<bool>,
    what: &dyn Debug,
) {
    let expected: Vec<(&str, bool)> =
        goal.requirements().into_iter().filter_map(|id| Some((id, is_unmet(id)?))).collect();
    let answer: Vec<(&str, bool)> = found.iter().map(|it| (it.id, it.blocking)).collect();
    assert_eq!(answer, expected, "{goal:?} of {what:?}");
    let blocking: Vec<Requirement> = found.iter().filter(|it| it.blocking).cloned().collect();
    for party in [Turn::Provider, Turn::Reseller, Turn::Customer] {
        check_view(party, &found);
    }
    match guard(goal, found) {
        Ok(()) => assert!(blocking.is_empty(), "{goal:?} of {what:?}"),
        Err(err) => {
            assert_eq!(err.reason, Reason::RequirementsNotMet);
            assert_eq!(err.unmet, Some((goal, blocking)), "{what:?}");
        }
    }
}

/// One party reads its own part whole, and of other companies id, turn and whether it blocks.
fn check_view(party: Turn, whole: &[Requirement]) {
    let companies = [Turn::Provider, Turn::Reseller, Turn::Customer];
    let shown = as_shown_to(party, whole.to_vec());
    assert_eq!(shown.len(), whole.len());
    for (shown, whole) in shown.into_iter().zip(whole) {
        // Who is not the addressee is told so in full.
        let is_addressee = whole.id == "invitation.addressee";
        if whole.turn == party || is_addressee || !companies.contains(&whole.turn) {
            assert_eq!(shown, *whole, "to {party:?}");
            continue;
        }
        let bare = Requirement {
            id: whole.id,
            turn: whole.turn,
            blocking: whole.blocking,
            cure: None,
            alternatives: Vec::new(),
            problems: Vec::new(),
            waits_for: &[],
            permanent: false,
            overdue: false,
            since: None,
            expected_from: None,
            expected_by: None,
        };
        assert_eq!(shown, bare, "to {party:?}");
    }
}

fn yes_if(is_unmet: bool) -> Option<bool> {
    is_unmet.then_some(true)
}

#[test]
fn every_goal_has_exactly_the_requirements_of_the_catalogue() {
    for goal in Goal::iter() {
        let (mut ours, mut theirs) = (goal.requirements(), catalogue(goal));
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{goal:?}");
    }
}
