//! The life of a partner's application, from DRAFT to APPROVED (M1).

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, moves};

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

/// How much of an enrolment has to be gone through (E4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Form {
    Full,
    /// Prepared by an operator for a member of the programme, its checks waived.
    Short,
}

impl Form {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Short => "SHORT",
        }
    }
}

/// What can be done to an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Action {
    UpdateLegalProfile,
    /// The contact's name, phone or language.
    UpdatePrimaryContact,
    /// The contact's address: its mailbox is unproven from then on (E9).
    ChangeContactAddress,
    UpdateSupportProfile,
    AssociatePartnerId,
    Submit,
    /// Submits while this very address is confirmed already.
    SubmitConfirmed,
    ConfirmContact,
    /// Submits a short form whose checks all hold: there is nothing to review.
    SubmitShort,
    /// Confirms the contact of a short form whose other checks all hold.
    ConfirmShort,
    /// A reviewer decides a check; the checks say where the enrolment then stands.
    DecideCheck,
    Recall,
    Reopen,
    Withdraw,
    /// The contact is mailed another link (E8).
    ResendConfirmation,
    /// The contact says that it has nothing to do with the registration (E8).
    DisownContact,
    /// That was a mistake, say the contact or an operator.
    UndoDisown,
    /// The company asks for haste, once overdue (E10).
    Escalate,
    /// An operator suspends, reinstates or deauthorises the partner (E16).
    Flag,
}

/// Every move there is. What is not here cannot happen. After approval what is said anew is checked
/// anew, and the enrolment stays APPROVED (E15).
pub const MOVES: &[(State, Action, State)] = &[
    (State::Draft, Action::UpdateLegalProfile, State::Draft),
    (State::ActionRequired, Action::UpdateLegalProfile, State::ActionRequired),
    (State::Approved, Action::UpdateLegalProfile, State::Approved),
    (State::Draft, Action::UpdatePrimaryContact, State::Draft),
    (State::Submitted, Action::UpdatePrimaryContact, State::Submitted),
    (State::InReview, Action::UpdatePrimaryContact, State::InReview),
    (State::ActionRequired, Action::UpdatePrimaryContact, State::ActionRequired),
    (State::Approved, Action::UpdatePrimaryContact, State::Approved),
    (State::Draft, Action::ChangeContactAddress, State::Draft),
    (State::Submitted, Action::ChangeContactAddress, State::Submitted),
    (State::InReview, Action::ChangeContactAddress, State::Submitted),
    (State::ActionRequired, Action::ChangeContactAddress, State::ActionRequired),
    (State::Approved, Action::ChangeContactAddress, State::Approved),
    (State::Draft, Action::UpdateSupportProfile, State::Draft),
    (State::Submitted, Action::UpdateSupportProfile, State::Submitted),
    (State::InReview, Action::UpdateSupportProfile, State::InReview),
    (State::ActionRequired, Action::UpdateSupportProfile, State::ActionRequired),
    (State::Approved, Action::UpdateSupportProfile, State::Approved),
    (State::Rejected, Action::UpdateSupportProfile, State::Rejected),
    (State::Draft, Action::AssociatePartnerId, State::Draft),
    (State::Submitted, Action::AssociatePartnerId, State::Submitted),
    (State::InReview, Action::AssociatePartnerId, State::InReview),
    (State::ActionRequired, Action::AssociatePartnerId, State::ActionRequired),
    (State::Approved, Action::AssociatePartnerId, State::Approved),
    (State::Rejected, Action::AssociatePartnerId, State::Rejected),
    (State::Draft, Action::Submit, State::Submitted),
    (State::ActionRequired, Action::Submit, State::Submitted),
    (State::Draft, Action::SubmitConfirmed, State::InReview),
    (State::ActionRequired, Action::SubmitConfirmed, State::InReview),
    (State::Submitted, Action::ConfirmContact, State::InReview),
    (State::Approved, Action::ConfirmContact, State::Approved),
    (State::Draft, Action::SubmitShort, State::Approved),
    (State::ActionRequired, Action::SubmitShort, State::Approved),
    (State::Submitted, Action::ConfirmShort, State::Approved),
    (State::InReview, Action::DecideCheck, State::InReview),
    (State::InReview, Action::DecideCheck, State::ActionRequired),
    (State::InReview, Action::DecideCheck, State::Approved),
    (State::InReview, Action::DecideCheck, State::Rejected),
    (State::ActionRequired, Action::DecideCheck, State::InReview),
    (State::ActionRequired, Action::DecideCheck, State::ActionRequired),
    (State::ActionRequired, Action::DecideCheck, State::Approved),
    (State::ActionRequired, Action::DecideCheck, State::Rejected),
    (State::Approved, Action::DecideCheck, State::Approved),
    (State::Submitted, Action::Recall, State::Draft),
    (State::InReview, Action::Recall, State::Draft),
    (State::ActionRequired, Action::Recall, State::Draft),
    (State::Rejected, Action::Reopen, State::Draft),
    (State::Draft, Action::Withdraw, State::Withdrawn),
    (State::Submitted, Action::Withdraw, State::Withdrawn),
    (State::InReview, Action::Withdraw, State::Withdrawn),
    (State::ActionRequired, Action::Withdraw, State::Withdrawn),
    (State::Rejected, Action::Withdraw, State::Withdrawn),
    (State::Submitted, Action::ResendConfirmation, State::Submitted),
    (State::Approved, Action::ResendConfirmation, State::Approved),
    (State::Submitted, Action::DisownContact, State::ActionRequired),
    (State::Approved, Action::DisownContact, State::Approved),
    (State::ActionRequired, Action::UndoDisown, State::Submitted),
    (State::InReview, Action::Escalate, State::InReview),
    (State::Draft, Action::Flag, State::Draft),
    (State::Submitted, Action::Flag, State::Submitted),
    (State::InReview, Action::Flag, State::InReview),
    (State::ActionRequired, Action::Flag, State::ActionRequired),
    (State::Approved, Action::Flag, State::Approved),
    (State::Rejected, Action::Flag, State::Rejected),
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

    /// The state after an action that leads to one state only.
    pub fn after(self, action: Action) -> Result<Self> {
        moves::after(MOVES, self, action, Self::as_str)
    }

    /// The state `to`, if the action leads there.
    pub fn after_to(self, action: Action, to: Self) -> Result<Self> {
        moves::after_to(MOVES, self, action, to, Self::as_str)
    }

    /// What an action that is not possible here is answered with.
    pub fn refusal(self, action: Action) -> Error {
        moves::refusal(MOVES, self, action, Self::as_str)
    }

    /// Whether submitted and neither taken back nor refused: when the profile has to be complete.
    pub fn is_handed_in(self) -> bool {
        match self {
            Self::Submitted | Self::InReview | Self::Approved => true,
            Self::Draft | Self::ActionRequired | Self::Rejected | Self::Withdrawn => false,
        }
    }
}

/// How a check stands (M2).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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

    /// M1, a line per action: where it leads from DRAFT, SUBMITTED, IN_REVIEW, ACTION_REQUIRED,
    /// APPROVED, REJECTED and WITHDRAWN. `.` leads nowhere, `=` stays, `f` follows the checks.
    const TABLE: &[(Action, &str)] = &[
        (Action::UpdateLegalProfile, "= . . = = . ."),
        (Action::UpdatePrimaryContact, "= = = = = . ."),
        (Action::ChangeContactAddress, "= = SUBMITTED = = . ."),
        (Action::UpdateSupportProfile, "= = = = = = ."),
        (Action::AssociatePartnerId, "= = = = = = ."),
        (Action::Submit, "SUBMITTED . . SUBMITTED . . ."),
        (Action::SubmitConfirmed, "IN_REVIEW . . IN_REVIEW . . ."),
        (Action::ConfirmContact, ". IN_REVIEW . . = . ."),
        (Action::SubmitShort, "APPROVED . . APPROVED . . ."),
        (Action::ConfirmShort, ". APPROVED . . . . ."),
        (Action::DecideCheck, ". . f f = . ."),
        (Action::Recall, ". DRAFT DRAFT DRAFT . . ."),
        (Action::Reopen, ". . . . . DRAFT ."),
        (Action::Withdraw, "WITHDRAWN WITHDRAWN WITHDRAWN WITHDRAWN . WITHDRAWN ."),
        (Action::ResendConfirmation, ". = . . = . ."),
        (Action::DisownContact, ". ACTION_REQUIRED . . = . ."),
        (Action::UndoDisown, ". . . SUBMITTED . . ."),
        (Action::Escalate, ". . = . . . ."),
        (Action::Flag, "= = = = = = ."),
    ];

    #[test]
    fn m1_every_state_takes_exactly_the_actions_of_the_table() {
        let folded = [State::InReview, State::ActionRequired, State::Approved, State::Rejected];
        assert_eq!(TABLE.len(), Action::iter().count());
        for (action, cells) in TABLE {
            assert_eq!(cells.split(' ').count(), State::iter().count());
            for (state, cell) in State::iter().zip(cells.split(' ')) {
                assert_eq!(state.to_value(), state.as_str());
                for to in State::iter() {
                    let leads = match cell {
                        "." => false,
                        "=" => to == state,
                        "f" => folded.contains(&to),
                        name => to.as_str() == name,
                    };
                    let found = state.after_to(*action, to);
                    assert_eq!(found.is_ok(), leads, "{action:?} from {state:?} to {to:?}");
                }
                match (cell, state.after(*action)) {
                    (".", Err(err)) => {
                        assert_eq!(err.reason, Reason::InvalidStateTransition);
                        assert_eq!(err.metadata["currentState"], state.as_str());
                    }
                    (".", Ok(to)) => panic!("{action:?} led from {state:?} to {to:?}"),
                    (_, moved) => drop(moved.unwrap()),
                }
            }
        }
    }
}
