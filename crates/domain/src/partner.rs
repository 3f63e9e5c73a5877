//! A company's account in the programme, and where it stands (M3).

use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};

use crate::{Result, enrollment::State, moves};

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

/// What an operator does to a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum FlagAction {
    Suspend,
    Reinstate,
    Deauthorize,
}

/// Every move of the flag there is. Deauthorisation is final.
pub const FLAG_MOVES: &[(Option<Flag>, FlagAction, Option<Flag>)] = &[
    (None, FlagAction::Suspend, Some(Flag::Suspended)),
    (Some(Flag::Suspended), FlagAction::Reinstate, None),
    (None, FlagAction::Deauthorize, Some(Flag::Deauthorized)),
    (Some(Flag::Suspended), FlagAction::Deauthorize, Some(Flag::Deauthorized)),
];

impl Flag {
    /// What becomes of a partner's flag.
    pub fn after(flag: Option<Self>, action: FlagAction) -> Result<Option<Self>> {
        moves::after(FLAG_MOVES, flag, action, Self::name)
    }

    /// How the flag is called, also where there is none.
    pub fn name(flag: Option<Self>) -> &'static str {
        match flag {
            None => "IN_GOOD_STANDING",
            Some(Self::Suspended) => "SUSPENDED",
            Some(Self::Deauthorized) => "DEAUTHORIZED",
        }
    }
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
    use crate::Reason;

    #[test]
    fn e16_a_flag_is_put_on_and_taken_off_and_deauthorisation_is_final() {
        let suspended = Some(Flag::Suspended);
        let gone = Some(Flag::Deauthorized);
        for (action, cells) in [
            (FlagAction::Suspend, [Some(suspended), None, None]),
            (FlagAction::Reinstate, [None, Some(None), None]),
            (FlagAction::Deauthorize, [Some(gone), Some(gone), None]),
        ] {
            for (flag, cell) in [None, suspended, gone].into_iter().zip(cells) {
                let found = Flag::after(flag, action).map_err(|it| it.reason);
                let expected = cell.ok_or(Reason::InvalidStateTransition);
                assert_eq!(found, expected, "{flag:?} {action:?}");
            }
        }
    }

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
