//! Identifiers: UUIDv7, one type per kind of thing, from one monotonic counter.

use std::{
    fmt,
    str::FromStr,
    sync::{LazyLock, Mutex},
};

use uuid::{ContextV7, Uuid};

use crate::{Error, Timestamp, agreement::Audience};

static COUNTER: LazyLock<Mutex<ContextV7>> = LazyLock::new(|| Mutex::new(ContextV7::new()));

/// A new UUIDv7 of the moment `now`, later than every other of this process and moment.
fn mint(now: Timestamp) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let at = uuid::Timestamp::from_unix(&*COUNTER, seconds, now.timestamp_subsec_nanos());
    Uuid::new_v7(at)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize, sea_orm::DeriveValueType)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one.
            pub fn mint(now: Timestamp) -> Self {
                Self(mint(now))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        // Asked of every primary key, for databases that only count.
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                text.parse().map(Self).map_err(|_| Error::field("name", "FORMAT_INVALID", "must hold a UUID"))
            }
        }
    )*};
}

ids! {
    /// A company: `companies/{company}`.
    CompanyId
    /// A person: `companies/{company}/users/{user}`.
    UserId
    /// A machine that acts for a company: `companies/{company}/serviceAccounts/{service account}`.
    ServiceAccountId
    /// A public key of a service account:
    /// `companies/{company}/serviceAccounts/{service account}/keys/{key}`.
    KeyId
    /// A company's account in the programme: `partners/{partner}`.
    PartnerId
    /// A session, begun by a sign-in.
    SessionId
    /// A ledger entry: `companies/{company}/auditEntries/{entry}`.
    EntryId
    /// A call, as logs and errors name it.
    CallId
    /// A mailed secret; the id is none.
    LinkId
    /// A mail to be sent.
    MailId
    /// A company's set of locations: `organisations/{global PartnerID}`.
    OrganisationId
    /// One wording of an agreement: `agreements/{agreement}/versions/{version}`.
    VersionId
    /// One language and format of a version.
    DocumentId
    /// That a partner accepted a version: `acceptances/{acceptance}`.
    AcceptanceId
    /// An attestation: `customerAgreements/{customer agreement}`.
    CustomerAgreementId
    /// A document: `partners/{partner}/evidence/{evidence}`.
    EvidenceId
    /// An appeal of a decision.
    AppealId
    /// A provider's invitation: `invitations/{invitation}`.
    InvitationId
    /// A reseller's invitation: `customerInvitations/{customer invitation}`.
    CustomerInvitationId
    /// A partnership: `relationships/{relationship}`.
    RelationshipId
    /// One power of a relationship.
    GrantId
    /// A customer's row: `customerRelationships/{customer relationship}`.
    CustomerRelationshipId
}

impl CompanyId {
    /// No company: the ledger keeps here what concerns none, such as a try at a name nobody has.
    pub const NOBODY: Self = Self(Uuid::nil());
}

impl SessionId {
    /// No session: who came with a token of its own directory's issuer has none.
    pub const NONE: Self = Self(Uuid::nil());
}

impl VersionId {
    /// The id of a version that every installation has.
    pub const fn fixed(id: u128) -> Self {
        Self(Uuid::from_u128(id))
    }
}

/// `companies/{company}`.
pub fn company_name(company: CompanyId) -> String {
    format!("companies/{company}")
}

/// `companies/{company}/users/{user}`.
pub fn user_name(company: CompanyId, user: UserId) -> String {
    format!("companies/{company}/users/{user}")
}

/// `companies/{company}/serviceAccounts/{service account}`.
pub fn service_account_name(company: CompanyId, account: ServiceAccountId) -> String {
    format!("companies/{company}/serviceAccounts/{account}")
}

/// Company and account of a service account's name, or of that of one of its keys.
pub fn service_account_ids(name: &str) -> Option<(CompanyId, ServiceAccountId)> {
    let mut parts = name.split('/').skip(1).step_by(2);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// `companies/{company}/serviceAccounts/{service account}/keys/{key}`.
pub fn service_account_key_name(
    company: CompanyId,
    account: ServiceAccountId,
    key: KeyId,
) -> String {
    format!("companies/{company}/serviceAccounts/{account}/keys/{key}")
}

/// `companies/{company}/auditEntries/{entry}`.
pub fn audit_entry_name(company: CompanyId, entry: EntryId) -> String {
    format!("companies/{company}/auditEntries/{entry}")
}

/// `partners/{partner}`.
pub fn partner_name(partner: PartnerId) -> String {
    format!("partners/{partner}")
}

/// `partners/{partner}/enrollment`.
pub fn enrollment_name(partner: PartnerId) -> String {
    format!("partners/{partner}/enrollment")
}

/// `partners/{partner}/evidence/{evidence}`.
pub fn evidence_name(partner: PartnerId, evidence: EvidenceId) -> String {
    format!("partners/{partner}/evidence/{evidence}")
}

/// `organisations/{global PartnerID}/locations/{PartnerID}`.
pub fn location_name(global: &str, location: &str) -> String {
    format!("organisations/{global}/locations/{location}")
}

/// Global and own PartnerID of a location's name.
pub fn location_numbers(name: &str) -> Result<(&str, &str), Error> {
    let mut parts = name.split('/').skip(1).step_by(2);
    parts.next().zip(parts.next()).ok_or_else(Error::not_found)
}

/// `agreements/{agreement}`.
pub fn agreement_name(audience: Audience) -> String {
    format!("agreements/{}", audience.id())
}

/// `agreements/{agreement}/versions/{version}`.
pub fn version_name(audience: Audience, version: VersionId) -> String {
    format!("agreements/{}/versions/{version}", audience.id())
}

/// `acceptances/{acceptance}`.
pub fn acceptance_name(acceptance: AcceptanceId) -> String {
    format!("acceptances/{acceptance}")
}

/// `customerAgreements/{customer agreement}`.
pub fn customer_agreement_name(id: CustomerAgreementId) -> String {
    format!("customerAgreements/{id}")
}

/// `invitations/{invitation}`.
pub fn invitation_name(invitation: InvitationId) -> String {
    format!("invitations/{invitation}")
}

/// `customerInvitations/{customer invitation}`.
pub fn customer_invitation_name(invitation: CustomerInvitationId) -> String {
    format!("customerInvitations/{invitation}")
}

/// `relationships/{relationship}`.
pub fn relationship_name(relationship: RelationshipId) -> String {
    format!("relationships/{relationship}")
}

/// `customers/{customer}`: a company as partners see it.
pub fn customer_name(company: CompanyId) -> String {
    format!("customers/{company}")
}

/// `customerRelationships/{customer relationship}`.
pub fn customer_relationship_name(id: CustomerRelationshipId) -> String {
    format!("customerRelationships/{id}")
}

/// Audience and version of a version's name.
pub fn version_id(name: &str) -> Result<(Audience, VersionId), Error> {
    let audience = name.split('/').nth(1).and_then(Audience::of_id);
    Ok((audience.ok_or_else(Error::not_found)?, last_id(name)?))
}

/// The partner of an enrolment's name.
pub fn enrollment_id(name: &str) -> Result<PartnerId, Error> {
    last_id(name.strip_suffix("/enrollment").unwrap_or(name))
}

/// Partner and document of a document's name.
pub fn evidence_id(name: &str) -> Result<(PartnerId, EvidenceId), Error> {
    let partner = name.split('/').nth(1).ok_or_else(Error::not_found)?;
    Ok((partner.parse()?, last_id(name)?))
}

/// The id at the end of a resource name whose shape the field rules have checked.
pub fn last_id<T: FromStr<Err = Error>>(name: &str) -> Result<T, Error> {
    name.rsplit('/').next().unwrap_or(name).parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_moment_keep_their_order() {
        let now = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let ids: Vec<UserId> = (0..1000).map(|_| UserId::mint(now)).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|it| it[0] != it[1]));
    }
}
