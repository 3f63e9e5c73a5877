//! Why a call was refused, in words that never change.

macro_rules! reasons {
    ($($name:ident = $text:literal,)*) => {
        /// Stable and machine-readable: clients match on it. Its code and its texts are options of
        /// the enum value of the same name in the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($name,)* }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name on the wire, without prefix.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

reasons! {
    FieldInvalid = "FIELD_INVALID",
    RateLimited = "RATE_LIMITED",
    Unavailable = "UNAVAILABLE",
    DeadlineExceeded = "DEADLINE_EXCEEDED",
    Internal = "INTERNAL",
    RpcUnknown = "RPC_UNKNOWN",
    CredentialMissing = "CREDENTIAL_MISSING",
    CredentialInvalid = "CREDENTIAL_INVALID",
    CredentialExpired = "CREDENTIAL_EXPIRED",
    SessionRevoked = "SESSION_REVOKED",
    PasswordChangeRequired = "PASSWORD_CHANGE_REQUIRED",
    RoleMissing = "ROLE_MISSING",
    FreshAuthenticationRequired = "FRESH_AUTHENTICATION_REQUIRED",
    ResourceNotFound = "RESOURCE_NOT_FOUND",
    PageTokenInvalid = "PAGE_TOKEN_INVALID",
    RequestIdReused = "REQUEST_ID_REUSED",
    Contention = "CONTENTION",
    EtagMismatch = "ETAG_MISMATCH",
    InvalidStateTransition = "INVALID_STATE_TRANSITION",
    RequirementsNotMet = "REQUIREMENTS_NOT_MET",
    LinkInvalid = "LINK_INVALID",
    LinkUsed = "LINK_USED",
    LinkSuperseded = "LINK_SUPERSEDED",
    LinkExpired = "LINK_EXPIRED",
    LinkVoid = "LINK_VOID",
    ConsentRequired = "CONSENT_REQUIRED",
    EnrollmentAlreadyExists = "ENROLLMENT_ALREADY_EXISTS",
    CountryUnknown = "COUNTRY_UNKNOWN",
    RegionNotServed = "REGION_NOT_SERVED",
    ProviderNotAppointed = "PROVIDER_NOT_APPOINTED",
    ReasonRequired = "REASON_REQUIRED",
    CountryFrozen = "COUNTRY_FROZEN",
    RegistrationIdRequired = "REGISTRATION_ID_REQUIRED",
    RegistrationIdTypeInvalid = "REGISTRATION_ID_TYPE_INVALID",
    AddressInvalid = "ADDRESS_INVALID",
    CompanyNameInvalid = "COMPANY_NAME_INVALID",
    EmailDomainNotAllowed = "EMAIL_DOMAIN_NOT_ALLOWED",
    RoleMailboxNotAllowed = "ROLE_MAILBOX_NOT_ALLOWED",
    ContactDisowned = "CONTACT_DISOWNED",
    LocationAlreadyExists = "LOCATION_ALREADY_EXISTS",
    CountryMismatch = "COUNTRY_MISMATCH",
    PartnerIdIsGlobal = "PARTNER_ID_IS_GLOBAL",
    PartnerIdInactive = "PARTNER_ID_INACTIVE",
    PartnerIdTied = "PARTNER_ID_TIED",
    CheckNotDecidable = "CHECK_NOT_DECIDABLE",
    ReviewerConflict = "REVIEWER_CONFLICT",
    EvidenceAlternativeRequired = "EVIDENCE_ALTERNATIVE_REQUIRED",
    GoalSubjectMissing = "GOAL_SUBJECT_MISSING",
    DocumentDuplicate = "DOCUMENT_DUPLICATE",
    LanguageMissing = "LANGUAGE_MISSING",
    DocumentHashMismatch = "DOCUMENT_HASH_MISMATCH",
    AgreementVersionSuperseded = "AGREEMENT_VERSION_SUPERSEDED",
    AgreementNotEffective = "AGREEMENT_NOT_EFFECTIVE",
    AgreementAlreadyAccepted = "AGREEMENT_ALREADY_ACCEPTED",
    SignDateInFuture = "SIGN_DATE_IN_FUTURE",
    CustomerAgreementAlreadyAttested = "CUSTOMER_AGREEMENT_ALREADY_ATTESTED",
    DomainTaken = "DOMAIN_TAKEN",
    DomainReserved = "DOMAIN_RESERVED",
    SignInFailed = "SIGN_IN_FAILED",
    OneTimePasswordExpired = "ONE_TIME_PASSWORD_EXPIRED",
    PasswordTooWeak = "PASSWORD_TOO_WEAK",
    DuplicateInvitation = "DUPLICATE_INVITATION",
    RelationshipAlreadyExists = "RELATIONSHIP_ALREADY_EXISTS",
    SelfInvitation = "SELF_INVITATION",
    InvitationRecentlyDeclined = "INVITATION_RECENTLY_DECLINED",
    MessageNotAllowed = "MESSAGE_NOT_ALLOWED",
    InvitationLimit = "INVITATION_LIMIT",
    InvitationRecipientMismatch = "INVITATION_RECIPIENT_MISMATCH",
    GrantAlreadyActive = "GRANT_ALREADY_ACTIVE",
    CustomerAlreadyAuthorised = "CUSTOMER_ALREADY_AUTHORISED",
    SelfSaleNotAllowed = "SELF_SALE_NOT_ALLOWED",
    MailUndeliverable = "MAIL_UNDELIVERABLE",
    ExactlyOneKey = "EXACTLY_ONE_KEY",
    ExternalIdTaken = "EXTERNAL_ID_TAKEN",
    ResendTooSoon = "RESEND_TOO_SOON",
    ResendLimit = "RESEND_LIMIT",
    AssociationCodeInvalid = "ASSOCIATION_CODE_INVALID",
    ReviewNotOverdue = "REVIEW_NOT_OVERDUE",
    AlreadyEscalated = "ALREADY_ESCALATED",
    ReviewAlreadyClaimed = "REVIEW_ALREADY_CLAIMED",
    EvidenceTooLarge = "EVIDENCE_TOO_LARGE",
    EvidenceTypeInvalid = "EVIDENCE_TYPE_INVALID",
    AppealsExhausted = "APPEALS_EXHAUSTED",
    NotHolder = "NOT_HOLDER",
    UserAlreadyExists = "USER_ALREADY_EXISTS",
    RoleNotAssignable = "ROLE_NOT_ASSIGNABLE",
    RoleRequired = "ROLE_REQUIRED",
    TargetOutranksCaller = "TARGET_OUTRANKS_CALLER",
    SelfChangeNotAllowed = "SELF_CHANGE_NOT_ALLOWED",
    LastGlobalAdmin = "LAST_GLOBAL_ADMIN",
    LastRole = "LAST_ROLE",
}
