//! What review must establish of a company (M2, E11), and the state that follows for its enrolment.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Reason, Result, Timestamp,
    enrollment::{CheckState, State},
    id::UserId,
};

/// One thing that review must establish.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckKind {
    EmailOwnership,
    Employment,
    Business,
}

impl CheckKind {
    pub const ALL: [Self; 3] = [Self::EmailOwnership, Self::Employment, Self::Business];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailOwnership => "EMAIL_OWNERSHIP",
            Self::Employment => "EMPLOYMENT",
            Self::Business => "BUSINESS",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// A check as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub kind: CheckKind,
    pub state: CheckState,
    /// Why it failed or needs evidence, by the published list.
    pub reasons: Vec<String>,
    /// Kinds of evidence of which any one would do.
    pub evidence: Vec<String>,
    /// The reviewer's words for the company.
    pub note: String,
    pub update_time: Timestamp,
    /// The reviewer who decided it last.
    pub decided_by: Option<UserId>,
}

/// What a reviewer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Pass,
    Fail,
    RequestEvidence,
}

impl Decision {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::RequestEvidence => "REQUEST_EVIDENCE",
        }
    }
}

/// A decision with all that a reviewer says.
#[derive(Clone, Debug)]
pub struct Ruling {
    pub kind: CheckKind,
    pub decision: Decision,
    pub reasons: Vec<String>,
    pub evidence: Vec<String>,
    pub note: String,
    pub by: UserId,
}

impl Ruling {
    /// Refuses what no reviewer can say: a word about EMAIL_OWNERSHIP, a rejection without a reason,
    /// a request that spells nothing out (E9, E11).
    pub fn check(&self) -> Result<()> {
        match self.decision {
            _ if self.kind == CheckKind::EmailOwnership => {
                Err(Error::new(Reason::CheckNotDecidable))
            }
            Decision::Fail if self.reasons.is_empty() => Err(Error::new(Reason::ReasonRequired)),
            Decision::RequestEvidence if self.evidence.is_empty() => {
                Err(Error::new(Reason::EvidenceAlternativeRequired))
            }
            Decision::Pass | Decision::Fail | Decision::RequestEvidence => Ok(()),
        }
    }
}

/// The checks of an enrolment, made at its first submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Checks(Vec<Check>);

impl Checks {
    /// All PENDING.
    pub fn new(now: Timestamp) -> Self {
        let check = |kind| Check {
            kind,
            state: CheckState::Pending,
            reasons: Vec::new(),
            evidence: Vec::new(),
            note: String::new(),
            update_time: now,
            decided_by: None,
        };
        Self(CheckKind::ALL.map(check).to_vec())
    }

    /// Of a member of the programme that an operator imported: nothing to establish anew, unless its
    /// contact's mailbox (E4).
    pub fn waived(now: Timestamp, is_confirmed: bool) -> Self {
        let mut checks = Self::new(now);
        for it in &mut checks.0 {
            if it.kind != CheckKind::EmailOwnership || is_confirmed {
                it.state = CheckState::Waived;
            }
        }
        checks
    }

    /// Whether nothing stands in the way any longer.
    pub fn all_hold(&self) -> bool {
        self.0.iter().all(|it| it.state.holds())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Check> {
        self.0.iter()
    }

    pub fn get(&self, kind: CheckKind) -> Option<&Check> {
        self.0.iter().find(|it| it.kind == kind)
    }

    pub fn state(&self, kind: CheckKind) -> CheckState {
        self.get(kind).map_or(CheckState::Pending, |it| it.state)
    }

    /// Whether the mailbox is proven, or needs no proof.
    pub fn email_holds(&self) -> bool {
        self.state(CheckKind::EmailOwnership).holds()
    }

    fn set(&mut self, kind: CheckKind, state: CheckState, now: Timestamp) {
        for it in self.0.iter_mut().filter(|it| it.kind == kind && it.state != state) {
            it.state = state;
            it.update_time = now;
            it.reasons.clear();
            it.evidence.clear();
            it.note.clear();
            it.decided_by = None;
        }
    }

    fn reset(&mut self, kinds: &[CheckKind], from: &[CheckState], now: Timestamp) {
        for kind in kinds {
            if from.contains(&self.state(*kind)) {
                self.set(*kind, CheckState::Pending, now);
            }
        }
    }

    /// The contact's own link was confirmed.
    pub fn confirm_email(&mut self, now: Timestamp) {
        self.set(CheckKind::EmailOwnership, CheckState::Passed, now);
    }

    /// A reviewer's decision; INVALID_STATE_TRANSITION for a check that is waived.
    pub fn decide(&mut self, ruling: &Ruling, now: Timestamp) -> Result<()> {
        let state = match ruling.decision {
            Decision::Pass => CheckState::Passed,
            Decision::Fail => CheckState::Failed,
            Decision::RequestEvidence => CheckState::EvidenceRequested,
        };
        let check = self.0.iter_mut().find(|it| it.kind == ruling.kind);
        let check = check.ok_or_else(Error::not_found)?;
        if check.state == CheckState::Waived {
            return Err(Error::new(Reason::InvalidStateTransition)
                .with("currentState", CheckState::Waived.as_str())
                .with("allowedStates", "PENDING EVIDENCE_REQUESTED PASSED FAILED"));
        }
        *check = Check {
            kind: ruling.kind,
            state,
            reasons: ruling.reasons.clone(),
            evidence: ruling.evidence.clone(),
            note: ruling.note.clone(),
            update_time: now,
            decided_by: Some(ruling.by),
        };
        Ok(())
    }

    /// The state of the enrolment that follows from its checks (E11).
    pub fn fold(&self) -> State {
        let any = |state| self.0.iter().any(|it| it.state == state);
        if any(CheckState::EvidenceRequested) {
            State::ActionRequired
        } else if any(CheckState::Pending) {
            State::InReview
        } else if any(CheckState::Failed) {
            State::Rejected
        } else {
            State::Approved
        }
    }

    /// Handed in again: what was asked for has been answered.
    pub fn resubmit(&mut self, now: Timestamp) {
        self.reset(&CheckKind::ALL, &[CheckState::EvidenceRequested], now);
    }

    /// The contact's address changed: another mailbox, perhaps another person.
    pub fn change_contact_address(&mut self, now: Timestamp) {
        use CheckState::{EvidenceRequested, Failed, Passed, Waived};
        let kinds = [CheckKind::EmailOwnership, CheckKind::Employment];
        self.reset(&kinds, &[EvidenceRequested, Passed, Failed, Waived], now);
    }

    /// The contact's name changed: perhaps another person at the same mailbox.
    pub fn change_contact_name(&mut self, now: Timestamp) {
        use CheckState::{EvidenceRequested, Failed, Passed, Waived};
        let from = [EvidenceRequested, Passed, Failed, Waived];
        self.reset(&[CheckKind::Employment], &from, now);
    }

    /// The legal name changed.
    pub fn change_legal_name(&mut self, now: Timestamp) {
        use CheckState::{EvidenceRequested, Failed, Passed, Waived};
        let from = [EvidenceRequested, Passed, Failed, Waived];
        self.reset(&[CheckKind::Business, CheckKind::Employment], &from, now);
    }

    /// The legal address changed.
    pub fn change_legal_address(&mut self, now: Timestamp) {
        use CheckState::{EvidenceRequested, Failed, Passed, Waived};
        let from = [EvidenceRequested, Passed, Failed, Waived];
        self.reset(&[CheckKind::Business], &from, now);
    }

    /// Taken back: what reviewers established is established anew; the mailbox stays proven.
    pub fn recall(&mut self, now: Timestamp) {
        use CheckState::{EvidenceRequested, Failed, Passed};
        let kinds = [CheckKind::Employment, CheckKind::Business];
        self.reset(&kinds, &[EvidenceRequested, Passed, Failed], now);
    }

    /// Begun again after a rejection: what passed stays passed while its subject is unchanged.
    pub fn reopen(&mut self, now: Timestamp) {
        self.reset(&CheckKind::ALL, &[CheckState::EvidenceRequested, CheckState::Failed], now);
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum as _, Iterable as _};

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn checks(states: [CheckState; 3]) -> Checks {
        let mut checks = Checks::new(NOW);
        for (check, state) in checks.0.iter_mut().zip(states) {
            check.state = state;
        }
        checks
    }

    fn states(checks: &Checks) -> [CheckState; 3] {
        CheckKind::ALL.map(|it| checks.state(it))
    }

    fn every() -> impl Iterator<Item = [CheckState; 3]> {
        CheckState::iter().flat_map(|a| {
            CheckState::iter().flat_map(move |b| CheckState::iter().map(move |c| [a, b, c]))
        })
    }

    #[test]
    fn e11_the_enrolment_follows_its_checks() {
        use CheckState::{EvidenceRequested, Failed, Pending};
        for it in every() {
            let expected = match it {
                _ if it.contains(&EvidenceRequested) => State::ActionRequired,
                _ if it.contains(&Pending) => State::InReview,
                _ if it.contains(&Failed) => State::Rejected,
                _ => State::Approved,
            };
            assert_eq!(checks(it).fold(), expected, "{it:?}");
        }
    }

    /// Each row of M2 that resets: what becomes of email, employment and business.
    #[test]
    fn m2_every_reset_is_as_the_table_has_it() {
        use CheckState::{EvidenceRequested, Failed, Passed, Pending, Waived};
        type Row = (&'static str, fn(&mut Checks), fn(usize, CheckState) -> CheckState);
        fn only(touched: bool, it: CheckState) -> CheckState {
            if touched { Pending } else { it }
        }
        let rows: [Row; 7] = [
            ("resubmit", |it| it.resubmit(NOW), |_, it| only(it == EvidenceRequested, it)),
            ("address", |it| it.change_contact_address(NOW), |n, it| only(n < 2, it)),
            ("name", |it| it.change_contact_name(NOW), |n, it| only(n == 1, it)),
            ("legal name", |it| it.change_legal_name(NOW), |n, it| only(n > 0, it)),
            ("legal address", |it| it.change_legal_address(NOW), |n, it| only(n == 2, it)),
            (
                "recall",
                |it| it.recall(NOW),
                |n, it| only(n > 0 && matches!(it, EvidenceRequested | Passed | Failed), it),
            ),
            (
                "reopen",
                |it| it.reopen(NOW),
                |_, it| only(matches!(it, EvidenceRequested | Failed), it),
            ),
        ];
        for (row, act, expected) in rows {
            for before in every() {
                let mut checks = checks(before);
                act(&mut checks);
                let after: Vec<CheckState> =
                    before.iter().enumerate().map(|(n, it)| expected(n, *it)).collect();
                assert_eq!(states(&checks).to_vec(), after, "{row} of {before:?}");
            }
        }
        assert!(every().any(|it| it.contains(&Waived)));
    }

    #[test]
    fn m2_a_reviewer_decides_all_but_the_mailbox_and_what_is_waived() {
        let ruling = |kind, decision| Ruling {
            kind,
            decision,
            reasons: vec!["NAME_MISMATCH".to_owned()],
            evidence: vec!["REGISTER_EXTRACT".to_owned()],
            note: String::new(),
            by: UserId::mint(NOW),
        };
        for kind in CheckKind::ALL {
            assert_eq!(kind.to_value(), kind.as_str());
            for (decision, to) in [
                (Decision::Pass, CheckState::Passed),
                (Decision::Fail, CheckState::Failed),
                (Decision::RequestEvidence, CheckState::EvidenceRequested),
            ] {
                let ruling = ruling(kind, decision);
                let refused = ruling.check().err().map(|it| it.reason);
                let is_mailbox = kind == CheckKind::EmailOwnership;
                assert_eq!(refused, is_mailbox.then_some(Reason::CheckNotDecidable));
                for from in CheckState::iter().filter(|_| !is_mailbox) {
                    let mut checks = checks([from; 3]);
                    match (from, checks.decide(&ruling, NOW)) {
                        (CheckState::Waived, Err(err)) => {
                            assert_eq!(err.reason, Reason::InvalidStateTransition);
                        }
                        (CheckState::Waived, Ok(())) => panic!("a waived check was decided"),
                        (_, decided) => {
                            decided.unwrap();
                            assert_eq!(checks.state(kind), to);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn e11_a_rejection_has_a_reason_and_a_request_spells_out_what_would_do() {
        let bare = |decision| Ruling {
            kind: CheckKind::Business,
            decision,
            reasons: Vec::new(),
            evidence: Vec::new(),
            note: String::new(),
            by: UserId::mint(NOW),
        };
        let why = |decision| bare(decision).check().err().map(|it| it.reason);
        assert_eq!(why(Decision::Pass), None);
        assert_eq!(why(Decision::Fail), Some(Reason::ReasonRequired));
        assert_eq!(why(Decision::RequestEvidence), Some(Reason::EvidenceAlternativeRequired));
    }
}
