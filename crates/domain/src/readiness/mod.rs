//! What stands between a company and a goal: the one function that answers and guards.

mod channel;
mod partner;
#[cfg(test)]
mod tests;

use sea_orm::Iterable as _;

use crate::{Error, Result, Timestamp};

pub use channel::{
    AcceptProvider, Bond, Channel, CustomerPart, Region, accept_customer_invitation,
    accept_provider, as_shown_to, attest_customer_agreement, delegated_administration,
    invite_customer, invite_reseller, manage_existing, never_connected, place_order, restore_grant,
};
pub use partner::{
    AgreementFacts, ContactWait, Flaw, PartnerFacts, ReviewWait, is_done, partner_goal,
};

/// What a company wants to be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sea_orm::EnumIter)]
pub enum Goal {
    SubmitEnrollment,
    BecomeQualified,
    SignAgreement,
    BecomeActive,
    InviteReseller,
    AcceptProvider,
    InviteCustomer,
    AcceptCustomerInvitation,
    AttestCustomerAgreement,
    PlaceOrder,
    ManageExisting,
    RestoreGrant,
}

impl Goal {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SubmitEnrollment => "SUBMIT_ENROLLMENT",
            Self::BecomeQualified => "BECOME_QUALIFIED",
            Self::SignAgreement => "SIGN_AGREEMENT",
            Self::BecomeActive => "BECOME_ACTIVE",
            Self::InviteReseller => "INVITE_RESELLER",
            Self::AcceptProvider => "ACCEPT_PROVIDER",
            Self::InviteCustomer => "INVITE_CUSTOMER",
            Self::AcceptCustomerInvitation => "ACCEPT_CUSTOMER_INVITATION",
            Self::AttestCustomerAgreement => "ATTEST_CUSTOMER_AGREEMENT",
            Self::PlaceOrder => "PLACE_ORDER",
            Self::ManageExisting => "MANAGE_EXISTING",
            Self::RestoreGrant => "RESTORE_GRANT",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }

    /// Ids of everything the goal can wait for, in the order of the catalogue.
    pub fn requirements(self) -> Vec<&'static str> {
        const SUBMIT: [&str; 8] = [
            "enrollment.started",
            "profile.legal-name",
            "profile.address",
            "profile.registration-id",
            "profile.support",
            "contact.named",
            "contact.email-allowed",
            "applicant.authority",
        ];
        const QUALIFY: [&str; 4] =
            ["enrollment.submitted", "contact.confirmed", "check.employment", "check.business"];
        const SIGN: [&str; 3] =
            ["partner-id.associated", "partner-id.active", "agreement.available"];
        const ACCEPTED: [&str; 1] = ["agreement.accepted"];
        const FREE: [&str; 1] = ["partner.not-suspended"];
        const BETWEEN: [&str; 4] =
            ["provider.active", "reseller.active", "relationship.active", "grant.order-on-behalf"];
        let active = || [&SUBMIT[..], &QUALIFY, &SIGN, &ACCEPTED, &FREE];
        match self {
            Self::SubmitEnrollment => SUBMIT.to_vec(),
            Self::BecomeQualified => [&SUBMIT[..], &QUALIFY].concat(),
            Self::SignAgreement => [&SUBMIT[..], &QUALIFY, &SIGN, &FREE].concat(),
            Self::BecomeActive => active().concat(),
            Self::InviteReseller => [active().concat(), vec!["parties.kinds"]].concat(),
            Self::AcceptProvider => [
                vec!["invitation.addressee"],
                active().concat(),
                vec!["provider.active", "parties.distinct", "parties.kinds", "market.same-region"],
            ]
            .concat(),
            Self::InviteCustomer => {
                [active().concat(), BETWEEN.to_vec(), vec!["market.same-region"]].concat()
            }
            Self::AcceptCustomerInvitation => {
                [&BETWEEN[..], &["customer.not-partner", "customer.market"]].concat()
            }
            Self::AttestCustomerAgreement => {
                [active().concat(), vec!["customer.provider-authorised"]].concat()
            }
            Self::PlaceOrder => {
                let customer = [
                    "market.same-region",
                    "customer.market",
                    "customer.reseller-authorised",
                    "customer.provider-authorised",
                    "customer.agreement",
                ];
                [&BETWEEN[..], &customer].concat()
            }
            Self::ManageExisting => vec!["customer.provider-authorised"],
            Self::RestoreGrant => {
                [active().concat(), vec!["provider.active", "relationship.active"]].concat()
            }
        }
    }
}

/// Who can end a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The company whose goal it is.
    Applicant,
    Contact,
    Reviewer,
    Operator,
    AgreementPublisher,
    Provider,
    Reseller,
    Customer,
    /// The programme's own tables.
    System,
}

impl Turn {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applicant => "APPLICANT",
            Self::Contact => "CONTACT",
            Self::Reviewer => "REVIEWER",
            Self::Operator => "OPERATOR",
            Self::AgreementPublisher => "AGREEMENT_PUBLISHER",
            Self::Provider => "PROVIDER",
            Self::Reseller => "RESELLER",
            Self::Customer => "CUSTOMER",
            Self::System => "SYSTEM",
        }
    }

    /// Whether it may be another company's: all other turns belong to the asker's own requirements,
    /// or to the programme.
    fn is_of_a_counterpart(self) -> bool {
        match self {
            Self::Provider | Self::Reseller | Self::Customer => true,
            Self::Applicant
            | Self::Contact
            | Self::Reviewer
            | Self::Operator
            | Self::AgreementPublisher
            | Self::System => false,
        }
    }
}

/// A service of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Enrollment,
    Agreements,
    Relationships,
}

/// A call that helps, and the fields of its request that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cure {
    pub service: Service,
    pub rpc: &'static str,
    pub fields: &'static [&'static str],
}

impl Cure {
    const fn enrollment(rpc: &'static str) -> Self {
        Self { service: Service::Enrollment, rpc, fields: &[] }
    }

    const fn agreements(rpc: &'static str) -> Self {
        Self { service: Service::Agreements, rpc, fields: &[] }
    }

    const fn relationships(rpc: &'static str) -> Self {
        Self { service: Service::Relationships, rpc, fields: &[] }
    }

    const fn with(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }
}

/// One unmet condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Stable id of the catalogue.
    pub id: &'static str,
    pub turn: Turn,
    /// Absent: nothing cures it.
    pub cure: Option<Cure>,
    pub alternatives: Vec<Cure>,
    /// What is wrong, as reason codes.
    pub problems: Vec<String>,
    /// Ids of requirements that come first.
    pub waits_for: &'static [&'static str],
    /// Whether the goal waits for it.
    pub blocking: bool,
    /// Whether nothing will ever cure it.
    pub permanent: bool,
    pub overdue: bool,
    pub since: Option<Timestamp>,
    pub expected_from: Option<Timestamp>,
    pub expected_by: Option<Timestamp>,
}

impl Requirement {
    fn new(id: &'static str, turn: Turn, cure: Cure) -> Self {
        Self {
            id,
            turn,
            cure: Some(cure),
            alternatives: Vec::new(),
            problems: Vec::new(),
            waits_for: &[],
            blocking: true,
            permanent: false,
            overdue: false,
            since: None,
            expected_from: None,
            expected_by: None,
        }
    }

    /// A condition that nothing cures.
    fn permanent(id: &'static str, turn: Turn) -> Self {
        let it = Self::new(id, turn, Cure::enrollment(""));
        Self { cure: None, permanent: true, ..it }
    }

    fn with(mut self, problem: Option<&'static str>) -> Self {
        self.problems.extend(problem.map(str::to_owned));
        self
    }

    fn or(mut self, alternative: Cure) -> Self {
        self.alternatives.push(alternative);
        self
    }

    fn after(mut self, waits_for: &'static [&'static str]) -> Self {
        self.waits_for = waits_for;
        self
    }

    /// The goals that it stands in the way of.
    pub fn blocked_goals(&self) -> Vec<Goal> {
        Goal::iter().filter(|it| self.blocking && it.requirements().contains(&self.id)).collect()
    }
}

/// Refuses what the goal still waits for: REQUIREMENTS_NOT_MET with all of it (domain section 7).
pub fn guard(goal: Goal, unmet: Vec<Requirement>) -> Result<()> {
    match unmet.iter().any(|it| it.blocking) {
        true => Err(Error::unmet(goal, unmet.into_iter().filter(|it| it.blocking).collect())),
        false => Ok(()),
    }
}
