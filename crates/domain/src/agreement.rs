//! Agreements: whom they are for, the life of a version (M5), and of an attestation (M9).

use chrono::NaiveDate;
use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Caller, Error, Principal, Reason, Result, Role, moves, partner::Kind};

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
            Caller::Anonymous | Caller::Link(_) | Caller::Newcomer(_) => false,
            Caller::System(_) => true,
            Caller::User(_) | Caller::Service(_) | Caller::Internal(_) => {
                let may_sign = caller.principal().is_some_and(|it| may_sign(it, self));
                self == Self::Customer || may_sign || sees_drafts(caller)
            }
        }
    }
}

/// Whether a person may come to sign what the audience signs: a global admin, of such a partner, or
/// of any company for the customer agreement.
pub fn may_sign(user: &Principal, audience: Audience) -> bool {
    let is_signers =
        audience == Audience::Customer || user.partner.map(Audience::of_partner) == Some(audience);
    is_signers && user.roles.contains(&Role::GlobalAdmin)
}

/// Whether the caller sees every version, not only the one in force.
pub fn sees_drafts(caller: &Caller) -> bool {
    const PLATFORM: [Role; 3] = [Role::AgreementPublisher, Role::Auditor, Role::Operator];
    match caller {
        Caller::System(_) => true,
        Caller::Anonymous
        | Caller::Link(_)
        | Caller::Newcomer(_)
        | Caller::User(_)
        | Caller::Service(_)
        | Caller::Internal(_) => {
            caller.principal().is_some_and(|it| it.roles.iter().any(|it| PLATFORM.contains(it)))
        }
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
    /// Puts it into force at a time.
    Schedule,
    /// That time has come: by SYSTEM.
    TakeEffect,
    /// Takes it back before it is in force.
    Withdraw,
    /// Another one took its place.
    Supersede,
}

/// Every move there is. What is not here cannot happen.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Draft, Action::Publish, State::Effective),
    (State::Draft, Action::Schedule, State::Scheduled),
    (State::Scheduled, Action::TakeEffect, State::Effective),
    (State::Draft, Action::Withdraw, State::Withdrawn),
    (State::Scheduled, Action::Withdraw, State::Withdrawn),
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

    /// M5: what each action makes of DRAFT, SCHEDULED, EFFECTIVE, SUPERSEDED and WITHDRAWN.
    #[test]
    fn m5_every_state_of_a_version_takes_exactly_the_actions_of_the_table() {
        use State::{Effective, Scheduled, Superseded, Withdrawn};
        for (action, cells) in [
            (Action::Publish, [Some(Effective), None, None, None, None]),
            (Action::Schedule, [Some(Scheduled), None, None, None, None]),
            (Action::TakeEffect, [None, Some(Effective), None, None, None]),
            (Action::Withdraw, [Some(Withdrawn), Some(Withdrawn), None, None, None]),
            (Action::Supersede, [None, None, Some(Superseded), None, None]),
        ] {
            for (state, cell) in State::iter().zip(cells) {
                assert_eq!(state.to_value(), state.as_str());
                let found = state.after(action).map_err(|it| it.reason);
                let expected = cell.ok_or(Reason::InvalidStateTransition);
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
