//! What can happen, as the ledger stores it for ever.

#[allow(clippy::allow_attributes_without_reason, clippy::doc_markdown, reason = "generated")]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/pacta.event.v1.rs"));
}

pub use v1::*;

impl Event {
    /// An event about the resource called `subject`.
    pub fn of(subject: impl Into<String>, kind: event::Kind) -> Self {
        Self { subject: subject.into(), kind: Some(kind), ..Self::default() }
    }

    /// Somebody tried to be `user` and failed; empty for a name that nobody has.
    pub fn sign_in_failed(user: String) -> Self {
        Self::of(user.clone(), event::Kind::SignInFailed(SignInFailed { user }))
    }

    /// Why it was done, as stated by who did it.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// A value that changed, unless it did not. Personal values go beside the entry instead.
    pub fn changed(
        mut self,
        field: &str,
        before: impl Into<String>,
        after: impl Into<String>,
    ) -> Self {
        let (before, after) = (before.into(), after.into());
        if before != after {
            self.changes.push(Change { field: field.to_owned(), before, after });
        }
        self
    }
}

impl event::Kind {
    /// The name of the event, such as `SignedIn`.
    #[expect(clippy::too_many_lines, reason = "one line per event")]
    pub fn name(&self) -> &'static str {
        match self {
            Self::WorkAccountCreated(_) => "WorkAccountCreated",
            Self::UserCreated(_) => "UserCreated",
            Self::SignedIn(_) => "SignedIn",
            Self::SignInFailed(_) => "SignInFailed",
            Self::PasswordChanged(_) => "PasswordChanged",
            Self::PlatformRolesChanged(_) => "PlatformRolesChanged",
            Self::ProviderAppointed(_) => "ProviderAppointed",
            Self::EnrollmentStarted(_) => "EnrollmentStarted",
            Self::LegalProfileUpdated(_) => "LegalProfileUpdated",
            Self::PrimaryContactUpdated(_) => "PrimaryContactUpdated",
            Self::SupportProfileUpdated(_) => "SupportProfileUpdated",
            Self::EnrollmentSubmitted(_) => "EnrollmentSubmitted",
            Self::EnrollmentWithdrawn(_) => "EnrollmentWithdrawn",
            Self::ContactAskedAgain(_) => "ContactAskedAgain",
            Self::ContactDisowned(_) => "ContactDisowned",
            Self::ContactRestored(_) => "ContactRestored",
            Self::ContactLinkExpired(_) => "ContactLinkExpired",
            Self::ContactUndoExpired(_) => "ContactUndoExpired",
            Self::ReviewEscalated(_) => "ReviewEscalated",
            Self::PartnerSuspended(_) => "PartnerSuspended",
            Self::PartnerReinstated(_) => "PartnerReinstated",
            Self::PartnerDeauthorized(_) => "PartnerDeauthorized",
            Self::EnrollmentRecalled(_) => "EnrollmentRecalled",
            Self::EnrollmentReopened(_) => "EnrollmentReopened",
            Self::ContactConfirmed(_) => "ContactConfirmed",
            Self::CheckDecided(_) => "CheckDecided",
            Self::EvidenceUploaded(_) => "EvidenceUploaded",
            Self::DecisionAppealed(_) => "DecisionAppealed",
            Self::ReviewClaimed(_) => "ReviewClaimed",
            Self::ReviewReleased(_) => "ReviewReleased",
            Self::ContactReminded(_) => "ContactReminded",
            Self::ReviewOverdue(_) => "ReviewOverdue",
            Self::LocationAdded(_) => "LocationAdded",
            Self::PartnerIdAssociated(_) => "PartnerIdAssociated",
            Self::LocationActivated(_) => "LocationActivated",
            Self::AssociationCodeCreated(_) => "AssociationCodeCreated",
            Self::AssociationCodeUsed(_) => "AssociationCodeUsed",
            Self::LocationFreed(_) => "LocationFreed",
            Self::LocationClosed(_) => "LocationClosed",
            Self::LocationOpened(_) => "LocationOpened",
            Self::ExternalIdsSet(_) => "ExternalIdsSet",
            Self::MemberImported(_) => "MemberImported",
            Self::EnrollmentTakenOver(_) => "EnrollmentTakenOver",
            Self::AgreementVersionCreated(_) => "AgreementVersionCreated",
            Self::AgreementVersionPublished(_) => "AgreementVersionPublished",
            Self::AgreementDocumentDownloaded(_) => "AgreementDocumentDownloaded",
            Self::AgreementAccepted(_) => "AgreementAccepted",
            Self::PartnerActivated(_) => "PartnerActivated",
            Self::CustomerAgreementAttested(_) => "CustomerAgreementAttested",
            Self::InvitationCreated(_) => "InvitationCreated",
            Self::InvitationAccepted(_) => "InvitationAccepted",
            Self::InvitationExpired(_) => "InvitationExpired",
            Self::InvitationCancelled(_) => "InvitationCancelled",
            Self::RelationshipOpened(_) => "RelationshipOpened",
            Self::GrantRevoked(_) => "GrantRevoked",
            Self::GrantExpired(_) => "GrantExpired",
            Self::CustomerInvitationCreated(_) => "CustomerInvitationCreated",
            Self::CustomerInvitationAccepted(_) => "CustomerInvitationAccepted",
            Self::CustomerInvitationExpired(_) => "CustomerInvitationExpired",
            Self::CustomerAuthorised(_) => "CustomerAuthorised",
            Self::TableImported(_) => "TableImported",
            Self::LocationImported(_) => "LocationImported",
            Self::LocationsImported(_) => "LocationsImported",
            Self::InvitationResent(_) => "InvitationResent",
            Self::InvitationDeclined(_) => "InvitationDeclined",
            Self::RelationshipSuspended(_) => "RelationshipSuspended",
            Self::RelationshipResumed(_) => "RelationshipResumed",
            Self::RelationshipEnded(_) => "RelationshipEnded",
            Self::GrantRestored(_) => "GrantRestored",
            Self::CustomerInvitationResent(_) => "CustomerInvitationResent",
            Self::CustomerInvitationCancelled(_) => "CustomerInvitationCancelled",
            Self::CustomerInvitationDeclined(_) => "CustomerInvitationDeclined",
            Self::CustomerRelationshipEnded(_) => "CustomerRelationshipEnded",
            Self::CustomerAgreementVoided(_) => "CustomerAgreementVoided",
            Self::AgreementVersionScheduled(_) => "AgreementVersionScheduled",
            Self::AgreementVersionWithdrawn(_) => "AgreementVersionWithdrawn",
            Self::AgreementDeclined(_) => "AgreementDeclined",
            Self::AgreementLapsed(_) => "AgreementLapsed",
            Self::CustomerAgreementAccepted(_) => "CustomerAgreementAccepted",
            Self::AgreementStatusChecked(_) => "AgreementStatusChecked",
            Self::AgreementReacceptanceDue(_) => "AgreementReacceptanceDue",
            Self::UserUpdated(_) => "UserUpdated",
            Self::UserRolesChanged(_) => "UserRolesChanged",
            Self::UserPasswordReset(_) => "UserPasswordReset",
            Self::UserSuspended(_) => "UserSuspended",
            Self::UserReactivated(_) => "UserReactivated",
            Self::UserDeleted(_) => "UserDeleted",
            Self::UserUndeleted(_) => "UserUndeleted",
            Self::UserRemoved(_) => "UserRemoved",
            Self::SignedOut(_) => "SignedOut",
            Self::ServiceAccountCreated(_) => "ServiceAccountCreated",
            Self::ServiceAccountSuspended(_) => "ServiceAccountSuspended",
            Self::ServiceAccountReactivated(_) => "ServiceAccountReactivated",
            Self::ServiceAccountDeleted(_) => "ServiceAccountDeleted",
            Self::ServiceAccountKeyAdded(_) => "ServiceAccountKeyAdded",
            Self::ServiceAccountKeyRevoked(_) => "ServiceAccountKeyRevoked",
            Self::GlobalAdminProposed(_) => "GlobalAdminProposed",
            Self::GlobalAdminApproved(_) => "GlobalAdminApproved",
            Self::EmailVerificationRequested(_) => "EmailVerificationRequested",
            Self::EmailVerified(_) => "EmailVerified",
            Self::TotpAdded(_) => "TotpAdded",
            Self::TotpConfirmed(_) => "TotpConfirmed",
            Self::TotpRemoved(_) => "TotpRemoved",
            Self::TotpRequirementChanged(_) => "TotpRequirementChanged",
            Self::ProviderProfileUpdated(_) => "ProviderProfileUpdated",
            Self::CompanyFounded(_) => "CompanyFounded",
            Self::IdentityBound(_) => "IdentityBound",
            Self::UserInvited(_) => "UserInvited",
        }
    }
}
