//! A reviewer decides, the enrolment follows, and the contact is told.

use api::enrollment::v1::{
    CheckDecision, CheckKind, DecideCheckRequest, DecideCheckResponse, EnrollmentState,
    PrimaryContact,
};
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, contact_change, ruling},
    metadata, on_each_engine, reason,
};
use tonic::Status;

use crate::submission::{recall, reopen};

pub async fn decide(
    world: &World,
    who: &Persona,
    request: DecideCheckRequest,
) -> Result<DecideCheckResponse, Status> {
    world.enrollment().decide_check(who.asks(request)).await.map(|it| it.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let reviewer = &world.staff().await.reviewer;
        let of = |kind, decision| ruling(&firm, kind, decision);
        let business = |decision| of(CheckKind::Business, decision);
        for (request, why) in [
            (of(CheckKind::EmailOwnership, CheckDecision::Pass), "CHECK_NOT_DECIDABLE"),
            (of(CheckKind::EmailOwnership, CheckDecision::Fail), "CHECK_NOT_DECIDABLE"),
            (
                DecideCheckRequest { reasons: Vec::new(), ..business(CheckDecision::Fail) },
                "REASON_REQUIRED",
            ),
            (
                DecideCheckRequest {
                    evidence_alternatives: Vec::new(),
                    ..business(CheckDecision::RequestEvidence)
                },
                "EVIDENCE_ALTERNATIVE_REQUIRED",
            ),
            (
                DecideCheckRequest { etag: "0".to_owned(), ..business(CheckDecision::Pass) },
                "ETAG_MISMATCH",
            ),
        ] {
            let err = decide(&world, reviewer, request.clone()).await.unwrap_err();
            assert_eq!(reason(&err), why, "{request:?} on {}", world.engine);
        }
        for who in [&firm.anna, &world.staff().await.operator] {
            let err = decide(&world, who, business(CheckDecision::Pass)).await.unwrap_err();
            assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
        }
        assert_eq!(world.state_of(&firm).await, EnrollmentState::InReview, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_decided_outside_of_review() {
    on_each_engine(async |world| {
        let reviewer = &world.staff().await.reviewer;
        for (stage, state) in [
            (Stage::Draft, "DRAFT"),
            (Stage::Submitted, "SUBMITTED"),
            (Stage::Approved, "APPROVED"),
        ] {
            let firm = world.reseller("diagonal", "ES", stage).await;
            let request = ruling(&firm, CheckKind::Business, CheckDecision::Fail);
            let err = decide(&world, reviewer, request).await.unwrap_err();
            assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{state} on {}", world.engine);
            assert_eq!(metadata(&err, "currentState"), state);
            assert_eq!(metadata(&err, "allowedStates"), "IN_REVIEW ACTION_REQUIRED APPROVED");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reviews_their_own_company() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let request = ruling(&firm, CheckKind::Business, CheckDecision::Pass);
        // Its applicant, who was made a reviewer, is of the company too.
        let roles = [Role::GlobalAdmin, Role::Reviewer];
        let anna = world.with_roles(&firm.anna, &roles).await;
        let err = decide(&world, &anna, request.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "REVIEWER_CONFLICT", "the applicant on {}", world.engine);

        // Nor does somebody who has a mailbox of the company, under another name.
        let email = format!("Anna@{}", firm.domain);
        let double = world.platform_at(&email, &[Role::Reviewer]).await;
        let err = decide(&world, &double, request.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "REVIEWER_CONFLICT", "a user on {}", world.engine);

        // A reviewer of the platform whose mailbox is the contact's, until another is named.
        let reviewer = &world.staff().await.reviewer;
        for (person, email) in
            [("contact", "VERA@vendor.example"), ("nobody", "nobody@vendor.example")]
        {
            let contact = PrimaryContact { email: email.to_owned(), ..Default::default() };
            let change = firm_change(&world, &firm, &anna, contact).await;
            assert_eq!(change, EnrollmentState::Submitted);
            world
                .enrollment()
                .confirm_contact(it::cast::confirmation(world.secret_to(email).await))
                .await
                .unwrap();
            let answer = decide(&world, reviewer, request.clone()).await;
            let why = answer.err().map(|it| reason(&it));
            let expected = (person == "contact").then(|| "REVIEWER_CONFLICT".to_owned());
            assert_eq!(why, expected, "{person} on {}", world.engine);
        }
    })
    .await;
}

async fn firm_change(
    world: &World,
    firm: &Firm,
    who: &Persona,
    contact: PrimaryContact,
) -> EnrollmentState {
    let asked = who.asks(contact_change(firm, contact));
    let changed = world.enrollment().update_primary_contact(asked).await.unwrap();
    changed.into_inner().enrollment.unwrap().state()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_enrolment_follows_its_checks() {
    on_each_engine(async |world| {
        use CheckDecision::{Fail, Pass, RequestEvidence};
        use EnrollmentState::{ActionRequired, Approved, InReview, Rejected};
        let cases = [
            (vec![(Pass, InReview), (Pass, Approved)]),
            (vec![(Pass, InReview), (Fail, Rejected)]),
            (vec![(Fail, InReview), (Pass, Rejected)]),
            (vec![(RequestEvidence, ActionRequired), (Fail, ActionRequired)]),
            (vec![(RequestEvidence, ActionRequired), (Pass, ActionRequired)]),
            (vec![(Pass, InReview), (RequestEvidence, ActionRequired)]),
        ];
        let reviewer = &world.staff().await.reviewer;
        for case in cases {
            let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
            for (kind, (decision, state)) in
                [CheckKind::Employment, CheckKind::Business].into_iter().zip(&case)
            {
                let request = ruling(&firm, kind, *decision);
                let answer = decide(&world, reviewer, request).await.unwrap();
                let enrollment = answer.enrollment.unwrap();
                assert_eq!(enrollment.state(), *state, "{case:?} on {}", world.engine);
                let is_timed = enrollment.review.is_some();
                assert_eq!(is_timed, *state == InReview, "{case:?} on {}", world.engine);
            }
        }
        // A reviewer may change its mind while the enrolment is open.
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        for (kind, decision, state) in [
            (CheckKind::Employment, RequestEvidence, ActionRequired),
            (CheckKind::Employment, Fail, InReview),
            (CheckKind::Employment, Pass, InReview),
            (CheckKind::Business, Pass, Approved),
        ] {
            let answer = decide(&world, reviewer, ruling(&firm, kind, decision)).await.unwrap();
            assert_eq!(answer.enrollment.unwrap().state(), state, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_told_of_every_move_after_it_confirmed_and_of_none_before() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        recall(&world, &firm).await.unwrap();
        world.submit(&firm).await;
        let asked = world.subjects_to(&firm.contact()).await;
        let is_question = |it: &String| it.starts_with("Por favor, confirme");
        assert!(asked.len() == 2 && asked.iter().all(is_question), "{asked:?}");

        world.confirm(&firm).await;
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        world.decide(&firm, CheckKind::Business, CheckDecision::RequestEvidence).await;
        world.submit(&firm).await;
        world.decide(&firm, CheckKind::Business, CheckDecision::Fail).await;
        reopen(&world, &firm).await.unwrap();
        world.submit(&firm).await;
        recall(&world, &firm).await.unwrap();
        world.submit(&firm).await;
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        world.decide(&firm, CheckKind::Business, CheckDecision::Pass).await;
        let told = world.subjects_to(&firm.contact()).await;
        let words: Vec<&str> = told[2..].iter().map(|it| it.rsplit(": ").next().unwrap()).collect();
        let (in_review, taken_back) = ("en revisión", "retirada por la empresa para modificarla");
        assert_eq!(
            words,
            [
                in_review,
                "a la espera de la empresa",
                in_review,
                "rechazada; la empresa puede empezar de nuevo",
                taken_back,
                in_review,
                taken_back,
                in_review,
                "aprobada",
            ],
            "{}",
            world.engine
        );
    })
    .await;
}
