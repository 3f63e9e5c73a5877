//! The contact confirms by its link, is reminded, and is replaced.

use api::{
    enrollment::v1::{
        CheckDecision, CheckKind, CheckState, ConfirmContactRequest, ConfirmContactResponse,
        EnrollmentState, PrimaryContact,
    },
    types::v1::{Consent, Goal},
};
use chrono::Duration;
use it::{
    World,
    cast::{Firm, Stage, confirmation, contact_change, ruling},
    look::{ids, unmet_in},
    on_each_engine, reason,
};
use prost_types::FieldMask;
use tonic::{Response, Status};

use crate::submission::recall;

type Answer = Result<Response<ConfirmContactResponse>, Status>;

async fn confirm(world: &World, request: ConfirmContactRequest) -> Answer {
    world.enrollment().confirm_contact(request).await
}

async fn why_not(world: &World, secret: &str) -> String {
    reason(&confirm(world, confirmation(secret.to_owned())).await.unwrap_err())
}

fn address(email: &str) -> PrimaryContact {
    PrimaryContact { email: email.to_owned(), ..PrimaryContact::default() }
}

async fn rename(world: &World, firm: &Firm, contact: PrimaryContact) {
    let request = firm.anna.asks(contact_change(firm, contact));
    world.enrollment().update_primary_contact(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_makes_both_statements_or_confirms_nothing() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        let good = confirmation(world.secret_to(&firm.contact()).await);
        let no = |it: &Option<Consent>| it.clone().map(|it| Consent { given: false, ..it });
        let other = Some(Consent { given: true, text_sha256: vec![7; 32] });
        let swapped = ConfirmContactRequest {
            registration_known: good.address_owned.clone(),
            address_owned: good.registration_known.clone(),
            ..good.clone()
        };
        let cases = [
            (
                "first",
                ConfirmContactRequest {
                    registration_known: no(&good.registration_known),
                    ..good.clone()
                },
            ),
            (
                "second",
                ConfirmContactRequest { address_owned: no(&good.address_owned), ..good.clone() },
            ),
            ("absent", ConfirmContactRequest { address_owned: None, ..good.clone() }),
            ("text", ConfirmContactRequest { address_owned: other, ..good.clone() }),
            ("swapped", swapped),
        ];
        for (case, request) in cases {
            let err = confirm(&world, request).await.unwrap_err();
            assert_eq!(reason(&err), "CONSENT_REQUIRED", "{case} on {}", world.engine);
            assert_eq!(world.state_of(&firm).await, EnrollmentState::Submitted, "{case}");
        }
        let plan = ConfirmContactRequest { validate_only: true, ..good.clone() };
        let plan = confirm(&world, plan).await.unwrap().into_inner().plan.unwrap();
        assert_eq!(plan.events, ["ContactConfirmed"], "{}", world.engine);
        let answer = confirm(&world, good).await.unwrap().into_inner();
        assert_eq!(answer.state(), EnrollmentState::InReview, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_says_to_its_holder_how_it_ended() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        assert_eq!(why_not(&world, &"x".repeat(43)).await, "LINK_INVALID", "{}", world.engine);
        let recalled = world.secret_to(&firm.contact()).await;
        recall(&world, &firm).await.unwrap();
        assert_eq!(why_not(&world, &recalled).await, "LINK_VOID", "{}", world.engine);
        world.submit(&firm).await;
        let replaced = world.secret_to(&firm.contact()).await;
        assert_ne!(recalled, replaced, "{}", world.engine);
        let marta = format!("marta.soler@{}", firm.domain);
        rename(&world, &firm, address(&marta)).await;
        assert_eq!(why_not(&world, &replaced).await, "LINK_SUPERSEDED", "{}", world.engine);
        let good = world.secret_to(&marta).await;
        confirm(&world, confirmation(good.clone())).await.unwrap();
        assert_eq!(why_not(&world, &good).await, "LINK_USED", "{}", world.engine);
        assert_eq!(why_not(&world, &recalled).await, "LINK_VOID", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_good_for_seven_days_to_the_microsecond() {
    on_each_engine(async |world| {
        let late = world.reseller("late", "ES", Stage::Submitted).await;
        let timely = world.reseller("timely", "ES", Stage::Submitted).await;
        let (late_link, link) =
            (world.secret_to(&late.contact()).await, world.secret_to(&timely.contact()).await);
        world.clock.advance(Duration::days(7) - Duration::microseconds(1));
        confirm(&world, confirmation(link)).await.unwrap();
        world.clock.advance(Duration::microseconds(1));
        assert_eq!(why_not(&world, &late_link).await, "LINK_EXPIRED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_confirmation_gets_the_first_answer_again() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        let request = ConfirmContactRequest {
            request_id: "6f0b3c1e-5a3e-4c57-9d0b-6f3a1c2d4e5f".to_owned(),
            ..confirmation(world.secret_to(&firm.contact()).await)
        };
        let first = confirm(&world, request.clone()).await.unwrap();
        assert!(first.metadata().get("idempotency-replayed").is_none(), "{}", world.engine);
        let again = confirm(&world, request).await.unwrap();
        assert!(again.metadata().get("idempotency-replayed").is_some(), "{}", world.engine);
        assert_eq!(first.into_inner(), again.into_inner(), "{}", world.engine);
        assert_eq!(world.recorded(&firm, "ContactConfirmed").await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_confirmations_one_uses_the_link() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        let request = confirmation(world.secret_to(&firm.contact()).await);
        let tries: Vec<_> = (0..64)
            .map(|_| {
                let (mut client, request) = (world.enrollment(), request.clone());
                tokio::spawn(async move { client.confirm_contact(request).await })
            })
            .collect();
        let (mut n_good, mut refusals) = (0, Vec::new());
        for it in tries {
            match it.await.unwrap() {
                Ok(_) => n_good += 1,
                Err(err) => refusals.push(reason(&err)),
            }
        }
        assert_eq!((n_good, refusals), (1, vec!["LINK_USED".to_owned(); 63]), "{}", world.engine);
        assert_eq!(world.recorded(&firm, "ContactConfirmed").await.len(), 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_contact_is_reminded_once_after_two_business_days_with_the_same_link() {
    on_each_engine(async |world| {
        // Tuesday; the second business day ends with Thursday, in Spain an hour before UTC's.
        let silent = world.reseller("silent", "ES", Stage::Submitted).await;
        let swift = world.reseller("swift", "ES", Stage::Submitted).await;
        let secret = world.secret_to(&silent.contact()).await;
        world.confirm(&swift).await;
        let n_swift = world.subjects_to(&swift.contact()).await.len();
        world.until("2026-11-26T22:59:59.999999Z");
        assert_eq!(world.subjects_to(&silent.contact()).await.len(), 1, "{}", world.engine);
        world.until("2026-11-26T23:00:00Z");
        let subjects = world.subjects_to(&silent.contact()).await;
        assert!(subjects.len() == 2 && subjects[1].starts_with("Seguimos a la espera"));
        assert_eq!(world.secret_to(&silent.contact()).await, secret, "{}", world.engine);
        world.clock.advance(Duration::days(3));
        assert_eq!(world.subjects_to(&silent.contact()).await.len(), 2, "{}", world.engine);
        assert_eq!(world.subjects_to(&swift.contact()).await.len(), n_swift, "{}", world.engine);
        let silent = world.again(&silent).await;
        assert_eq!(world.recorded(&silent, "ContactReminded").await.len(), 1);
        world.confirm(&silent).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_leads_back_from_review_and_is_unproven() {
    on_each_engine(async |world| {
        use CheckState::{Passed, Pending};
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        world.decide(&firm, CheckKind::Business, CheckDecision::Pass).await;
        let marta = format!("marta.soler@{}", firm.domain);
        // The same mailbox in other letters is the same mailbox.
        rename(&world, &firm, address(&firm.contact().to_uppercase())).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::InReview, "{}", world.engine);
        rename(&world, &firm, address(&marta)).await;
        let enrollment = world.enrollment_of(&firm).await;
        assert_eq!(enrollment.state(), EnrollmentState::Submitted, "{}", world.engine);
        assert_eq!(enrollment.review, None, "{}", world.engine);
        assert_eq!(world.checks_of(&firm).await, [Pending, Pending, Passed], "{}", world.engine);
        let unmet = world.unmet(&firm, Goal::BecomeQualified).await;
        assert_eq!(ids(&unmet), ["contact.confirmed", "check.employment"], "{}", world.engine);

        let link = confirmation(world.secret_to(&marta).await);
        confirm(&world, link).await.unwrap();
        assert!(world.enrollment_of(&firm).await.review.is_some(), "{}", world.engine);
        world.decide(&firm, CheckKind::Employment, CheckDecision::RequestEvidence).await;
        let nuria = format!("nuria.vidal@{}", firm.domain);
        let n_before = world.subjects_to(&nuria).await.len();
        rename(&world, &firm, address(&nuria)).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::ActionRequired);
        assert_eq!(world.checks_of(&firm).await, [Pending, Pending, Passed], "{}", world.engine);
        assert_eq!(world.subjects_to(&nuria).await.len(), n_before, "{}", world.engine);
        let request = ruling(&firm, CheckKind::Employment, CheckDecision::Pass);
        let asked = world.staff().await.reviewer.asks(request);
        let err = world.enrollment().decide_check(asked).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        world.submit(&firm).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Submitted, "{}", world.engine);
        confirm(&world, confirmation(world.secret_to(&nuria).await)).await.unwrap();
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Approved, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_renews_the_link_or_the_employment_check_and_a_phone_neither() {
    on_each_engine(async |world| {
        use CheckState::{Passed, Pending};
        let marta = PrimaryContact { given_name: "Marta".to_owned(), ..Default::default() };
        let phone = PrimaryContact { phone: "+34931234599".to_owned(), ..Default::default() };
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        let first = world.secret_to(&firm.contact()).await;
        rename(&world, &firm, phone.clone()).await;
        assert_eq!(world.secret_to(&firm.contact()).await, first, "{}", world.engine);
        rename(&world, &firm, marta).await;
        assert_eq!(why_not(&world, &first).await, "LINK_SUPERSEDED", "{}", world.engine);
        world.confirm(&firm).await;

        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        rename(&world, &firm, phone).await;
        assert_eq!(world.checks_of(&firm).await, [Passed, Passed, Pending], "{}", world.engine);
        let clock = world.enrollment_of(&firm).await.review;
        let jordi = PrimaryContact { given_name: "Jordi".to_owned(), ..Default::default() };
        rename(&world, &firm, jordi).await;
        assert_eq!(world.checks_of(&firm).await, [Passed, Pending, Pending], "{}", world.engine);
        let enrollment = world.enrollment_of(&firm).await;
        assert_eq!(enrollment.state(), EnrollmentState::InReview, "{}", world.engine);
        assert_eq!(enrollment.review, clock, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_in_stays_complete() {
    on_each_engine(async |world| {
        let submitted = world.reseller("diagonal", "ES", Stage::Submitted).await;
        let in_review = world.reseller("diagonal", "ES", Stage::InReview).await;
        for firm in [submitted, in_review] {
            let before = world.enrollment_of(&firm).await;
            for (path, expected) in [
                ("phone", &["contact.named"][..]),
                ("email", &["contact.named", "contact.email-allowed"]),
            ] {
                let mut request = contact_change(&firm, PrimaryContact::default());
                request.update_mask = Some(FieldMask { paths: vec![path.to_owned()] });
                let asked = firm.anna.asks(request);
                let err = world.enrollment().update_primary_contact(asked).await.unwrap_err();
                assert_eq!(unmet_in(&err), expected, "{path} on {}", world.engine);
            }
            assert_eq!(world.enrollment_of(&firm).await, before, "{}", world.engine);
        }
    })
    .await;
}
