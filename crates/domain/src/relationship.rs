//! Relationships of providers and resellers, the powers they carry (M7), and customers' rows (M8).

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Result, Timestamp, moves};

/// Where a relationship's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Active,
    Suspended,
    Ended,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Ended => "ENDED",
        }
    }
}

/// One power that a relationship carries, separately revocable (R6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Grant {
    OrderOnBehalf,
    DelegatedAdmin,
}

impl Grant {
    /// What an accepted invitation grants (R6).
    pub const BOTH: [Self; 2] = [Self::OrderOnBehalf, Self::DelegatedAdmin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderOnBehalf => "ORDER_ON_BEHALF",
            Self::DelegatedAdmin => "DELEGATED_ADMIN",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }
}

/// Where a grant's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GrantState {
    Active,
    Revoked,
    Expired,
}

/// What can be done to a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum GrantAction {
    Revoke,
    /// Its time is over: by SYSTEM.
    Expire,
}

/// Every move of a grant there is. What is not here cannot happen.
pub const GRANT_MOVES: &[(GrantState, GrantAction, GrantState)] = &[
    (GrantState::Active, GrantAction::Revoke, GrantState::Revoked),
    (GrantState::Active, GrantAction::Expire, GrantState::Expired),
];

impl GrantState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Revoked => "REVOKED",
            Self::Expired => "EXPIRED",
        }
    }

    pub fn after(self, action: GrantAction) -> Result<Self> {
        moves::after(GRANT_MOVES, self, action, Self::as_str)
    }

    /// The state at `now`: time ends a grant whether or not that is written yet.
    pub fn at(self, expire_time: Option<Timestamp>, now: Timestamp) -> Self {
        let is_over = expire_time.is_some_and(|it| it <= now);
        if self == Self::Active && is_over { Self::Expired } else { self }
    }
}

/// Where a customer's row stands (M8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CustomerState {
    Active,
    Ended,
}

impl CustomerState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Ended => "ENDED",
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum as _;

    use super::*;
    use crate::Reason;

    #[test]
    fn only_active_grants_move() {
        for state in GrantState::iter() {
            assert_eq!(state.to_value(), state.as_str());
            for action in GrantAction::iter() {
                let expected = match (state, action) {
                    (GrantState::Active, GrantAction::Revoke) => Ok(GrantState::Revoked),
                    (GrantState::Active, GrantAction::Expire) => Ok(GrantState::Expired),
                    (_, GrantAction::Revoke | GrantAction::Expire) => {
                        Err(Reason::InvalidStateTransition)
                    }
                };
                assert_eq!(state.after(action).map_err(|it| it.reason), expected);
            }
        }
    }

    #[test]
    fn a_grant_ends_at_its_limit() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        let active = GrantState::Active;
        assert_eq!(active.at(None, at(10)), GrantState::Active);
        assert_eq!(active.at(Some(at(11)), at(10)), GrantState::Active);
        assert_eq!(active.at(Some(at(10)), at(10)), GrantState::Expired);
        assert_eq!(GrantState::Revoked.at(Some(at(10)), at(10)), GrantState::Revoked);
    }
}
