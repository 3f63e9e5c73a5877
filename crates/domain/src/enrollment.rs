//! The life of a partner's application, from DRAFT to APPROVED (M1).

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Result, moves};

/// Where an enrolment's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Draft,
    Submitted,
    InReview,
    ActionRequired,
    Approved,
    Rejected,
    Withdrawn,
}

/// What can be done to an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    UpdateLegalProfile,
    UpdatePrimaryContact,
    UpdateSupportProfile,
}

/// Every move there is. What is not here cannot happen.
///
/// Changing a contact once it was mailed, and a profile after approval (E15), come with the mails
/// and checks that they cause.
pub const MOVES: &[(State, Action, State)] = &[
    (State::Draft, Action::UpdateLegalProfile, State::Draft),
    (State::ActionRequired, Action::UpdateLegalProfile, State::ActionRequired),
    (State::Draft, Action::UpdatePrimaryContact, State::Draft),
    (State::Draft, Action::UpdateSupportProfile, State::Draft),
    (State::Submitted, Action::UpdateSupportProfile, State::Submitted),
    (State::InReview, Action::UpdateSupportProfile, State::InReview),
    (State::ActionRequired, Action::UpdateSupportProfile, State::ActionRequired),
    (State::Approved, Action::UpdateSupportProfile, State::Approved),
    (State::Rejected, Action::UpdateSupportProfile, State::Rejected),
];

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Submitted => "SUBMITTED",
            Self::InReview => "IN_REVIEW",
            Self::ActionRequired => "ACTION_REQUIRED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }

    pub fn after(self, action: Action) -> Result<Self> {
        moves::after(MOVES, self, action, Self::as_str)
    }
}

/// How a check stands (M2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckState {
    Pending,
    EvidenceRequested,
    Passed,
    Failed,
    Waived,
}

impl CheckState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::EvidenceRequested => "EVIDENCE_REQUESTED",
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Waived => "WAIVED",
        }
    }

    /// Whether it stands in the way no longer.
    pub fn holds(self) -> bool {
        match self {
            Self::Passed | Self::Waived => true,
            Self::Pending | Self::EvidenceRequested | Self::Failed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ActiveEnum as _;

    use super::*;
    use crate::Reason;

    #[test]
    fn every_state_takes_exactly_the_updates_of_the_table() {
        use State::{ActionRequired, Approved, Draft, InReview, Rejected, Submitted};
        for state in State::iter() {
            assert_eq!(state.to_value(), state.as_str());
            for action in Action::iter() {
                let expected: &[State] = match action {
                    Action::UpdateLegalProfile => &[Draft, ActionRequired],
                    Action::UpdatePrimaryContact => &[Draft],
                    Action::UpdateSupportProfile => {
                        &[Draft, Submitted, InReview, ActionRequired, Approved, Rejected]
                    }
                };
                match state.after(action) {
                    Ok(to) => assert!(to == state && expected.contains(&state), "{state:?}"),
                    Err(err) => {
                        assert_eq!(err.reason, Reason::InvalidStateTransition);
                        assert!(!expected.contains(&state), "{state:?} {action:?}");
                    }
                }
            }
        }
    }
}
