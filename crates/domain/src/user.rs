//! The life of a person in its company (M9).

use sea_orm::{DeriveActiveEnum, EnumIter};

use crate::{Result, moves};

/// Labels of the directory that would let a company speak as the platform.
pub const RESERVED_PREFIXES: &[&str] =
    &["admin", "api", "help", "mail", "pacta", "platform", "postmaster", "support", "www"];

/// Where a user's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Has a one-time password and has not changed it.
    Invited,
    Active,
    Suspended,
    Deleted,
}

/// What can be done to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    ChangePassword,
}

/// Every move there is. What is not here cannot happen.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Invited, Action::ChangePassword, State::Active),
    (State::Active, Action::ChangePassword, State::Active),
];

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "INVITED",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Deleted => "DELETED",
        }
    }

    /// Whether a password of such a user opens anything.
    pub fn signs_in(self) -> bool {
        match self {
            Self::Invited | Self::Active => true,
            Self::Suspended | Self::Deleted => false,
        }
    }

    pub fn after(self, action: Action) -> Result<Self> {
        moves::after(MOVES, self, action, Self::as_str)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum as _, Iterable as _};

    use super::*;
    use crate::Reason;

    #[test]
    fn only_people_who_may_sign_in_change_their_password() {
        for state in State::iter() {
            assert_eq!(state.to_value(), state.as_str());
            let moved = state.after(Action::ChangePassword);
            match state.signs_in() {
                true => assert_eq!(moved.unwrap(), State::Active, "{state:?}"),
                false => assert_eq!(moved.unwrap_err().reason, Reason::InvalidStateTransition),
            }
        }
    }
}
