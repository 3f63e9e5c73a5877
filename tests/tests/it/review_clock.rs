//! How long a review may last, and what becomes of the clock.

use api::{
    enrollment::v1::{
        CheckDecision, CheckKind, CheckState, EnrollmentState, EvidenceType, ListEnrollmentsRequest,
    },
    types::v1::{ActorKind, Goal, Turn},
};
use chrono::Duration;
use it::{
    cast::{Stage, ruling},
    look::{ids, moment},
    on_each_engine,
    oracle::compare,
};

use crate::review::decide;

#[test]
fn e10_a_second_reckoning_in_another_language_comes_to_the_same_instants() {
    let compared = compare(25, 1);
    assert_eq!(compared.differences, Vec::<String>::new());
    assert_eq!((compared.n_countries, compared.n_starts), (242, 242 * 25));
    for kind in ["anywhere", "midnight", "change", "before-off"] {
        assert!(compared.by_kind[kind] > 100, "{:?}", compared.by_kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_was_asked_for_leads_straight_back_to_review_with_a_new_clock() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let first = world.enrollment_of(&firm).await.review.unwrap();
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        world.decide(&firm, CheckKind::Business, CheckDecision::RequestEvidence).await;
        let unmet = world.unmet(&firm, Goal::BecomeQualified).await;
        assert_eq!(
            ids(&unmet),
            ["applicant.authority", "enrollment.submitted", "check.business"],
            "{}",
            world.engine
        );
        let wanted = unmet.last().unwrap();
        assert_eq!(wanted.turn(), Turn::Applicant, "{}", world.engine);
        assert!(wanted.cure.as_ref().unwrap().rpc.ends_with("/SubmitEnrollment"));
        let check = world.enrollment_of(&firm).await.checks.pop().unwrap();
        let shown: Vec<_> = check.evidence_alternatives().collect();
        assert_eq!(shown, [EvidenceType::RegisterExtract, EvidenceType::EmploymentLetter]);

        world.clock.advance(Duration::days(1));
        let firm = world.again(&firm).await;
        let n_confirmations = world.subjects_to(&firm.contact()).await.len();
        world.submit(&firm).await;
        let enrollment = world.enrollment_of(&firm).await;
        assert_eq!(enrollment.state(), EnrollmentState::InReview, "{}", world.engine);
        let expected = [CheckState::Passed, CheckState::Passed, CheckState::Pending];
        assert_eq!(world.checks_of(&firm).await, expected, "{}", world.engine);
        let second = enrollment.review.unwrap();
        assert_eq!(moment(first.start_time), "2026-11-24T09:00:00Z", "{}", world.engine);
        assert_eq!(moment(second.start_time), "2026-11-25T09:00:00Z", "{}", world.engine);
        assert_eq!(moment(second.expected_by_time), "2026-12-02T23:00:00Z", "{}", world.engine);
        // Of the move itself the contact is told; it is asked nothing.
        let subjects = world.subjects_to(&firm.contact()).await;
        assert_eq!(subjects.len(), n_confirmations + 1, "{}", world.engine);
        assert!(subjects.last().unwrap().ends_with("en revisión"), "{subjects:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_overdue_from_the_very_microsecond_and_time_says_so_once() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let reviewer = world.staff().await.reviewer.clone();
        let by = world.enrollment_of(&firm).await.review.unwrap().expected_by_time;
        assert_eq!(moment(by), "2026-12-01T23:00:00Z", "{}", world.engine);
        for (at, is_overdue) in
            [("2026-12-01T22:59:59.999999Z", false), ("2026-12-01T23:00:00Z", true)]
        {
            world.until(at);
            world.deliver().await;
            let (firm, reviewer) = (world.again(&firm).await, world.anew(&reviewer).await);
            let unmet = world.unmet(&firm, Goal::BecomeQualified).await;
            assert_eq!(ids(&unmet), ["check.employment", "check.business"]);
            for it in &unmet {
                assert_eq!((it.overdue, it.turn()), (is_overdue, Turn::Reviewer), "{at}");
                assert_eq!(it.expected_by_time, by, "{at} on {}", world.engine);
            }
            let review = world.enrollment_of(&firm).await.review.unwrap();
            assert_eq!(review.overdue, is_overdue, "{at} on {}", world.engine);
            let asked = reviewer.asks(ListEnrollmentsRequest::default());
            let list = world.enrollment().list_enrollments(asked).await.unwrap().into_inner();
            assert_eq!(list.enrollments[0].review.unwrap().overdue, is_overdue, "{at}");
            let said = world.recorded(&firm, "ReviewOverdue").await;
            assert_eq!(said.len(), usize::from(is_overdue), "{at} on {}", world.engine);
            for it in said {
                assert_eq!(it.actor.unwrap().kind(), ActorKind::System, "{}", world.engine);
                assert_eq!(moment(it.create_time), at, "{}", world.engine);
            }
        }
        world.clock.advance(Duration::days(10));
        world.deliver().await;
        let (firm, reviewer) = (world.again(&firm).await, world.anew(&reviewer).await);
        assert_eq!(world.recorded(&firm, "ReviewOverdue").await.len(), 1, "{}", world.engine);

        let request = ruling(&firm, CheckKind::Business, CheckDecision::RequestEvidence);
        let answer = decide(&world, &reviewer, request).await.unwrap();
        assert_eq!(answer.enrollment.unwrap().review, None, "{}", world.engine);
        let unmet = world.unmet(&firm, Goal::BecomeQualified).await;
        assert!(unmet.iter().all(|it| !it.overdue), "{}", world.engine);
    })
    .await;
}
