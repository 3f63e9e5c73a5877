//! What stands between a company and a goal: the one function that answers and guards.

use sea_orm::Iterable as _;

use crate::{
    EmailProblem, Reason,
    enrollment::{CheckState, State},
    partner::Kind,
};

/// What a company wants to be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sea_orm::EnumIter)]
pub enum Goal {
    SubmitEnrollment,
    BecomeQualified,
}

impl Goal {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SubmitEnrollment => "SUBMIT_ENROLLMENT",
            Self::BecomeQualified => "BECOME_QUALIFIED",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }
}

/// Who can end a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Applicant,
    Contact,
    Reviewer,
    Operator,
}

impl Turn {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applicant => "APPLICANT",
            Self::Contact => "CONTACT",
            Self::Reviewer => "REVIEWER",
            Self::Operator => "OPERATOR",
        }
    }
}

/// One unmet condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Stable id of the catalogue.
    pub id: &'static str,
    pub turn: Turn,
    /// RPC of EnrollmentService that cures it, and the fields that matter.
    pub cure: (&'static str, &'static [&'static str]),
    /// What is wrong, as reason codes.
    pub problems: Vec<&'static str>,
    /// Ids of requirements that come first.
    pub waits_for: &'static [&'static str],
    /// Whether the goal waits for it.
    pub blocking: bool,
}

impl Requirement {
    fn new(
        id: &'static str,
        turn: Turn,
        rpc: &'static str,
        fields: &'static [&'static str],
    ) -> Self {
        let (problems, waits_for) = (Vec::new(), &[][..]);
        Self { id, turn, cure: (rpc, fields), problems, waits_for, blocking: true }
    }

    fn with(mut self, problem: Option<&'static str>) -> Self {
        self.problems.extend(problem);
        self
    }

    fn after(mut self, waits_for: &'static [&'static str]) -> Self {
        self.waits_for = waits_for;
        self
    }

    /// The goals of a partner that it stands in the way of.
    pub fn blocked_goals(&self) -> &'static [Goal] {
        match self.id {
            "enrollment.submitted"
            | "contact.confirmed"
            | "check.employment"
            | "check.business" => &[Goal::BecomeQualified],
            _ => &[Goal::SubmitEnrollment, Goal::BecomeQualified],
        }
    }
}

/// What the goals of a partner are decided by: one key-only query reads it.
#[derive(Clone, Debug)]
pub struct PartnerFacts {
    pub kind: Kind,
    /// Of the enrolment; absent before the first start.
    pub state: Option<State>,
    pub legal_name: Flaw,
    pub address: Flaw,
    pub registration_id: Flaw,
    pub has_support: bool,
    pub has_contact: bool,
    pub contact_email: Option<EmailProblem>,
    /// Absent before the first submission: e-mail ownership, employment, business.
    pub checks: Option<[CheckState; 3]>,
}

/// How a part of the profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    Missing,
    Wrong(Reason),
}

impl Flaw {
    fn problem(self) -> Option<Option<&'static str>> {
        match self {
            Self::None => None,
            Self::Missing => Some(None),
            Self::Wrong(reason) => Some(Some(reason.as_str())),
        }
    }
}

/// What the partner's goal still waits for, in the order of the catalogue. `authority`: the call
/// at hand carries the applicant's confirmation.
pub fn partner_goal(goal: Goal, facts: &PartnerFacts, authority: bool) -> Vec<Requirement> {
    let mut unmet = submit(facts, authority);
    if goal == Goal::BecomeQualified {
        unmet.extend(qualify(facts));
    }
    unmet
}

/// Whether the goal is a thing already done.
pub fn is_done(goal: Goal, facts: &PartnerFacts) -> bool {
    match (goal, facts.state) {
        (Goal::SubmitEnrollment, Some(State::Submitted | State::InReview | State::Approved)) => {
            true
        }
        (Goal::BecomeQualified, Some(State::Approved)) => true,
        (Goal::SubmitEnrollment | Goal::BecomeQualified, _) => false,
    }
}

fn submit(facts: &PartnerFacts, authority: bool) -> Vec<Requirement> {
    use Turn::Applicant;
    let mut unmet = Vec::new();
    if matches!(facts.state, None | Some(State::Withdrawn)) {
        unmet.push(Requirement::new("enrollment.started", Applicant, "StartEnrollment", &[]));
    }
    for (flaw, id, fields) in [
        (facts.legal_name, "profile.legal-name", &["legal_profile.legal_name"][..]),
        (facts.address, "profile.address", &["legal_profile.address"]),
        (facts.registration_id, "profile.registration-id", &["legal_profile.registration_id"]),
    ] {
        if let Some(problem) = flaw.problem() {
            let rpc = "UpdateLegalProfile";
            unmet.push(Requirement::new(id, Applicant, rpc, fields).with(problem));
        }
    }
    if !facts.has_support {
        let fields = &["support_profile.email", "support_profile.phone"];
        let rpc = "UpdateSupportProfile";
        unmet.push(Requirement::new("profile.support", Applicant, rpc, fields));
    }
    let rpc = "UpdatePrimaryContact";
    if !facts.has_contact {
        unmet.push(Requirement::new("contact.named", Applicant, rpc, &["primary_contact"]));
    }
    if !facts.has_contact || facts.contact_email.is_some() {
        let problem = facts.contact_email.map(|it| match it {
            EmailProblem::DomainNotAllowed => Reason::EmailDomainNotAllowed.as_str(),
            EmailProblem::RoleMailbox => Reason::RoleMailboxNotAllowed.as_str(),
        });
        let fields = &["primary_contact.email"];
        let requirement = Requirement::new("contact.email-allowed", Applicant, rpc, fields);
        unmet.push(requirement.with(problem).after(match facts.has_contact {
            true => &[],
            false => &["contact.named"],
        }));
    }
    let is_open =
        matches!(facts.state, None | Some(State::Draft | State::ActionRequired | State::Withdrawn));
    if is_open && !authority {
        let fields = &["authority_confirmed"];
        let rpc = "SubmitEnrollment";
        unmet.push(Requirement::new("applicant.authority", Applicant, rpc, fields));
    }
    unmet
}

fn qualify(facts: &PartnerFacts) -> Vec<Requirement> {
    let mut unmet = Vec::new();
    let submitted =
        matches!(facts.state, Some(State::Submitted | State::InReview | State::Approved));
    if !submitted {
        let rpc = match facts.state {
            Some(State::Rejected) => "ReopenEnrollment",
            None
            | Some(
                State::Draft
                | State::Submitted
                | State::InReview
                | State::ActionRequired
                | State::Approved
                | State::Withdrawn,
            ) => "SubmitEnrollment",
        };
        unmet.push(Requirement::new("enrollment.submitted", Turn::Applicant, rpc, &[]));
    }
    let [email, employment, business] = facts.checks.unwrap_or([CheckState::Pending; 3]);
    let waits: &[&str] = if submitted { &[] } else { &["enrollment.submitted"] };
    if !email.holds() {
        let it = Requirement::new("contact.confirmed", Turn::Contact, "ConfirmContact", &[]);
        unmet.push(it.after(waits));
    }
    let waits: &[&str] = if email.holds() { &[] } else { &["contact.confirmed"] };
    for (check, id) in [(employment, "check.employment"), (business, "check.business")] {
        let (turn, rpc) = match check {
            CheckState::Pending => (Turn::Reviewer, "DecideCheck"),
            CheckState::EvidenceRequested => (Turn::Applicant, "SubmitEnrollment"),
            CheckState::Failed => (Turn::Applicant, "ReopenEnrollment"),
            CheckState::Passed | CheckState::Waived => continue,
        };
        unmet.push(Requirement::new(id, turn, rpc, &[]).after(waits));
    }
    unmet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(goal: Goal, facts: &PartnerFacts, authority: bool) -> Vec<&'static str> {
        partner_goal(goal, facts, authority).into_iter().map(|it| it.id).collect()
    }

    fn complete() -> PartnerFacts {
        PartnerFacts {
            kind: Kind::Reseller,
            state: Some(State::Draft),
            legal_name: Flaw::None,
            address: Flaw::None,
            registration_id: Flaw::None,
            has_support: true,
            has_contact: true,
            contact_email: None,
            checks: None,
        }
    }

    #[test]
    fn a_fresh_draft_in_spain_lacks_exactly_six_things() {
        let facts = PartnerFacts {
            legal_name: Flaw::Missing,
            address: Flaw::Missing,
            has_support: false,
            has_contact: false,
            ..complete()
        };
        assert_eq!(
            ids(Goal::SubmitEnrollment, &facts, false),
            [
                "profile.legal-name",
                "profile.address",
                "profile.support",
                "contact.named",
                "contact.email-allowed",
                "applicant.authority",
            ]
        );
    }

    #[test]
    fn a_complete_draft_waits_for_the_authority_alone() {
        assert_eq!(ids(Goal::SubmitEnrollment, &complete(), false), ["applicant.authority"]);
        assert!(ids(Goal::SubmitEnrollment, &complete(), true).is_empty());
    }

    #[test]
    fn in_review_the_checks_are_what_is_left() {
        use CheckState::{Passed, Pending};
        let checks = Some([Passed, Passed, Pending]);
        let facts = PartnerFacts { state: Some(State::InReview), checks, ..complete() };
        assert_eq!(ids(Goal::BecomeQualified, &facts, false), ["check.business"]);
    }
}
