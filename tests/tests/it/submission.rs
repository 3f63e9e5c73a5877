//! An enrolment is handed in, taken back, and begun again.

use api::enrollment::v1::{
    CheckDecision, CheckKind, CheckState, EnrollmentState, LegalProfile,
    PreviewContactConfirmationRequest, PrimaryContact, RecallEnrollmentRequest,
    ReopenEnrollmentRequest, SubmitEnrollmentRequest, UpdateLegalProfileRequest,
};
use domain::{Language, consent};
use it::{
    World,
    cast::{Firm, Stage, contact_change, ruling, submission},
    look::unmet_in,
    metadata, on_each_engine, reason,
};
use prost_types::FieldMask;
use tonic::Status;

async fn refused(world: &World, firm: &Firm, request: SubmitEnrollmentRequest) -> Status {
    world.enrollment().submit_enrollment(firm.anna.asks(request)).await.unwrap_err()
}

pub async fn recall(world: &World, firm: &Firm) -> Result<EnrollmentState, Status> {
    let request = RecallEnrollmentRequest { name: firm.enrollment.clone(), ..Default::default() };
    let answer = world.enrollment().recall_enrollment(firm.anna.asks(request)).await?;
    Ok(answer.into_inner().enrollment.unwrap().state())
}

pub async fn reopen(world: &World, firm: &Firm) -> Result<EnrollmentState, Status> {
    let request = ReopenEnrollmentRequest { name: firm.enrollment.clone(), ..Default::default() };
    let answer = world.enrollment().reopen_enrollment(firm.anna.asks(request)).await?;
    Ok(answer.into_inner().enrollment.unwrap().state())
}

async fn country(world: &World, firm: &Firm, region_code: &str) -> Result<(), Status> {
    let profile = LegalProfile { region_code: region_code.to_owned(), ..Default::default() };
    let (name, legal_profile) = (firm.enrollment.clone(), Some(profile));
    let request = UpdateLegalProfileRequest { name, legal_profile, ..Default::default() };
    world.enrollment().update_legal_profile(firm.anna.asks(request)).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_lists_exactly_what_lacks() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let silent = SubmitEnrollmentRequest { authority_confirmed: false, ..submission(&firm) };
        let err = refused(&world, &firm, silent.clone()).await;
        assert_eq!(unmet_in(&err), ["applicant.authority"], "{}", world.engine);

        let mut nobody = contact_change(&firm, PrimaryContact::default());
        nobody.update_mask = Some(FieldMask { paths: vec!["phone".to_owned()] });
        world.enrollment().update_primary_contact(firm.anna.asks(nobody.clone())).await.unwrap();
        let err = refused(&world, &firm, silent.clone()).await;
        assert_eq!(unmet_in(&err), ["contact.named", "applicant.authority"], "{}", world.engine);

        nobody.update_mask = Some(FieldMask { paths: vec!["email".to_owned()] });
        world.enrollment().update_primary_contact(firm.anna.asks(nobody)).await.unwrap();
        let rest = UpdateLegalProfileRequest::default();
        let update_mask = Some(FieldMask { paths: vec!["address".to_owned()] });
        let (name, legal_profile) = (firm.enrollment.clone(), Some(LegalProfile::default()));
        let no_address = UpdateLegalProfileRequest { name, legal_profile, update_mask, ..rest };
        world.enrollment().update_legal_profile(firm.anna.asks(no_address)).await.unwrap();
        let err = refused(&world, &firm, silent).await;
        let expected =
            ["profile.address", "contact.named", "contact.email-allowed", "applicant.authority"];
        assert_eq!(unmet_in(&err), expected, "{}", world.engine);
        let err = refused(&world, &firm, submission(&firm)).await;
        assert_eq!(unmet_in(&err), expected[..3], "{}", world.engine);
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Draft);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authority_is_confirmed_by_the_text_that_was_shown() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        for hash in [Vec::new(), vec![7; 32], consent::PROVIDER.sha256(Language::English)] {
            let request =
                SubmitEnrollmentRequest { authority_text_sha256: hash, ..submission(&firm) };
            let err = refused(&world, &firm, request.clone()).await;
            assert_eq!(reason(&err), "CONSENT_REQUIRED", "{request:?} on {}", world.engine);
        }
        let statement = world.enrollment_of(&firm).await.authority_statement.unwrap();
        let authority_text_sha256 = statement.text_sha256;
        let shown = SubmitEnrollmentRequest { authority_text_sha256, ..submission(&firm) };
        world.enrollment().submit_enrollment(firm.anna.asks(shown)).await.unwrap();
        let err = refused(&world, &firm, submission(&firm)).await;
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        assert_eq!(metadata(&err, "currentState"), "SUBMITTED");
        assert_eq!(metadata(&err, "allowedStates"), "DRAFT ACTION_REQUIRED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_a_submission_would_do_and_does_none_of_it() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let (before, ledger) = (world.enrollment_of(&firm).await, world.ledger_of(&firm).await);
        let request = SubmitEnrollmentRequest { validate_only: true, ..submission(&firm) };
        let answer = world.enrollment().submit_enrollment(firm.anna.asks(request)).await.unwrap();
        let answer = answer.into_inner();
        let plan = answer.plan.unwrap();
        assert_eq!((answer.enrollment, plan.events), (None, vec!["EnrollmentSubmitted".into()]));
        let mails: Vec<_> = plan.mails.into_iter().map(|it| (it.template, it.recipient)).collect();
        assert_eq!(mails, [("contact-confirmation".to_owned(), firm.contact())]);

        assert_eq!(world.enrollment_of(&firm).await, before, "{}", world.engine);
        assert_eq!(world.ledger_of(&firm).await, ledger, "{}", world.engine);
        assert!(world.subjects_to(&firm.contact()).await.is_empty(), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_mails_the_contact_in_its_language_and_opening_confirms_nothing() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        let mail = world.mail_to(&firm.contact()).await;
        assert!(mail.subject.starts_with("Por favor, confirme: "), "{mail:?}");
        assert!(mail.text.contains("/confirm-contact#"), "{mail:?}");
        let link_secret = mail.secret().unwrap().to_owned();
        assert!(world.stored(&link_secret).await.is_empty(), "{}", world.engine);

        let (before, ledger) = (world.enrollment_of(&firm).await, world.ledger_of(&firm).await);
        for _ in 0..5 {
            let ask = PreviewContactConfirmationRequest { link_secret: link_secret.clone() };
            let shown = world.enrollment().preview_contact_confirmation(ask).await.unwrap();
            let shown = shown.into_inner();
            assert_eq!(shown.email, firm.contact(), "{}", world.engine);
            assert_eq!(shown.applicant_name, "Anna Ferrer", "{}", world.engine);
        }
        assert_eq!(world.enrollment_of(&firm).await, before, "{}", world.engine);
        assert_eq!(world.ledger_of(&firm).await, ledger, "{}", world.engine);
        world.confirm(&firm).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::InReview, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recalled_is_reviewed_anew_and_its_mailbox_stays_proven() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let err = recall(&world, &firm).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        world.submit(&firm).await;
        assert_eq!(recall(&world, &firm).await.unwrap(), EnrollmentState::Draft);
        world.submit(&firm).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Submitted, "{}", world.engine);
        world.confirm(&firm).await;
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        assert_eq!(recall(&world, &firm).await.unwrap(), EnrollmentState::Draft);
        let proven = [CheckState::Passed, CheckState::Pending, CheckState::Pending];
        assert_eq!(world.checks_of(&firm).await, proven, "{}", world.engine);
        assert_eq!(world.enrollment_of(&firm).await.review, None, "{}", world.engine);
        world.submit(&firm).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::InReview, "{}", world.engine);

        world.decide(&firm, CheckKind::Employment, CheckDecision::RequestEvidence).await;
        assert_eq!(recall(&world, &firm).await.unwrap(), EnrollmentState::Draft);
        assert_eq!(world.checks_of(&firm).await, proven, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rejected_is_reopened_and_what_passed_stays_passed() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let err = reopen(&world, &firm).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        let fail = ruling(&firm, CheckKind::Business, CheckDecision::Fail);
        let asked = world.staff().await.reviewer.asks(fail);
        world.enrollment().decide_check(asked).await.unwrap();
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Rejected, "{}", world.engine);
        assert_eq!(reason(&recall(&world, &firm).await.unwrap_err()), "INVALID_STATE_TRANSITION");
        assert_eq!(reopen(&world, &firm).await.unwrap(), EnrollmentState::Draft);
        let kept = [CheckState::Passed, CheckState::Passed, CheckState::Pending];
        assert_eq!(world.checks_of(&firm).await, kept, "{}", world.engine);
        world.submit(&firm).await;
        world.decide(&firm, CheckKind::Business, CheckDecision::Pass).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Approved, "{}", world.engine);
        assert_eq!(reason(&reopen(&world, &firm).await.unwrap_err()), "INVALID_STATE_TRANSITION");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_country_is_frozen_by_a_submission_and_by_a_partner_id() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        for region in ["PT", "ES"] {
            country(&world, &firm, region).await.unwrap();
        }
        world.tie(&firm).await;
        let err = country(&world, &firm, "PT").await.unwrap_err();
        assert_eq!(reason(&err), "COUNTRY_FROZEN", "tied on {}", world.engine);

        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        recall(&world, &firm).await.unwrap();
        let err = country(&world, &firm, "PT").await.unwrap_err();
        assert_eq!(reason(&err), "COUNTRY_FROZEN", "submitted on {}", world.engine);
        country(&world, &firm, "ES").await.unwrap();
    })
    .await;
}
