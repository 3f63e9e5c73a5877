//! What a provider learns of a reseller's agreement (A7).

use crate::{
    Error, Reason, Result, Timestamp,
    constants::AGREEMENT_CHECKS_DAILY,
    enrollment::State,
    partner::{Flag, Kind, Standing},
};

/// What is known of a reseller's agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgreementStatus {
    Valid,
    NotValid,
    RegionMismatch,
    NotEnrolled,
    NotSigned,
}

/// The company that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    pub kind: Kind,
    pub standing: Standing,
    /// Its country lies in the asking provider's market region; the platform has none.
    pub is_in_region: bool,
}

impl AgreementStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::NotValid => "NOT_VALID",
            Self::RegionMismatch => "REGION_MISMATCH",
            Self::NotEnrolled => "NOT_ENROLLED",
            Self::NotSigned => "NOT_SIGNED",
        }
    }

    /// What is known of a company; of one that nobody has, that it is not enrolled. A suspension
    /// touches no agreement (M5).
    pub fn of(subject: Option<&Subject>) -> Self {
        let Some(it) = subject.filter(|it| it.kind == Kind::Reseller) else {
            return Self::NotEnrolled;
        };
        let is_enrolled = it.standing.enrollment == Some(State::Approved)
            && it.standing.flag != Some(Flag::Deauthorized)
            && it.standing.has_location;
        match (it.is_in_region, is_enrolled, it.standing.has_accepted) {
            (false, ..) => Self::RegionMismatch,
            (true, false, _) => Self::NotEnrolled,
            (true, true, false) => Self::NotSigned,
            (true, true, true) => Self::Valid,
        }
    }

    /// What who has nothing to do with the company learns of it.
    pub fn to_a_stranger(self) -> Self {
        match self {
            Self::Valid => Self::Valid,
            Self::NotValid | Self::RegionMismatch | Self::NotEnrolled | Self::NotSigned => {
                Self::NotValid
            }
        }
    }
}

/// Refuses a company that has asked about more strangers than it may on one day (UTC).
pub fn check_daily(n_asked: i64, now: Timestamp) -> Result<()> {
    if n_asked <= AGREEMENT_CHECKS_DAILY {
        return Ok(());
    }
    let tomorrow = now.date_naive() + chrono::Days::new(1);
    Err(Error::new(Reason::AgreementCheckLimit)
        .with("limit", AGREEMENT_CHECKS_DAILY.to_string())
        .with("retryTime", format!("{tomorrow}T00:00:00Z")))
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable as _;

    use super::*;

    #[test]
    fn a7_valid_is_who_is_enrolled_signed_and_in_the_region_and_a_stranger_learns_no_more() {
        assert_eq!(AgreementStatus::of(None), AgreementStatus::NotEnrolled);
        let flags = || Flag::iter().map(Some).chain([None]);
        let states = || State::iter().map(Some).chain([None]);
        let mut n_valid = 0;
        for (flag, enrollment) in flags().flat_map(|it| states().map(move |state| (it, state))) {
            for bits in 0..16 {
                let is = |n: u32| bits & (1 << n) != 0;
                let standing =
                    Standing { flag, enrollment, has_location: is(0), has_accepted: is(1) };
                let kind = if is(2) { Kind::Reseller } else { Kind::Provider };
                let subject = Subject { kind, standing, is_in_region: is(3) };
                let found = AgreementStatus::of(Some(&subject));
                let is_valid = is(0)
                    && is(1)
                    && is(2)
                    && is(3)
                    && enrollment == Some(State::Approved)
                    && flag != Some(Flag::Deauthorized);
                assert_eq!(found == AgreementStatus::Valid, is_valid, "{subject:?}");
                n_valid += usize::from(is_valid);
                let stranger = found.to_a_stranger();
                let expected =
                    if is_valid { AgreementStatus::Valid } else { AgreementStatus::NotValid };
                assert_eq!(stranger, expected, "{subject:?}");
            }
        }
        assert_eq!(n_valid, 2, "with and without a suspension");
    }

    #[test]
    fn the_days_allowance_ends_at_midnight() {
        let now = chrono::DateTime::from_timestamp(1_795_510_800, 0).unwrap();
        check_daily(AGREEMENT_CHECKS_DAILY, now).unwrap();
        let refused = check_daily(AGREEMENT_CHECKS_DAILY + 1, now).unwrap_err();
        assert_eq!(refused.reason, Reason::AgreementCheckLimit);
        assert_eq!(refused.metadata.get("retryTime").unwrap(), "2026-11-25T00:00:00Z");
    }
}
