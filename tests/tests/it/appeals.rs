//! A rejection is looked at again, three times and no more.

use api::enrollment::v1::{
    AppealDecisionRequest, AppealDecisionResponse, CheckDecision, CheckKind, CheckState,
    EnrollmentState, GetReviewRequest,
};
use it::{
    World,
    cast::{Firm, Stage},
    fields, metadata, on_each_engine,
    papers::appeal,
    reason,
};
use tonic::Status;

use crate::submission::reopen;

async fn ask(
    world: &World,
    firm: &Firm,
    request: AppealDecisionRequest,
) -> Result<AppealDecisionResponse, Status> {
    let answer = world.enrollment().appeal_decision(firm.anna.asks(request)).await;
    answer.map(|it| it.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_a_rejection_is_appealed_three_times_and_reopening_is_always_possible() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        let document = world.hand_in(&firm, CheckKind::Business, 1).await;
        let n_mails = world.subjects_to(&firm.contact()).await.len();
        for left in [2, 1, 0] {
            world.decide(&firm, CheckKind::Business, CheckDecision::Fail).await;
            let answer = ask(&world, &firm, appeal(&firm, &document)).await.unwrap();
            let enrollment = answer.enrollment.unwrap();
            assert_eq!(enrollment.appeals_left, left, "{}", world.engine);
            assert_eq!(enrollment.state(), EnrollmentState::InReview, "{}", world.engine);
            assert!(enrollment.review.is_some(), "a new clock on {}", world.engine);
            let expected = [CheckState::Passed, CheckState::Passed, CheckState::Pending];
            assert_eq!(world.checks_of(&firm).await, expected, "{}", world.engine);
        }
        world.decide(&firm, CheckKind::Business, CheckDecision::Fail).await;
        let err = ask(&world, &firm, appeal(&firm, &document)).await.unwrap_err();
        assert_eq!(reason(&err), "APPEALS_EXHAUSTED", "{}", world.engine);
        assert_eq!(metadata(&err, "limit"), "3", "{}", world.engine);
        // E13: the contact is told of each of the seven moves.
        let subjects = world.subjects_to(&firm.contact()).await;
        assert_eq!(subjects.len() - n_mails, 7, "{subjects:?} on {}", world.engine);

        // A reviewer reads what was said; the ledger keeps the words where they can be erased.
        let reviewer = &world.staff().await.reviewer;
        let asked = reviewer.asks(GetReviewRequest { name: firm.enrollment.clone() });
        let review = world.enrollment().get_review(asked).await.unwrap().into_inner();
        let appeals = review.review.unwrap().appeals;
        assert_eq!(appeals.len(), 3, "{}", world.engine);
        assert!(appeals.iter().all(|it| it.comment == appeal(&firm, &document).comment));
        assert!(appeals.iter().all(|it| it.evidence == [document.name.clone()]));
        assert_eq!(world.recorded(&firm, "DecisionAppealed").await.len(), 3, "{}", world.engine);

        assert_eq!(reopen(&world, &firm).await.unwrap(), EnrollmentState::Draft);
        assert_eq!(world.enrollment_of(&firm).await.appeals_left, 0, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appeal_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let other = world.reseller("anahuac", "ES", Stage::InReview).await;
        let document = world.hand_in(&firm, CheckKind::Business, 1).await;
        let foreign = world.hand_in(&other, CheckKind::Business, 1).await;
        let good = appeal(&firm, &document);
        let err = ask(&world, &firm, good.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        assert_eq!(metadata(&err, "allowedStates"), "REJECTED", "{}", world.engine);
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        world.decide(&firm, CheckKind::Business, CheckDecision::Fail).await;

        let crossed = foreign.name.replace(&other.partner, &firm.partner);
        let unknown = AppealDecisionRequest { evidence: vec![crossed], ..good.clone() };
        let foreign = AppealDecisionRequest { evidence: vec![foreign.name], ..good.clone() };
        let silent = AppealDecisionRequest { comment: String::new(), ..good.clone() };
        let bare = AppealDecisionRequest { evidence: Vec::new(), ..good.clone() };
        let stale = AppealDecisionRequest { etag: "1".to_owned(), ..good.clone() };
        let of_other = AppealDecisionRequest { name: other.enrollment.clone(), ..good.clone() };
        for (name, request, why, field) in [
            ("unknown", unknown, "RESOURCE_NOT_FOUND", ""),
            ("foreign", foreign, "RESOURCE_NOT_FOUND", ""),
            ("of another", of_other, "RESOURCE_NOT_FOUND", ""),
            ("without a word", silent, "FIELD_INVALID", "comment"),
            ("without a document", bare, "FIELD_INVALID", "evidence"),
            ("stale", stale, "ETAG_MISMATCH", ""),
        ] {
            let err = ask(&world, &firm, request).await.unwrap_err();
            assert_eq!(reason(&err), why, "{name} on {}", world.engine);
            assert_eq!(fields(&err).concat(), field, "{name} on {}", world.engine);
        }
        let trial = AppealDecisionRequest { validate_only: true, ..good.clone() };
        let plan = ask(&world, &firm, trial).await.unwrap().plan.unwrap();
        assert_eq!(plan.events, ["DecisionAppealed"], "{}", world.engine);
        assert_eq!(plan.mails.len(), 1, "{}", world.engine);
        assert_eq!(world.enrollment_of(&firm).await.appeals_left, 3, "{}", world.engine);

        // Of many at once one counts.
        let asks = (0..8).map(|_| ask(&world, &firm, good.clone()));
        let mut n_taken = 0;
        for answer in futures_all(asks.collect()).await {
            match answer {
                Ok(_) => n_taken += 1,
                Err(err) => {
                    assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine)
                }
            }
        }
        assert_eq!(n_taken, 1, "{}", world.engine);
        assert_eq!(world.enrollment_of(&firm).await.appeals_left, 2, "{}", world.engine);
    })
    .await;
}

/// All of them at once, each driven to its end.
pub async fn futures_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *done = Some(output);
            }
        }
        match done.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    done.into_iter().map(Option::unwrap).collect()
}
