//! Which mails the product sends, and how far one has come.

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

/// A kind of mail; its texts lie with the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "kebab-case")]
pub enum Template {
    /// A contact is asked to confirm (E8); carries a link.
    ContactConfirmation,
    /// A contact has not answered yet; carries the same link.
    ContactReminder,
    /// A contact said that it was not it; carries the link that undoes that (E8).
    ContactDisowned,
    /// An enrolment moved, and its contact has confirmed (E13).
    EnrollmentStatus,
    /// A partner became ACTIVE, and its signer an ADMIN_AGENT (U2).
    PartnerActive,
    /// An operator suspended a partner (E16).
    PartnerSuspended,
    /// An operator reinstated a partner (E16).
    PartnerReinstated,
    /// An operator deauthorised a partner, for good (E16).
    PartnerDeauthorized,
    /// A provider asks a company to make it its provider (R2); carries a link.
    Invitation,
    /// An invited reseller accepted.
    InvitationAccepted,
    /// A reseller asks a company to buy through it (R9); carries a link.
    CustomerInvitation,
    /// An invited customer accepted.
    CustomerInvitationAccepted,
    /// A power was taken back or given up.
    GrantRevoked,
    /// An invited company said no (R2).
    InvitationDeclined,
    /// One side, or the platform, holds a relationship (R7).
    RelationshipSuspended,
    /// A relationship goes on again (R7).
    RelationshipResumed,
    /// One side ended a relationship (R7).
    RelationshipEnded,
    /// A power was given again (R6).
    GrantRestored,
    /// An invited customer said no.
    CustomerInvitationDeclined,
    /// A customer and a partner part (R13).
    CustomerRelationshipEnded,
    /// A provider stated that the customer signed (A8).
    CustomerAgreementAttested,
    /// A newer version of the agreement has to be accepted (A4).
    AgreementDue,
    /// It was not, and what was accepted before stands no longer (A4).
    AgreementLapsed,
    /// A person became a global admin of its company.
    GlobalAdminGiven,
    /// A person is no longer a global admin of its company.
    GlobalAdminTaken,
    /// A person is asked to prove its mailbox (R4); carries a link.
    EmailVerification,
    /// A person of an external directory is asked to sign in (M9); carries a link.
    UserInvitation,
}

impl Template {
    /// Every kind of mail there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContactConfirmation => "contact-confirmation",
            Self::ContactReminder => "contact-reminder",
            Self::ContactDisowned => "contact-disowned",
            Self::EnrollmentStatus => "enrollment-status",
            Self::PartnerActive => "partner-active",
            Self::PartnerSuspended => "partner-suspended",
            Self::PartnerReinstated => "partner-reinstated",
            Self::PartnerDeauthorized => "partner-deauthorized",
            Self::Invitation => "invitation",
            Self::InvitationAccepted => "invitation-accepted",
            Self::CustomerInvitation => "customer-invitation",
            Self::CustomerInvitationAccepted => "customer-invitation-accepted",
            Self::GrantRevoked => "grant-revoked",
            Self::InvitationDeclined => "invitation-declined",
            Self::RelationshipSuspended => "relationship-suspended",
            Self::RelationshipResumed => "relationship-resumed",
            Self::RelationshipEnded => "relationship-ended",
            Self::GrantRestored => "grant-restored",
            Self::CustomerInvitationDeclined => "customer-invitation-declined",
            Self::CustomerRelationshipEnded => "customer-relationship-ended",
            Self::CustomerAgreementAttested => "customer-agreement-attested",
            Self::AgreementDue => "agreement-due",
            Self::AgreementLapsed => "agreement-lapsed",
            Self::GlobalAdminGiven => "global-admin-given",
            Self::GlobalAdminTaken => "global-admin-taken",
            Self::EmailVerification => "email-verification",
            Self::UserInvitation => "user-invitation",
        }
    }
}

/// How far a mail has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Delivery {
    Queued,
    Sent,
    Failed,
}

impl Delivery {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Sent => "SENT",
            Self::Failed => "FAILED",
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum as _;

    use super::*;

    #[test]
    fn the_database_spells_templates_and_deliveries_as_we_do() {
        for it in Template::iter() {
            assert_eq!(it.to_value(), it.as_str());
        }
        for it in Delivery::iter() {
            assert_eq!(it.to_value(), it.as_str());
        }
    }
}
