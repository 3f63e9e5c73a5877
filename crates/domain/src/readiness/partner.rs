//! The goals of a partner by itself: from an empty profile to an active partner.

use super::{Cure, Goal, Requirement, Turn};
use crate::{
    Reason, Timestamp,
    check::{CheckKind, Checks},
    course::{Stand, Standing},
    enrollment::{CheckState, Form, State},
    location,
    partner::{self, Flag, Kind},
};

/// What the goals of a partner are decided by: reads by key, nothing else.
#[derive(Clone, Debug)]
pub struct PartnerFacts {
    pub kind: Kind,
    pub flag: Option<Flag>,
    /// Of the enrolment; absent before the first start.
    pub state: Option<State>,
    /// How much of the enrolment has to be gone through (E4).
    pub form: Form,
    pub legal_name: Flaw,
    pub address: Flaw,
    pub registration_id: Flaw,
    pub has_support: bool,
    pub has_contact: bool,
    /// The contact's address as E7 has it; `Missing` while none is given.
    pub contact_email: Flaw,
    /// Absent before the first submission.
    pub checks: Option<Checks>,
    /// While a contact is asked to confirm.
    pub contact_wait: Option<ContactWait>,
    /// While a reviewer is at it.
    pub review: Option<ReviewWait>,
    /// The location that is tied, and whether it is of the company's country.
    pub location: Option<(location::State, bool)>,
    pub agreement: AgreementFacts,
}

/// What is known of a contact that is being asked.
#[derive(Clone, Copy, Debug)]
pub enum ContactWait {
    /// It holds a link that works.
    Asked { since: Timestamp, expire_time: Timestamp },
    /// Its link works no longer.
    Expired,
    /// The mailbox refuses mail.
    Undeliverable,
}

/// How long a review has been going on, and may.
#[derive(Clone, Copy, Debug)]
pub struct ReviewWait {
    pub since: Timestamp,
    pub expected_from: Timestamp,
    pub expected_by: Timestamp,
    pub is_overdue: bool,
}

/// What is known of the partner agreement.
#[derive(Clone, Copy, Debug, Default)]
pub struct AgreementFacts {
    /// A version for this kind of partner is in force.
    pub is_available: bool,
    /// What was accepted is the version in force.
    pub is_current: bool,
    /// Where the partner stands with what it accepted.
    pub stand: Stand,
}

/// How a part of the profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    Missing,
    /// An address that may stay as it is, or become the suggested one: the company has not said.
    Undecided,
    Wrong(Reason),
}

impl Flaw {
    fn problem(self) -> Option<Option<&'static str>> {
        match self {
            Self::None => None,
            Self::Missing | Self::Undecided => Some(None),
            Self::Wrong(reason) => Some(Some(reason.as_str())),
        }
    }
}

impl PartnerFacts {
    /// What the programme status follows from.
    pub fn standing(&self) -> partner::Standing {
        partner::Standing {
            flag: self.flag,
            enrollment: self.state,
            has_location: self.location == Some((location::State::Active, true)),
            has_accepted: self.agreement.stand.standing.is_accepted(),
        }
    }

    fn check(&self, kind: CheckKind) -> CheckState {
        self.checks.as_ref().map_or(CheckState::Pending, |it| it.state(kind))
    }
}

/// What the partner's goal still waits for, in the order of the catalogue. `authority`: the call
/// at hand carries the applicant's confirmation.
pub fn partner_goal(goal: Goal, facts: &PartnerFacts, authority: bool) -> Vec<Requirement> {
    let mut unmet = submit(facts, authority);
    if goal != Goal::SubmitEnrollment {
        unmet.extend(qualify(facts));
    }
    if goal != Goal::SubmitEnrollment && goal != Goal::BecomeQualified {
        unmet.extend(partner_id(facts));
        unmet.extend(agreement(facts, goal != Goal::SignAgreement));
        unmet.extend(not_suspended(facts));
    }
    unmet
}

/// Whether the goal is a thing already done.
pub fn is_done(goal: Goal, facts: &PartnerFacts) -> bool {
    match goal {
        Goal::SubmitEnrollment => facts.state.is_some_and(State::is_handed_in),
        Goal::BecomeQualified => facts.state == Some(State::Approved),
        Goal::SignAgreement => {
            facts.agreement.stand.standing.is_accepted() && facts.agreement.is_current
        }
        Goal::BecomeActive => facts.standing().is_active(),
        Goal::InviteReseller
        | Goal::AcceptProvider
        | Goal::InviteCustomer
        | Goal::AcceptCustomerInvitation
        | Goal::AttestCustomerAgreement
        | Goal::PlaceOrder
        | Goal::ManageExisting
        | Goal::RestoreGrant => false,
    }
}

fn submit(facts: &PartnerFacts, authority: bool) -> Vec<Requirement> {
    use Turn::Applicant;
    let mut unmet = Vec::new();
    if matches!(facts.state, None | Some(State::Withdrawn)) {
        let cure = Cure::enrollment("StartEnrollment");
        unmet.push(Requirement::new("enrollment.started", Applicant, cure));
    }
    // Of a member that an operator imported, who it is was established before.
    let profile = match facts.form {
        Form::Full => &legal_profile(facts)[..],
        Form::Short => &[],
    };
    for (flaw, id, fields) in profile {
        if let Some(problem) = flaw.problem() {
            let cure = Cure::enrollment("UpdateLegalProfile").with(fields);
            unmet.push(Requirement::new(id, Applicant, cure).with(problem));
        }
    }
    if !facts.has_support {
        let fields = &["support_profile.email", "support_profile.phone"];
        let cure = Cure::enrollment("UpdateSupportProfile").with(fields);
        unmet.push(Requirement::new("profile.support", Applicant, cure));
    }
    let cure = Cure::enrollment("UpdatePrimaryContact");
    if !facts.has_contact {
        let cure = cure.with(&["primary_contact"]);
        unmet.push(Requirement::new("contact.named", Applicant, cure));
    }
    if let Some(problem) = facts.contact_email.problem() {
        let cure = cure.with(&["primary_contact.email"]);
        let requirement = Requirement::new("contact.email-allowed", Applicant, cure);
        unmet.push(requirement.with(problem).after(match facts.contact_email == Flaw::Missing {
            true => &["contact.named"],
            false => &[],
        }));
    }
    let is_open =
        matches!(facts.state, None | Some(State::Draft | State::ActionRequired | State::Withdrawn));
    if is_open && !authority {
        let cure = Cure::enrollment("SubmitEnrollment").with(&["authority_confirmed"]);
        unmet.push(Requirement::new("applicant.authority", Applicant, cure));
    }
    unmet
}

type ProfilePart = (Flaw, &'static str, &'static [&'static str]);

fn legal_profile(facts: &PartnerFacts) -> [ProfilePart; 3] {
    let address: &[&str] = match facts.address {
        Flaw::Undecided => &["legal_profile.address_choice"],
        Flaw::None | Flaw::Missing | Flaw::Wrong(_) => &["legal_profile.address"],
    };
    [
        (facts.legal_name, "profile.legal-name", &["legal_profile.legal_name"]),
        (facts.address, "profile.address", address),
        (facts.registration_id, "profile.registration-id", &["legal_profile.registration_id"]),
    ]
}

fn qualify(facts: &PartnerFacts) -> Vec<Requirement> {
    let mut unmet = Vec::new();
    let submitted = facts.state.is_some_and(State::is_handed_in);
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
        let cure = Cure::enrollment(rpc);
        unmet.push(Requirement::new("enrollment.submitted", Turn::Applicant, cure));
    }
    let is_confirmed = facts.check(CheckKind::EmailOwnership).holds();
    if !is_confirmed {
        let waits: &[&str] = if submitted { &[] } else { &["enrollment.submitted"] };
        unmet.push(confirmation(facts).after(waits));
    }
    let waits: &[&str] = if is_confirmed { &[] } else { &["contact.confirmed"] };
    for (kind, id) in
        [(CheckKind::Employment, "check.employment"), (CheckKind::Business, "check.business")]
    {
        unmet.extend(check(facts, kind, id).map(|it| it.after(waits)));
    }
    // What was re-opened after approval (E15) is listed, and nothing waits for it.
    let is_approved = facts.state == Some(State::Approved);
    for it in unmet.iter_mut().filter(|_| is_approved) {
        it.blocking = false;
    }
    unmet
}

fn confirmation(facts: &PartnerFacts) -> Requirement {
    let id = "contact.confirmed";
    let by_contact = Requirement::new(id, Turn::Contact, Cure::enrollment("ConfirmContact"));
    let again = Cure::enrollment("ResendContactConfirmation");
    let another = Cure::enrollment("UpdatePrimaryContact").with(&["primary_contact.email"]);
    match facts.contact_wait {
        None if facts.contact_email == Flaw::Wrong(Reason::ContactDisowned) => {
            let problem = Some(Reason::ContactDisowned.as_str());
            Requirement::new(id, Turn::Applicant, another).with(problem)
        }
        None => by_contact,
        Some(ContactWait::Undeliverable) => {
            let problem = Some(Reason::MailUndeliverable.as_str());
            Requirement::new(id, Turn::Applicant, another).with(problem).or(again)
        }
        Some(ContactWait::Expired) => {
            let problem = Some(Reason::LinkExpired.as_str());
            Requirement::new(id, Turn::Applicant, again).with(problem).or(another)
        }
        Some(ContactWait::Asked { since, expire_time }) => {
            Requirement { since: Some(since), expected_by: Some(expire_time), ..by_contact }
        }
    }
}

fn check(facts: &PartnerFacts, kind: CheckKind, id: &'static str) -> Option<Requirement> {
    let is_approved = facts.state == Some(State::Approved);
    let (turn, rpc) = match facts.check(kind) {
        CheckState::Pending => (Turn::Reviewer, "DecideCheck"),
        // Nothing is handed in or begun again after approval (E15).
        CheckState::EvidenceRequested | CheckState::Failed if is_approved => {
            (Turn::Applicant, "UploadEvidence")
        }
        CheckState::EvidenceRequested => (Turn::Applicant, "SubmitEnrollment"),
        CheckState::Failed => (Turn::Applicant, "ReopenEnrollment"),
        CheckState::Passed | CheckState::Waived => return None,
    };
    let mut it = Requirement::new(id, turn, Cure::enrollment(rpc));
    if rpc == "UploadEvidence" {
        it = it.or(Cure::enrollment("UpdateLegalProfile"));
    }
    let known = facts.checks.as_ref().and_then(|it| it.get(kind));
    it.problems = known.map(|it| it.reasons.clone()).unwrap_or_default();
    it.since = known.map(|it| it.update_time);
    if let Some(review) = facts.review.filter(|_| turn == Turn::Reviewer) {
        it.since = Some(review.since);
        it.expected_from = Some(review.expected_from);
        it.expected_by = Some(review.expected_by);
        it.overdue = review.is_overdue;
    }
    Some(it)
}

fn partner_id(facts: &PartnerFacts) -> Vec<Requirement> {
    let cure = Cure::enrollment("AssociatePartnerId").with(&["partner_id"]);
    let associate = |id| Requirement::new(id, Turn::Applicant, cure);
    let mut unmet = Vec::new();
    if facts.location.is_none_or(|(_, is_same_country)| !is_same_country) {
        let problem = facts.location.map(|_| Reason::CountryMismatch.as_str());
        let add = Cure::enrollment("AddLocation");
        unmet.push(associate("partner-id.associated").with(problem).or(add));
    }
    let id = "partner-id.active";
    match facts.location.map(|(state, _)| state) {
        None => unmet.push(associate(id).after(&["partner-id.associated"])),
        Some(location::State::Pending) => {
            let cure = Cure::enrollment("DecideCheck").with(&["kind"]);
            unmet.push(Requirement::new(id, Turn::Reviewer, cure).after(&["check.business"]));
        }
        Some(location::State::Inactive | location::State::Rejected) => {
            unmet.push(associate(id).with(Some(Reason::PartnerIdInactive.as_str())));
        }
        Some(location::State::Active) => {}
    }
    unmet
}

fn agreement(facts: &PartnerFacts, has_to_be_accepted: bool) -> Vec<Requirement> {
    let mut unmet = Vec::new();
    let is_available = facts.agreement.is_available;
    if !is_available {
        let cure = Cure::agreements("PublishAgreementVersion");
        unmet.push(Requirement::new("agreement.available", Turn::AgreementPublisher, cure));
    }
    if has_to_be_accepted {
        let waits: &[&str] = if is_available { &[] } else { &["agreement.available"] };
        unmet.extend(acceptance(facts.agreement.stand).map(|it| it.after(waits)));
    }
    unmet
}

/// What is to be accepted anew is listed until its grace period ends, and blocks from then on (A4).
fn acceptance(stand: Stand) -> Option<Requirement> {
    let cure = Cure::agreements("AcceptAgreement");
    let it = Requirement {
        since: stand.since,
        expected_by: stand.reaccept_by,
        ..Requirement::new("agreement.accepted", Turn::Applicant, cure)
    };
    match stand.standing {
        Standing::Accepted => None,
        Standing::None | Standing::Declined => Some(it),
        Standing::ReacceptDue => Some(Requirement { blocking: false, ..it }),
        Standing::Lapsed => {
            let it = Requirement { overdue: true, ..it };
            Some(it.with(Some(Reason::AgreementLapsed.as_str())))
        }
    }
}

fn not_suspended(facts: &PartnerFacts) -> Option<Requirement> {
    let id = "partner.not-suspended";
    match facts.flag? {
        Flag::Suspended => {
            let cure = Cure::enrollment("ReinstatePartner");
            Some(Requirement::new(id, Turn::Operator, cure))
        }
        Flag::Deauthorized => Some(Requirement::permanent(id, Turn::Operator)),
    }
}
