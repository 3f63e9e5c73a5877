//! The life of a service account and of its keys: machines that act for a company.

use chrono::Duration;
use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Error, Reason, Result, Timestamp, moves};

/// Most keys that are good at once: two while one takes the place of another, and some to spare. Ended
/// ones stay for what they signed, and count for nothing.
pub const LIVE_KEYS: usize = 10;
/// Longest life of a key, and how long it lives when nothing is said.
pub const KEY_LIFE_MOST: Duration = Duration::days(730);
pub const KEY_LIFE: Duration = Duration::days(365);
/// Longest life of a token, and how far its clock may be from ours.
pub const TOKEN_LIFE: Duration = Duration::minutes(10);
pub const TOKEN_LEEWAY: Duration = Duration::seconds(30);

/// Where a service account's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Active,
    Suspended,
    Deleted,
}

/// What can be done to a service account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    AddKey,
    RevokeKey,
    Suspend,
    Reactivate,
    Delete,
}

/// Every move there is. What is not here cannot happen.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Active, Action::AddKey, State::Active),
    (State::Suspended, Action::AddKey, State::Suspended),
    (State::Active, Action::RevokeKey, State::Active),
    (State::Suspended, Action::RevokeKey, State::Suspended),
    (State::Active, Action::Suspend, State::Suspended),
    (State::Suspended, Action::Reactivate, State::Active),
    (State::Active, Action::Delete, State::Deleted),
    (State::Suspended, Action::Delete, State::Deleted),
];

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Deleted => "DELETED",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }

    pub fn after(self, action: Action) -> Result<Self> {
        moves::after(MOVES, self, action, Self::as_str)
    }
}

/// Whether a key is good at `now`.
pub fn is_live(expire: Timestamp, revoke: Option<Timestamp>, now: Timestamp) -> bool {
    revoke.is_none() && now < expire
}

/// When a key ends: as asked for, within bounds.
pub fn key_end(asked: Option<Timestamp>, now: Timestamp) -> Result<Timestamp> {
    let end = asked.unwrap_or(now + KEY_LIFE);
    let words = "must lie in the future, at most 730 days from now";
    match now < end && end <= now + KEY_LIFE_MOST {
        true => Ok(end),
        false => Err(Error::field("expire_time", "OUT_OF_RANGE", words)),
    }
}

/// INVALID_STATE_TRANSITION for a key that is revoked already.
pub fn already_revoked() -> Error {
    Error::new(Reason::InvalidStateTransition)
        .with("currentState", "REVOKED")
        .with("allowedStates", "LIVE")
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum as _;

    use super::*;

    #[test]
    fn a_service_account_moves_as_its_table_says_and_not_otherwise() {
        use State::{Active, Deleted, Suspended};
        for state in State::iter() {
            assert_eq!(state.to_value(), state.as_str());
            assert_eq!(State::of(state.as_str()), Some(state));
            for action in Action::iter() {
                let expected = match (action, state) {
                    (Action::AddKey | Action::RevokeKey, Active | Suspended) => Some(state),
                    (Action::Suspend, Active) => Some(Suspended),
                    (Action::Reactivate, Suspended) => Some(Active),
                    (Action::Delete, Active | Suspended) => Some(Deleted),
                    (Action::Suspend, Suspended)
                    | (Action::Reactivate, Active)
                    | (
                        Action::AddKey
                        | Action::RevokeKey
                        | Action::Suspend
                        | Action::Reactivate
                        | Action::Delete,
                        Deleted,
                    ) => None,
                };
                assert_eq!(state.after(action).ok(), expected, "{action:?} from {state:?}");
            }
        }
    }

    #[test]
    fn a_key_lives_for_at_most_two_years_and_to_the_microsecond() {
        let now = Timestamp::from_timestamp(1_800_000_000, 0).unwrap();
        let micro = Duration::microseconds(1);
        assert_eq!(key_end(None, now).ok(), Some(now + KEY_LIFE));
        for (end, good) in [
            (now, false),
            (now + micro, true),
            (now + KEY_LIFE_MOST, true),
            (now + KEY_LIFE_MOST + micro, false),
        ] {
            assert_eq!(key_end(Some(end), now).is_ok(), good, "{end}");
        }
        assert!(is_live(now + micro, None, now));
        assert!(!is_live(now, None, now));
        assert!(!is_live(now + micro, Some(now), now));
    }
}
