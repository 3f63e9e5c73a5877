//! A company's account in the programme, and where it stands (M3).

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

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

    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }
}

/// What an operator has put upon a partner (E16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Flag {
    Suspended,
    Deauthorized,
}

/// What the programme status follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub flag: Option<Flag>,
    /// Of the enrolment; absent before the first start.
    pub enrollment: Option<State>,
    /// An ACTIVE location of the company's country is tied.
    pub has_location: bool,
    /// The partner agreement stands accepted.
    pub has_accepted: bool,
}

/// Where a partner stands in the programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    NotEnrolled,
    PendingQualification,
    Rejected,
    Qualified,
    Active,
    Suspended,
    Deauthorized,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotEnrolled => "NOT_ENROLLED",
            Self::PendingQualification => "PENDING_QUALIFICATION",
            Self::Rejected => "REJECTED",
            Self::Qualified => "QUALIFIED",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Deauthorized => "DEAUTHORIZED",
        }
    }
}

impl Standing {
    /// The programme status (M3): the first line that holds.
    pub fn status(&self) -> Status {
        match (self.flag, self.enrollment) {
            (Some(Flag::Deauthorized), _) => Status::Deauthorized,
            (Some(Flag::Suspended), _) => Status::Suspended,
            (None, None | Some(State::Draft | State::Withdrawn)) => Status::NotEnrolled,
            (None, Some(State::Submitted | State::InReview | State::ActionRequired)) => {
                Status::PendingQualification
            }
            (None, Some(State::Rejected)) => Status::Rejected,
            (None, Some(State::Approved)) if self.has_location && self.has_accepted => {
                Status::Active
            }
            (None, Some(State::Approved)) => Status::Qualified,
        }
    }

    pub fn is_active(&self) -> bool {
        self.status() == Status::Active
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable as _;

    use super::*;

    #[test]
    fn m3_a_partner_is_active_only_when_all_of_it_holds() {
        let flags = || Flag::iter().map(Some).chain([None]);
        let states = || State::iter().map(Some).chain([None]);
        for flag in flags() {
            for enrollment in states() {
                for (has_location, has_accepted) in
                    [(false, false), (false, true), (true, false), (true, true)]
                {
                    let it = Standing { flag, enrollment, has_location, has_accepted };
                    let all = flag.is_none()
                        && enrollment == Some(State::Approved)
                        && has_location
                        && has_accepted;
                    assert_eq!(it.is_active(), all, "{it:?}");
                    let by_flag = match it.status() {
                        Status::Suspended => Some(Flag::Suspended),
                        Status::Deauthorized => Some(Flag::Deauthorized),
                        Status::NotEnrolled
                        | Status::PendingQualification
                        | Status::Rejected
                        | Status::Qualified
                        | Status::Active => None,
                    };
                    assert_eq!(by_flag, flag, "{it:?}");
                }
            }
        }
    }
}
