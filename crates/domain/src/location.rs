//! Places of business and their PartnerIDs: their life (M4) and which may be tied to an account.

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Error, Reason, Result, enrollment::CheckState, moves};

/// Where a location's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Pending,
    Active,
    Inactive,
    Rejected,
}

/// What can happen to a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    /// The BUSINESS check of the account it is tied to has passed, or had passed when it was tied.
    BusinessPassed,
    /// An operator closes it, or refuses a new one.
    Deactivate,
    /// An operator lets it take part.
    Activate,
}

/// Every move there is. What is not here cannot happen.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Pending, Action::BusinessPassed, State::Active),
    (State::Active, Action::BusinessPassed, State::Active),
    (State::Inactive, Action::BusinessPassed, State::Inactive),
    (State::Rejected, Action::BusinessPassed, State::Rejected),
    (State::Pending, Action::Deactivate, State::Rejected),
    (State::Active, Action::Deactivate, State::Inactive),
    (State::Inactive, Action::Deactivate, State::Inactive),
    (State::Rejected, Action::Deactivate, State::Rejected),
    (State::Pending, Action::Activate, State::Active),
    (State::Active, Action::Activate, State::Active),
    (State::Inactive, Action::Activate, State::Active),
    (State::Rejected, Action::Activate, State::Active),
];

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Active => "ACTIVE",
            Self::Inactive => "INACTIVE",
            Self::Rejected => "REJECTED",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }

    pub fn after(self, action: Action) -> Result<Self> {
        moves::after(MOVES, self, action, Self::as_str)
    }

    /// The state of a location once it is tied to an account whose BUSINESS check stands so (E14).
    pub fn once_tied(self, business: Option<CheckState>) -> Result<Self> {
        match (self, business) {
            (Self::Inactive | Self::Rejected, _) => Err(Error::new(Reason::PartnerIdInactive)),
            (_, Some(check)) if check.holds() => self.after(Action::BusinessPassed),
            (Self::Pending | Self::Active, _) => Ok(self),
        }
    }
}

/// A PartnerID is of the company's own country (E14).
pub fn check_country(location: &str, company: &str) -> Result<()> {
    match location == company {
        true => Ok(()),
        false => Err(Error::new(Reason::CountryMismatch)
            .with("partnerIdCountry", location)
            .with("companyCountry", company)),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum as _, Iterable as _};

    use super::*;

    #[test]
    fn tying_wakes_a_pending_location_only_where_business_has_passed() {
        let inactive = Err(Reason::PartnerIdInactive);
        for state in State::iter() {
            assert_eq!(state.to_value(), state.as_str());
            for business in CheckState::iter().map(Some).chain([None]) {
                let expected = match (state, business) {
                    (State::Inactive | State::Rejected, _) => inactive,
                    (State::Pending, Some(CheckState::Passed | CheckState::Waived)) => {
                        Ok(State::Active)
                    }
                    (State::Pending | State::Active, _) => Ok(state),
                };
                let found = state.once_tied(business).map_err(|it| it.reason);
                assert_eq!(found, expected, "{state:?} {business:?}");
            }
        }
    }

    /// M4, a line per action: where it leads from PENDING, ACTIVE, INACTIVE and REJECTED.
    const TABLE: &[(Action, &str)] = &[
        (Action::BusinessPassed, "ACTIVE = = ="),
        (Action::Deactivate, "REJECTED INACTIVE = ="),
        (Action::Activate, "ACTIVE = ACTIVE ACTIVE"),
    ];

    #[test]
    fn m4_every_state_takes_exactly_the_actions_of_the_table() {
        assert_eq!(TABLE.len(), Action::iter().count());
        for (action, cells) in TABLE {
            assert_eq!(cells.split(' ').count(), State::iter().count());
            for (state, cell) in State::iter().zip(cells.split(' ')) {
                let expected = if cell == "=" { state.as_str() } else { cell };
                let found = state.after(*action).unwrap();
                assert_eq!(found.as_str(), expected, "{action:?} from {state:?}");
            }
        }
    }

    #[test]
    fn a_lisbon_id_is_not_for_a_spanish_company() {
        assert!(check_country("ES", "ES").is_ok());
        let err = check_country("PT", "ES").unwrap_err();
        assert_eq!(err.metadata.values().cloned().collect::<Vec<_>>(), ["ES", "PT"]);
    }
}
