//! The course of an agreement: which version is in force when, and what a new one makes of what
//! partners accepted before (A4, M5). Time acts here, written down yet or not.

use sea_orm::EnumIter;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Reason, Result, Timestamp,
    agreement::{Audience, State},
    constants::{GRACE_LEAST, GRACE_MOST, SCHEDULE_MOST},
    id::{CompanyId, VersionId},
    moves,
};

/// Which versions took effect and will, of one agreement. What it says holds at the moment that it
/// was last brought to by [`Course::at`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Course {
    /// The version in force; kept beside the rest.
    #[serde(skip)]
    pub in_force: Option<VersionId>,
    /// How many versions have taken effect since this is counted: the place of the one in force.
    pub place: i64,
    /// Versions that are to take effect, in the order of their times.
    pub ahead: Vec<Ahead>,
    /// Versions in effect that have to be accepted anew, in the order of their places.
    pub demands: Vec<Demand>,
}

/// A version that is to take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    pub version: VersionId,
    pub effective_time: Timestamp,
    pub grace_end_time: Option<Timestamp>,
    /// In whose ledger it stands.
    pub company: CompanyId,
}

/// A version that who accepted an earlier one has to accept until the end of its grace period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    pub place: i64,
    pub version: VersionId,
    pub effective_time: Timestamp,
    pub grace_end_time: Timestamp,
}

/// What a partner has done about its agreement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The place of the version that it accepted last.
    pub accepted: Option<i64>,
    /// The version that it declined last.
    pub declined: Option<VersionId>,
}

/// Where a partner stands with its agreement (M5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumIter)]
pub enum Standing {
    #[default]
    None,
    Declined,
    Accepted,
    ReacceptDue,
    Lapsed,
}

/// Where a partner stands, and how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stand {
    pub standing: Standing,
    /// The version that has to be accepted anew, or a later one.
    pub demanded: Option<VersionId>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The end of its grace period.
    pub reaccept_by: Option<Timestamp>,
}

/// What happens to a standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter)]
pub enum Step {
    /// The version in force, which was not accepted yet, is.
    Accept,
    Decline,
    /// A newer version takes effect, and earlier acceptances remain good.
    Supersede,
    /// A newer version takes effect that has to be accepted anew.
    Demand,
    /// A grace period ends.
    EndGrace,
}

/// Every move of a standing there is. What is not here cannot happen.
pub const STANDING_MOVES: &[(Standing, Step, Standing)] = &[
    (Standing::None, Step::Accept, Standing::Accepted),
    (Standing::Declined, Step::Accept, Standing::Accepted),
    (Standing::Accepted, Step::Accept, Standing::Accepted),
    (Standing::ReacceptDue, Step::Accept, Standing::Accepted),
    (Standing::Lapsed, Step::Accept, Standing::Accepted),
    (Standing::None, Step::Decline, Standing::Declined),
    (Standing::Declined, Step::Decline, Standing::Declined),
    (Standing::ReacceptDue, Step::Decline, Standing::ReacceptDue),
    (Standing::None, Step::Supersede, Standing::None),
    (Standing::Declined, Step::Supersede, Standing::None),
    (Standing::Accepted, Step::Supersede, Standing::Accepted),
    (Standing::ReacceptDue, Step::Supersede, Standing::ReacceptDue),
    (Standing::Lapsed, Step::Supersede, Standing::Lapsed),
    (Standing::None, Step::Demand, Standing::None),
    (Standing::Declined, Step::Demand, Standing::None),
    (Standing::Accepted, Step::Demand, Standing::ReacceptDue),
    (Standing::ReacceptDue, Step::Demand, Standing::ReacceptDue),
    (Standing::Lapsed, Step::Demand, Standing::Lapsed),
    (Standing::ReacceptDue, Step::EndGrace, Standing::Lapsed),
];

impl Standing {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Declined => "DECLINED",
            Self::Accepted => "ACCEPTED",
            Self::ReacceptDue => "REACCEPT_DUE",
            Self::Lapsed => "LAPSED",
        }
    }

    pub fn after(self, step: Step) -> Result<Self> {
        moves::after(STANDING_MOVES, self, step, Self::as_str)
    }

    /// Whether an acceptance stands, due to be renewed or not (M3).
    pub fn is_accepted(self) -> bool {
        match self {
            Self::Accepted | Self::ReacceptDue => true,
            Self::None | Self::Declined | Self::Lapsed => false,
        }
    }
}

impl Course {
    /// Those ahead whose time has come by `now`, in their order.
    pub fn due(&self, now: Timestamp) -> Vec<Ahead> {
        self.ahead.iter().filter(|it| it.effective_time <= now).copied().collect()
    }

    /// The course at `now`: what was ahead and is due has taken effect.
    pub fn at(mut self, now: Timestamp) -> Self {
        for it in self.due(now) {
            self.take_effect(it);
        }
        self
    }

    /// The version takes effect, in the place of the one in force.
    pub fn take_effect(&mut self, it: Ahead) {
        self.ahead.retain(|other| other.version != it.version);
        self.place += 1;
        self.in_force = Some(it.version);
        self.demands.extend(it.grace_end_time.map(|grace_end_time| Demand {
            place: self.place,
            version: it.version,
            effective_time: it.effective_time,
            grace_end_time,
        }));
    }

    /// The version is to take effect; EFFECTIVE_TIME_INVALID unless alone at its time.
    pub fn schedule(&mut self, it: Ahead) -> Result<()> {
        if self.ahead.iter().any(|other| other.effective_time == it.effective_time) {
            return Err(Error::new(Reason::EffectiveTimeInvalid));
        }
        self.ahead.push(it);
        self.ahead.sort_by_key(|it| it.effective_time);
        Ok(())
    }

    /// The version is not to take effect after all.
    pub fn withdraw(&mut self, version: VersionId) {
        self.ahead.retain(|it| it.version != version);
    }

    /// The state of a version, of which `written` is written down.
    pub fn state_of(&self, version: VersionId, written: State) -> State {
        match written {
            State::Draft | State::Superseded | State::Withdrawn => written,
            State::Scheduled if self.ahead.iter().any(|it| it.version == version) => written,
            State::Scheduled | State::Effective if self.in_force == Some(version) => {
                State::Effective
            }
            State::Scheduled | State::Effective => State::Superseded,
        }
    }

    /// Where a partner stands that did this.
    pub fn stand(&self, answer: Answer, now: Timestamp) -> Stand {
        let Some(place) = answer.accepted else {
            let is_declined = answer.declined.is_some() && answer.declined == self.in_force;
            let standing = if is_declined { Standing::Declined } else { Standing::None };
            return Stand { standing, ..Stand::default() };
        };
        let later = self.demands.iter().filter(|it| place < it.place);
        // A second demand gives no more time than the first.
        let Some(first) = later.min_by_key(|it| it.grace_end_time) else {
            return Stand { standing: Standing::Accepted, ..Stand::default() };
        };
        let is_over = first.grace_end_time <= now;
        Stand {
            standing: if is_over { Standing::Lapsed } else { Standing::ReacceptDue },
            demanded: Some(first.version),
            since: Some(first.effective_time),
            reaccept_by: Some(first.grace_end_time),
        }
    }

    /// The place below which an acceptance does not stand unquestioned.
    pub fn demanded_place(&self) -> i64 {
        self.demands.iter().map(|it| it.place).max().unwrap_or_default()
    }

    /// What a version demands.
    pub fn demand(&self, version: VersionId) -> Option<Demand> {
        self.demands.iter().find(|it| it.version == version).copied()
    }

    /// The demand of a version whose grace period is over.
    pub fn ended_demand(&self, version: VersionId, now: Timestamp) -> Option<Demand> {
        self.demand(version).filter(|it| it.grace_end_time <= now)
    }
}

/// EFFECTIVE_TIME_INVALID unless in the future and within two years.
pub fn check_effective_time(at: Timestamp, now: Timestamp) -> Result<()> {
    match now < at && at <= now + SCHEDULE_MOST {
        true => Ok(()),
        false => Err(Error::new(Reason::EffectiveTimeInvalid)),
    }
}

/// GRACE_PERIOD_INVALID, with the bounds.
pub fn grace_refusal() -> Error {
    Error::new(Reason::GracePeriodInvalid)
        .with("leastDays", GRACE_LEAST.num_days().to_string())
        .with("mostDays", GRACE_MOST.num_days().to_string())
}

/// When a grace period ends that begins at `start`; GRACE_PERIOD_INVALID unless it is 30 to 366 days
/// and asked of partners.
pub fn grace_end(
    audience: Audience,
    start: Timestamp,
    grace: Option<chrono::Duration>,
) -> Result<Option<Timestamp>> {
    let Some(grace) = grace else {
        return Ok(None);
    };
    let is_good = GRACE_LEAST <= grace && grace <= GRACE_MOST && audience != Audience::Customer;
    if is_good { Ok(Some(start + grace)) } else { Err(grace_refusal()) }
}

#[cfg(test)]
mod tests;
