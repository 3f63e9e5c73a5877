//! Agreements: whom they are for, the life of a version (M5), and of an attestation (M9).

use chrono::NaiveDate;
use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Caller, Error, Reason, Result, Role, moves, partner::Kind};

/// Whom an agreement is for; there is one agreement per audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Audience {
    Reseller,
    Provider,
    Customer,
}

impl Audience {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reseller => "RESELLER",
            Self::Provider => "PROVIDER",
            Self::Customer => "CUSTOMER",
        }
    }

    /// The last part of the agreement's resource name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Reseller => "reseller",
            Self::Provider => "provider",
            Self::Customer => "customer",
        }
    }

    pub fn of_id(id: &str) -> Option<Self> {
        Self::iter().find(|it| it.id() == id)
    }

    /// Whose agreement partners of this kind sign.
    pub fn of_partner(kind: Kind) -> Self {
        match kind {
            Kind::Reseller => Self::Reseller,
            Kind::Provider => Self::Provider,
        }
    }

    /// Whether the caller may read and download it (A1): partner agreements are for the global
    /// admins of such partners, the customer agreement for everybody who is signed in.
    pub fn is_open_to(self, caller: &Caller) -> bool {
        match caller {
            Caller::Anonymous | Caller::Link(_) => false,
            Caller::System(_) => true,
            Caller::User(user) => {
                let has = |role| user.roles.contains(&role);
                let is_signer =
                    user.partner.map(Self::of_partner) == Some(self) && has(Role::GlobalAdmin);
                self == Self::Customer || is_signer || sees_drafts(caller)
            }
        }
    }
}

/// Whether the caller sees every version, not only the one in force.
pub fn sees_drafts(caller: &Caller) -> bool {
    const PLATFORM: [Role; 3] = [Role::AgreementPublisher, Role::Auditor, Role::Operator];
    match caller {
        Caller::User(user) => user.roles.iter().any(|it| PLATFORM.contains(it)),
        Caller::System(_) => true,
        Caller::Anonymous | Caller::Link(_) => false,
    }
}

/// Where a version's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Draft,
    Scheduled,
    Effective,
    Superseded,
    Withdrawn,
}

/// What can be done to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    /// Puts it into force now.
    Publish,
    /// Another one took its place.
    Supersede,
}

/// Every move there is. What is not here cannot happen.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Draft, Action::Publish, State::Effective),
    (State::Effective, Action::Supersede, State::Superseded),
];

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Scheduled => "SCHEDULED",
            Self::Effective => "EFFECTIVE",
            Self::Superseded => "SUPERSEDED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    pub fn after(self, action: Action) -> Result<Self> {
        moves::after(MOVES, self, action, Self::as_str)
    }

    /// Refuses to sign anything but the version in force; `current` is its name.
    pub fn check_signable(self, current: &str) -> Result<()> {
        match self {
            Self::Effective => Ok(()),
            Self::Superseded => {
                Err(Error::new(Reason::AgreementVersionSuperseded).with("currentVersion", current))
            }
            Self::Draft | Self::Scheduled | Self::Withdrawn => {
                Err(Error::new(Reason::AgreementNotEffective))
            }
        }
    }
}

/// Where an attestation's life stands (M9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AttestationState {
    Attested,
    Void,
}

impl AttestationState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attested => "ATTESTED",
            Self::Void => "VOID",
        }
    }
}

/// The day of a signature, given as YYYY-MM-DD; an attestation is about what has happened (A8).
pub fn sign_date(text: &str, today: NaiveDate) -> Result<NaiveDate> {
    let date: NaiveDate = text.parse().map_err(|_| {
        Error::field("sign_date", "FORMAT_INVALID", "must be a day of the calendar")
    })?;
    match date <= today {
        true => Ok(date),
        false => Err(Error::new(Reason::SignDateInFuture)),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum as _;

    use super::*;

    #[test]
    fn only_drafts_are_published_and_only_the_version_in_force_is_superseded() {
        for state in State::iter() {
            assert_eq!(state.to_value(), state.as_str());
            for action in Action::iter() {
                let expected = match (state, action) {
                    (State::Draft, Action::Publish) => Ok(State::Effective),
                    (State::Effective, Action::Supersede) => Ok(State::Superseded),
                    (_, Action::Publish | Action::Supersede) => Err(Reason::InvalidStateTransition),
                };
                let found = state.after(action).map_err(|it| it.reason);
                assert_eq!(found, expected, "{state:?} {action:?}");
            }
        }
    }

    #[test]
    fn only_the_version_in_force_is_signed_and_an_old_one_names_it() {
        for state in State::iter() {
            let expected = match state {
                State::Effective => None,
                State::Superseded => Some(Reason::AgreementVersionSuperseded),
                State::Draft | State::Scheduled | State::Withdrawn => {
                    Some(Reason::AgreementNotEffective)
                }
            };
            let found = state.check_signable("now").err().map(|it| it.reason);
            assert_eq!(found, expected, "{state:?}");
        }
    }

    #[test]
    fn a_signature_is_of_today_at_the_latest() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 25).unwrap();
        assert_eq!(sign_date("2026-11-25", today).unwrap(), today);
        let future = sign_date("2026-11-26", today).unwrap_err();
        assert_eq!(future.reason, Reason::SignDateInFuture);
        assert_eq!(sign_date("2026-02-30", today).unwrap_err().reason, Reason::FieldInvalid);
    }

    #[test]
    fn ids_and_audiences_name_each_other() {
        for it in Audience::iter() {
            assert_eq!(Audience::of_id(it.id()), Some(it));
            assert_eq!(it.to_value(), it.as_str());
        }
        assert_eq!(Audience::of_id("RESELLER"), None);
    }
}
