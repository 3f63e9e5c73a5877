//! What time itself does, once, as SYSTEM (domain section 8).

use sea_orm::{DeriveActiveEnum, EnumIter};

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Timer {
    /// A contact is reminded (E8). Subject: the enrolment's partner.
    ContactReminder,
    /// A contact's link ends. Subject: the enrolment's partner.
    ContactLinkExpiry,
    /// A "not me" can be undone no longer. Subject: the enrolment's partner.
    ContactUndoExpiry,
    /// A review is overdue (E10). Subject: the enrolment's partner.
    ReviewOverdue,
    /// An invitation ends. Subject: the invitation.
    InvitationExpiry,
    /// A customer invitation ends. Subject: the customer invitation.
    CustomerInvitationExpiry,
    /// A grant ends. Subject: the grant.
    GrantExpiry,
    /// What stood on a relationship goes with it (M6). Subject: the relationship that ended.
    RelationshipEnd,
    /// What else asked for a relationship has become pointless (M6). Subject: the relationship.
    RelationshipStart,
    /// A version takes effect (M5). Subject: the version.
    AgreementEffect,
    /// Partners learn that a version has to be accepted anew (A4). Subject: the version.
    AgreementNotice,
    /// A grace period ends (A4). Subject: the version that had to be accepted.
    AgreementLapse,
    /// A deleted person can be restored no longer (M9). Subject: the user.
    UserRemoval,
}
