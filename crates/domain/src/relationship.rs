//! Relationships of providers and resellers, the powers they carry (M7), and customers' rows (M8).

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Error, Principal, Reason, Result, Role, Timestamp, id::CompanyId, moves};

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

    pub fn after(self, action: Action) -> Result<Self> {
        moves::after(MOVES, self, action, Self::as_str)
    }

    fn refusal(self, action: Action) -> Error {
        moves::refusal(MOVES, self, action, Self::as_str)
    }
}

/// What can be done to a relationship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    /// One who has no hold on it yet puts one on.
    Suspend,
    /// A holder lifts its own hold, and another one stays.
    LiftHold,
    /// The last hold is lifted.
    Resume,
    End,
}

/// Every move of a relationship there is. What is not here cannot happen.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Active, Action::Suspend, State::Suspended),
    (State::Suspended, Action::Suspend, State::Suspended),
    (State::Suspended, Action::LiftHold, State::Suspended),
    (State::Suspended, Action::Resume, State::Active),
    (State::Active, Action::End, State::Ended),
    (State::Suspended, Action::End, State::Ended),
];

/// Who acts on a relationship, and so whose hold it is (R7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Side {
    Provider,
    Reseller,
    Operator,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "PROVIDER",
            Self::Reseller => "RESELLER",
            Self::Operator => "OPERATOR",
        }
    }
}

/// Who holds a relationship, so that nothing goes on in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    pub provider: bool,
    pub reseller: bool,
    pub operator: bool,
}

impl Holds {
    fn of(&mut self, side: Side) -> &mut bool {
        match side {
            Side::Provider => &mut self.provider,
            Side::Reseller => &mut self.reseller,
            Side::Operator => &mut self.operator,
        }
    }

    pub fn sides(mut self) -> Vec<Side> {
        Side::iter().filter(|it| *self.of(*it)).collect()
    }

    /// Adds a side's hold to a relationship in this state; twice one's own is no move (M7).
    pub fn put_on(mut self, state: State, by: Side) -> Result<(Self, State)> {
        let to = state.after(Action::Suspend)?;
        if std::mem::replace(self.of(by), true) {
            return Err(state.refusal(Action::Suspend));
        }
        Ok((self, to))
    }

    /// NOT_HOLDER for who has no hold on a relationship that others hold (M7).
    pub fn check_holder(mut self, state: State, by: Side) -> Result<()> {
        match state == State::Suspended && !*self.of(by) {
            false => Ok(()),
            true => {
                let holders: Vec<&str> = self.sides().into_iter().map(Side::as_str).collect();
                Err(Error::new(Reason::NotHolder).with("holders", holders.join(" ")))
            }
        }
    }

    /// Lifts a side's own hold; with the last one the relationship goes on (M7).
    pub fn lift(mut self, state: State, by: Side) -> Result<(Self, State)> {
        self.check_holder(state, by)?;
        *self.of(by) = false;
        let action = if self.sides().is_empty() { Action::Resume } else { Action::LiftHold };
        Ok((self, state.after(action)?))
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

/// What can be done to a customer's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum CustomerAction {
    End,
}

/// Whether a person may end the row of a customer and a partner (R13): of the customer a global
/// admin, of the partner whomever the RPC's rule admits. The reseller through whom a provider serves
/// reads that provider's row, and ends its own.
pub fn may_end_row(caller: &Principal, customer: CompanyId, partner: CompanyId) -> bool {
    let is_customer = caller.company == customer && caller.roles.contains(&Role::GlobalAdmin);
    is_customer || caller.company == partner
}

/// Every move of a customer's row there is. What is not here cannot happen.
pub const CUSTOMER_MOVES: &[(CustomerState, CustomerAction, CustomerState)] =
    &[(CustomerState::Active, CustomerAction::End, CustomerState::Ended)];

impl CustomerState {
    pub fn after(self, action: CustomerAction) -> Result<Self> {
        moves::after(CUSTOMER_MOVES, self, action, Self::as_str)
    }

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

    /// M7: what each action makes of ACTIVE, SUSPENDED and ENDED.
    #[test]
    fn m7_every_state_of_a_relationship_takes_exactly_the_actions_of_the_table() {
        use State::{Active, Ended, Suspended};
        for (action, cells) in [
            (Action::Suspend, [Some(Suspended), Some(Suspended), None]),
            (Action::LiftHold, [None, Some(Suspended), None]),
            (Action::Resume, [None, Some(Active), None]),
            (Action::End, [Some(Ended), Some(Ended), None]),
        ] {
            for (state, cell) in State::iter().zip(cells) {
                let found = state.after(action).map_err(|it| it.reason);
                assert_eq!(
                    found,
                    cell.ok_or(Reason::InvalidStateTransition),
                    "{state:?} {action:?}"
                );
            }
        }
    }

    #[test]
    fn r7_each_side_lifts_its_own_hold_only_and_the_last_one_resumes() {
        for first in Side::iter() {
            let (one, state) = Holds::default().put_on(State::Active, first).unwrap();
            assert_eq!((one.sides(), state), (vec![first], State::Suspended));
            let twice = one.put_on(state, first).unwrap_err();
            assert_eq!(twice.reason, Reason::InvalidStateTransition);
            for other in Side::iter().filter(|it| *it != first) {
                assert_eq!(one.lift(state, other).unwrap_err().reason, Reason::NotHolder);
                let (both, state) = one.put_on(state, other).unwrap();
                let (rest, state) = both.lift(state, first).unwrap();
                assert_eq!((rest.sides(), state), (vec![other], State::Suspended));
                assert_eq!(rest.lift(state, other).unwrap(), (Holds::default(), State::Active));
            }
            for state in [State::Active, State::Ended] {
                let refused = Holds::default().lift(state, first).unwrap_err();
                assert_eq!(refused.reason, Reason::InvalidStateTransition);
            }
        }
    }

    #[test]
    fn m8_only_active_rows_end() {
        let end = CustomerAction::End;
        assert_eq!(CustomerState::Active.after(end).unwrap(), CustomerState::Ended);
        let refused = CustomerState::Ended.after(end).unwrap_err();
        assert_eq!(refused.reason, Reason::InvalidStateTransition);
    }

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
