//! Identifiers: UUIDv7, one type per kind of thing, from one monotonic counter.

use std::{
    fmt,
    str::FromStr,
    sync::{LazyLock, Mutex},
};

use uuid::{ContextV7, Uuid};

use crate::{Error, Timestamp};

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
    /// A company's account in the programme: `partners/{partner}`.
    PartnerId
    /// A session, begun by a sign-in.
    SessionId
    /// A ledger entry: `companies/{company}/auditEntries/{entry}`.
    EntryId
    /// A call, as logs and errors name it.
    CallId
}

impl CompanyId {
    /// No company: the ledger keeps here what concerns none, such as a try at a name nobody has.
    pub const NOBODY: Self = Self(Uuid::nil());
}

/// `companies/{company}`.
pub fn company_name(company: CompanyId) -> String {
    format!("companies/{company}")
}

/// `companies/{company}/users/{user}`.
pub fn user_name(company: CompanyId, user: UserId) -> String {
    format!("companies/{company}/users/{user}")
}

/// `partners/{partner}`.
pub fn partner_name(partner: PartnerId) -> String {
    format!("partners/{partner}")
}

/// `partners/{partner}/enrollment`.
pub fn enrollment_name(partner: PartnerId) -> String {
    format!("partners/{partner}/enrollment")
}

/// The partner of an enrolment's name.
pub fn enrollment_id(name: &str) -> Result<PartnerId, Error> {
    last_id(name.strip_suffix("/enrollment").unwrap_or(name))
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
