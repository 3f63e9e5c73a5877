//! A company's account in the programme, and where it stands (M3).

use sea_orm::{DeriveActiveEnum, EnumIter};

use crate::enrollment::State;

/// Which tier of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    Reseller,
    Provider,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reseller => "RESELLER",
            Self::Provider => "PROVIDER",
        }
    }
}

/// Derived from the enrolment; PartnerID, agreement and flags join as they are built.
pub fn programme_status(enrollment: Option<State>) -> &'static str {
    match enrollment {
        None | Some(State::Draft | State::Withdrawn) => "NOT_ENROLLED",
        Some(State::Submitted | State::InReview | State::ActionRequired) => "PENDING_QUALIFICATION",
        Some(State::Rejected) => "REJECTED",
        Some(State::Approved) => "QUALIFIED",
    }
}
