//! The life of a person in its company (M9).

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Result, Role, moves};

/// Labels of the directory that would let a company speak as the platform.
pub const RESERVED_PREFIXES: &[&str] =
    &["admin", "api", "help", "mail", "pacta", "platform", "postmaster", "support", "www"];

/// Where a user's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Has a one-time password and has not changed it, or a link and has not redeemed it.
    Invited,
    Active,
    Suspended,
    Deleted,
}

/// What can be done to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    ChangePassword,
    /// Shows by a mailed link and a token who it is to its own directory's issuer.
    Redeem,
    /// Names, address, language.
    Update,
    UpdateRoles,
    /// A new one-time password, by somebody else.
    ResetPassword,
    /// Two operators make it the global admin of a company that has none.
    BreakGlass,
    Suspend,
    Reactivate,
    Delete,
    Undelete,
}

/// Every move there is. What is not here cannot happen; where an action leads to several states, it
/// leads back to the one before.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Invited, Action::ChangePassword, State::Active),
    (State::Active, Action::ChangePassword, State::Active),
    (State::Invited, Action::Redeem, State::Active),
    (State::Invited, Action::Update, State::Invited),
    (State::Active, Action::Update, State::Active),
    (State::Suspended, Action::Update, State::Suspended),
    (State::Invited, Action::UpdateRoles, State::Invited),
    (State::Active, Action::UpdateRoles, State::Active),
    (State::Suspended, Action::UpdateRoles, State::Suspended),
    (State::Invited, Action::ResetPassword, State::Invited),
    (State::Active, Action::ResetPassword, State::Invited),
    (State::Suspended, Action::ResetPassword, State::Suspended),
    (State::Invited, Action::BreakGlass, State::Invited),
    (State::Active, Action::BreakGlass, State::Active),
    (State::Suspended, Action::BreakGlass, State::Invited),
    (State::Invited, Action::Suspend, State::Suspended),
    (State::Active, Action::Suspend, State::Suspended),
    (State::Suspended, Action::Reactivate, State::Invited),
    (State::Suspended, Action::Reactivate, State::Active),
    (State::Invited, Action::Delete, State::Deleted),
    (State::Active, Action::Delete, State::Deleted),
    (State::Suspended, Action::Delete, State::Deleted),
    (State::Deleted, Action::Undelete, State::Invited),
    (State::Deleted, Action::Undelete, State::Active),
    (State::Deleted, Action::Undelete, State::Suspended),
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

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
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

    /// The state `to`, where the action leads back to it.
    pub fn back(self, action: Action, to: Self) -> Result<Self> {
        moves::after_to(MOVES, self, action, to, Self::as_str)
    }

    /// Whether such a user, with these roles, keeps its company from being without a global admin
    /// (U3): who has not changed its one-time password does not.
    pub fn counts_as_global_admin(self, roles: &[Role]) -> bool {
        self == Self::Active && roles.contains(&Role::GlobalAdmin)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum as _, Iterable as _};

    use super::*;
    use crate::Reason;

    #[test]
    fn m9_a_user_moves_as_its_table_says_and_not_otherwise() {
        use State::{Active, Deleted, Invited, Suspended};
        for state in State::iter() {
            assert_eq!(state.to_value(), state.as_str());
            assert_eq!(State::of(state.as_str()), Some(state));
            for action in Action::iter() {
                let expected: &[State] = match (action, state) {
                    (Action::ChangePassword, Invited | Active) => &[Active],
                    (Action::Redeem, Invited) => &[Active],
                    (Action::Update | Action::UpdateRoles, Invited) => &[Invited],
                    (Action::Update | Action::UpdateRoles, Active) => &[Active],
                    (Action::Update | Action::UpdateRoles, Suspended) => &[Suspended],
                    (Action::ResetPassword, Invited | Active) => &[Invited],
                    (Action::ResetPassword, Suspended) => &[Suspended],
                    (Action::BreakGlass, Invited | Suspended) => &[Invited],
                    (Action::BreakGlass, Active) => &[Active],
                    (Action::Suspend, Invited | Active) => &[Suspended],
                    (Action::Reactivate, Suspended) => &[Invited, Active],
                    (Action::Delete, Invited | Active | Suspended) => &[Deleted],
                    (Action::Undelete, Deleted) => &[Invited, Active, Suspended],
                    (
                        Action::ChangePassword
                        | Action::Redeem
                        | Action::Update
                        | Action::UpdateRoles
                        | Action::ResetPassword
                        | Action::BreakGlass
                        | Action::Suspend
                        | Action::Reactivate
                        | Action::Delete
                        | Action::Undelete,
                        Invited | Active | Suspended | Deleted,
                    ) => &[],
                };
                let leads = |to: &State| state.back(action, *to).is_ok();
                let found: Vec<State> = State::iter().filter(leads).collect();
                assert_eq!(found, expected, "{action:?} from {state:?}");
                let refused = state.after(action).err().map(|it| it.reason);
                let is_refused = expected.is_empty().then_some(Reason::InvalidStateTransition);
                assert_eq!(refused, is_refused, "{action:?} from {state:?}");
            }
        }
    }

    #[test]
    fn only_people_who_may_sign_in_change_their_password() {
        for state in State::iter() {
            assert_eq!(state.after(Action::ChangePassword).is_ok(), state.signs_in(), "{state:?}");
        }
    }

    #[test]
    fn u3_an_active_global_admin_counts_and_nobody_else() {
        for state in State::iter() {
            for role in Role::iter() {
                let counts = state.counts_as_global_admin(&[role]);
                let expected = state == State::Active && role == Role::GlobalAdmin;
                assert_eq!(counts, expected, "{state:?} {role}");
            }
        }
    }
}
