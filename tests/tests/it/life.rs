//! What may befall an enrolment: no answer, "not me", haste, a change after approval, an end.

use api::{
    enrollment::v1::{
        AssociatePartnerIdRequest, CheckDecision, CheckKind, CheckState, DeauthorizePartnerRequest,
        DisownContactRequest, DisownContactResponse, Enrollment, EnrollmentState,
        EscalateReviewRequest, GetEnrollmentRequest, GetPartnerRequest, GetReadinessRequest,
        LegalProfile, Partner, PrimaryContact, ProgrammeStatus, ReinstatePartnerRequest,
        ResendContactConfirmationRequest, RestoreContactRequest, SupportProfile,
        SuspendPartnerRequest, UndoDisownContactRequest, UpdateLegalProfileRequest,
        UpdateSupportProfileRequest, WithdrawEnrollmentRequest,
    },
    types::v1::{Goal, Requirement},
};
use chrono::Duration;
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, confirmation, contact_change, submission},
    metadata, on_each_engine, reason, unmet,
};
use tonic::Status;

use crate::invitations::only;

async fn found(world: &World, firm: &Firm) -> Enrollment {
    let ask = GetEnrollmentRequest { name: firm.enrollment.clone() };
    let anna = world.sign_in(&firm.anna.sign_in_name).await;
    let answer = world.enrollment().get_enrollment(anna.asks(ask)).await.unwrap();
    answer.into_inner().enrollment.unwrap()
}

async fn partner(world: &World, firm: &Firm) -> Partner {
    let ask = GetPartnerRequest { name: firm.partner.clone() };
    let anna = world.sign_in(&firm.anna.sign_in_name).await;
    let answer = world.enrollment().get_partner(anna.asks(ask)).await.unwrap();
    answer.into_inner().partner.unwrap()
}

async fn readiness(world: &World, firm: &Firm, id: &str) -> Requirement {
    let ask = GetReadinessRequest {
        goal: Goal::BecomeActive.into(),
        partner: firm.partner.clone(),
        ..GetReadinessRequest::default()
    };
    let anna = world.sign_in(&firm.anna.sign_in_name).await;
    let answer = world.enrollment().get_readiness(anna.asks(ask)).await.unwrap().into_inner();
    answer.requirements.into_iter().find(|it| it.id == id).unwrap()
}

async fn resend(world: &World, firm: &Firm) -> Result<(), Status> {
    let name = firm.enrollment.clone();
    let ask = ResendContactConfirmationRequest { name, ..Default::default() };
    let anna = world.sign_in(&firm.anna.sign_in_name).await;
    world.enrollment().resend_contact_confirmation(anna.asks(ask)).await.map(drop)
}

async fn disown(
    world: &World,
    secret: &str,
    confirmed: bool,
) -> Result<DisownContactResponse, Status> {
    let link_secret = secret.to_owned();
    let ask = DisownContactRequest { link_secret, confirmed, ..Default::default() };
    Ok(world.enrollment().disown_contact(ask).await?.into_inner())
}

async fn undo(world: &World, secret: &str) -> Result<(), Status> {
    let link_secret = secret.to_owned();
    let ask = UndoDisownContactRequest { link_secret, ..Default::default() };
    world.enrollment().undo_disown_contact(ask).await.map(drop)
}

async fn confirm(world: &World, secret: &str) -> Result<(), Status> {
    world.enrollment().confirm_contact(confirmation(secret.to_owned())).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn e8_the_contact_is_mailed_again_ten_minutes_apart_and_five_times_a_day() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let err = resend(&world, &firm).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        world.submit(&firm).await;
        let mut secrets = vec![world.secret_to(&firm.contact()).await];
        let err = resend(&world, &firm).await.unwrap_err();
        assert_eq!(reason(&err), "RESEND_TOO_SOON", "{}", world.engine);
        assert_eq!(metadata(&err, "retryTime"), "2026-11-24T09:10:00+00:00", "{}", world.engine);
        for n in 0..6 {
            world.clock.advance(Duration::minutes(10));
            match resend(&world, &firm).await {
                Ok(()) => secrets.push(world.secret_to(&firm.contact()).await),
                Err(err) => assert_eq!((n, reason(&err).as_str()), (5, "RESEND_LIMIT")),
            }
        }
        assert_eq!(secrets.len(), 6, "{}", world.engine);
        let newest = secrets.pop().unwrap();
        for former in &secrets {
            let err = confirm(&world, former).await.unwrap_err();
            assert_eq!(reason(&err), "LINK_SUPERSEDED", "{}", world.engine);
        }
        confirm(&world, &newest).await.unwrap();
        let err = resend(&world, &firm).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e8_a_link_that_ran_out_is_written_down_once_and_readiness_says_how_to_go_on() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        let secret = world.secret_to(&firm.contact()).await;
        // A jump over reminder and end together fires each once.
        world.clock.advance(Duration::days(30));
        world.deliver().await;
        world.deliver().await;
        let anna = world.sign_in(&firm.anna.sign_in_name).await;
        let ledger = world.ledger(&anna).await;
        assert_eq!(only(&ledger, "ContactLinkExpired").len(), 1, "{}", world.engine);
        let err = confirm(&world, &secret).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_EXPIRED", "{}", world.engine);
        let waits = readiness(&world, &firm, "contact.confirmed").await;
        assert_eq!(waits.problems, ["LINK_EXPIRED"], "{}", world.engine);
        let rpc = "pacta.enrollment.v1.EnrollmentService/ResendContactConfirmation";
        assert_eq!(waits.cure.unwrap().rpc, rpc, "{}", world.engine);
        resend(&world, &firm).await.unwrap();
        world.confirm(&firm).await;
        assert_eq!(found(&world, &firm).await.state(), EnrollmentState::InReview);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e8_not_me_takes_two_steps_and_is_undone_by_its_own_link_or_an_operator() {
    on_each_engine(async |world| {
        let operator = world.staff().await.operator.clone();
        let firm = world.reseller("diagonal", "ES", Stage::Submitted).await;
        let (contact, engine) = (firm.contact(), world.engine);
        let secret = world.secret_to(&contact).await;
        let asked = disown(&world, &secret, false).await.unwrap();
        assert!(!asked.disowned && asked.undo_until_time.is_none(), "{engine}");
        assert_eq!(found(&world, &firm).await.state(), EnrollmentState::Submitted, "{engine}");

        let said = disown(&world, &secret, true).await.unwrap();
        assert_eq!((said.disowned, said.state()), (true, EnrollmentState::ActionRequired));
        let err = disown(&world, &secret, true).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_USED", "{engine}");
        let same = PrimaryContact { email: contact.to_uppercase(), ..PrimaryContact::default() };
        let mut client = world.enrollment();
        let asked = firm.anna.asks(contact_change(&firm, same));
        let err = client.update_primary_contact(asked).await.unwrap_err();
        assert_eq!(reason(&err), "CONTACT_DISOWNED", "{engine}");
        let err = client.submit_enrollment(firm.anna.asks(submission(&firm))).await.unwrap_err();
        assert_eq!(unmet(&err), ["contact.email-allowed"], "{engine}");

        // By the contact's own link, once; the confirmation link is another one.
        let undo_secret = world.secret_to(&contact).await;
        let err = confirm(&world, &undo_secret).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_INVALID", "{engine}");
        undo(&world, &undo_secret).await.unwrap();
        let err = undo(&world, &undo_secret).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_USED", "{engine}");
        let asked_anew = world.secret_to(&contact).await;

        // By an operator, within seven days.
        disown(&world, &asked_anew, true).await.unwrap();
        let undo_secret = world.secret_to(&contact).await;
        let (name, why) = (firm.enrollment.clone(), "by phone".to_owned());
        let bare = RestoreContactRequest { name: name.clone(), ..Default::default() };
        let err = client.restore_contact(operator.asks(bare)).await.unwrap_err();
        assert_eq!(reason(&err), "REASON_REQUIRED", "{engine}");
        let restore = RestoreContactRequest { name, reason: why, ..Default::default() };
        client.restore_contact(operator.asks(restore.clone())).await.unwrap();
        let err = client.restore_contact(operator.asks(restore.clone())).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");
        let err = undo(&world, &undo_secret).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_VOID", "{engine}");

        // After seven days by nobody; another contact leads on.
        let asked_anew = world.secret_to(&contact).await;
        disown(&world, &asked_anew, true).await.unwrap();
        let undo_secret = world.secret_to(&contact).await;
        world.clock.advance(Duration::days(7));
        world.deliver().await;
        let err = undo(&world, &undo_secret).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_EXPIRED", "{engine}");
        let operator = world.sign_in(&operator.sign_in_name).await;
        let err = client.restore_contact(operator.asks(restore)).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");
        let email = format!("laia.roca@{}", firm.domain);
        let other = PrimaryContact { email: email.clone(), ..PrimaryContact::default() };
        let anna = world.sign_in(&firm.anna.sign_in_name).await;
        let change = anna.asks(contact_change(&firm, other));
        client.update_primary_contact(change).await.unwrap();
        client.submit_enrollment(anna.asks(submission(&firm))).await.unwrap();
        let secret = world.secret_to(&email).await;
        confirm(&world, &secret).await.unwrap();
        let ledger = world.ledger(&anna).await;
        for (kind, n) in [("ContactDisowned", 3), ("ContactRestored", 2), ("ContactUndoExpired", 1)]
        {
            assert_eq!(only(&ledger, kind).len(), n, "{kind} on {engine}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e10_a_company_asks_for_haste_once_overdue_and_once_a_day_of_its_own() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let engine = world.engine;
        let escalate = async || {
            let name = firm.enrollment.clone();
            let ask = EscalateReviewRequest { name, ..Default::default() };
            let anna = world.sign_in(&firm.anna.sign_in_name).await;
            let answer = world.enrollment().escalate_review(anna.asks(ask)).await?;
            Ok::<_, Status>(answer.into_inner().enrollment.unwrap().review.unwrap())
        };
        let err = escalate().await.unwrap_err();
        assert_eq!(reason(&err), "REVIEW_NOT_OVERDUE", "{engine}");
        let by = found(&world, &firm).await.review.unwrap().expected_by_time.unwrap();
        let left = by.seconds - world.clock.now().timestamp();
        world.clock.advance(Duration::seconds(left));
        let asked = escalate().await.unwrap();
        assert!(asked.overdue && asked.escalate_time == Some(by), "{engine}");
        // Madrid is an hour ahead: the local day ends at 23:00 UTC.
        world.clock.advance(Duration::hours(24) - Duration::microseconds(1));
        let err = escalate().await.unwrap_err();
        assert_eq!(reason(&err), "ALREADY_ESCALATED", "{engine}");
        world.clock.advance(Duration::microseconds(1));
        escalate().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e17_a_withdrawn_enrolment_frees_its_partner_id_and_makes_room_for_another() {
    on_each_engine(async |world| {
        let mut firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let engine = world.engine;
        firm.number = world.tie(&firm).await;
        let name = firm.enrollment.clone();
        let withdraw = WithdrawEnrollmentRequest { name, ..Default::default() };
        let mut client = world.enrollment();
        world.clock.advance(Duration::seconds(901));
        let err = client.withdraw_enrollment(firm.anna.asks(withdraw.clone())).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{engine}");
        let anna = world.sign_in(&firm.anna.sign_in_name).await;
        let left = client.withdraw_enrollment(anna.asks(withdraw.clone())).await.unwrap();
        let left = left.into_inner().enrollment.unwrap();
        assert_eq!((left.state(), left.review), (EnrollmentState::Withdrawn, None), "{engine}");
        let shown = partner(&world, &firm).await;
        assert_eq!(shown.partner_id, "", "{engine}");
        assert_eq!(shown.programme_status(), ProgrammeStatus::NotEnrolled, "{engine}");
        let err = client.withdraw_enrollment(anna.asks(withdraw.clone())).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");

        let anew = world.start(&anna).await.enrollment.unwrap();
        assert_eq!(anew.state(), EnrollmentState::Draft, "{engine}");
        assert!(anew.checks.is_empty(), "{engine}");
        let (name, partner_id) = (anew.name, firm.number.clone());
        let tie = AssociatePartnerIdRequest { name, partner_id, ..Default::default() };
        client.associate_partner_id(anna.asks(tie)).await.unwrap();

        let approved = world.reseller("meseta", "ES", Stage::Approved).await;
        let name = approved.enrollment.clone();
        let ask = WithdrawEnrollmentRequest { name, ..Default::default() };
        let err = client.withdraw_enrollment(approved.anna.asks(ask)).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e15_a_contact_that_was_not_it_keeps_nobody_from_changing_the_rest() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Active).await;
        let (mut client, engine) = (world.enrollment(), world.engine);
        // Another person at another mailbox is asked anew, and says that it is not they.
        let email = format!("marta@{}", firm.domain);
        let contact = PrimaryContact { email: email.clone(), ..PrimaryContact::default() };
        let change = contact_change(&firm, contact);
        client.update_primary_contact(firm.anna.asks(change)).await.unwrap();
        disown(&world, &world.secret_to(&email).await, true).await.unwrap();
        assert_eq!(readiness(&world, &firm, "contact.email-allowed").await.problems.len(), 1);

        let name = firm.enrollment.clone();
        let support = |phone: &str, email: &str, mask: &[&str]| UpdateSupportProfileRequest {
            name: name.clone(),
            support_profile: Some(SupportProfile {
                email: email.to_owned(),
                phone: phone.to_owned(),
                ..SupportProfile::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: mask.iter().map(|it| (*it).to_owned()).collect(),
            }),
            ..UpdateSupportProfileRequest::default()
        };
        let good = support("+34931234599", "", &["phone"]);
        client.update_support_profile(firm.anna.asks(good)).await.unwrap();
        // What support itself needs stays, and nobody else is written to at that mailbox.
        let bad = support("", "", &["phone", "email"]);
        let err = client.update_support_profile(firm.anna.asks(bad)).await.unwrap_err();
        assert_eq!(unmet(&err), ["profile.support"], "{engine}");
        let contact = PrimaryContact { given_name: "Marta".to_owned(), ..Default::default() };
        let asked = firm.anna.asks(contact_change(&firm, contact));
        let err = client.update_primary_contact(asked).await.unwrap_err();
        assert_eq!(unmet(&err), ["contact.email-allowed"], "{engine}");
    })
    .await;
}

fn profile(firm: &Firm, legal_profile: LegalProfile) -> UpdateLegalProfileRequest {
    let (name, legal_profile) = (firm.enrollment.clone(), Some(legal_profile));
    UpdateLegalProfileRequest { name, legal_profile, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn e15_what_is_said_anew_after_approval_is_checked_anew_and_the_partner_stays_active() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Active).await;
        let engine = world.engine;
        let states = async || {
            let found = found(&world, &firm).await;
            assert_eq!(found.state(), EnrollmentState::Approved, "{engine}");
            assert!(partner(&world, &firm).await.active, "{engine}");
            found.checks.iter().map(|it| it.state()).collect::<Vec<CheckState>>()
        };
        let (passed, pending) = (CheckState::Passed, CheckState::Pending);
        let named =
            LegalProfile { legal_name: "Diagonal Nube, S.A.".to_owned(), ..Default::default() };
        let mut client = world.enrollment();
        client.update_legal_profile(firm.anna.asks(profile(&firm, named))).await.unwrap();
        assert_eq!(states().await, [passed, pending, pending], "{engine}");
        let waits = readiness(&world, &firm, "check.business").await;
        assert!(!waits.blocking, "{engine}");
        world.decide(&firm, CheckKind::Business, CheckDecision::Fail).await;
        let waits = readiness(&world, &firm, "check.business").await;
        assert!(!waits.blocking, "{engine}");
        world.decide(&firm, CheckKind::Business, CheckDecision::Pass).await;
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        // What holds is not decided again.
        let ruling = it::cast::ruling(&firm, CheckKind::Business, CheckDecision::Fail);
        let reviewer = world.staff().await.reviewer.clone();
        let err = client.decide_check(reviewer.asks(ruling)).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");

        let email = format!("laia.roca@{}", firm.domain);
        let other = PrimaryContact { email: email.clone(), ..PrimaryContact::default() };
        let change = firm.anna.asks(contact_change(&firm, other));
        client.update_primary_contact(change).await.unwrap();
        assert_eq!(states().await, [pending, pending, passed], "{engine}");
        let secret = world.secret_to(&email).await;
        confirm(&world, &secret).await.unwrap();
        assert_eq!(states().await, [passed, pending, passed], "{engine}");

        // Nothing may be taken away.
        let mut bare = profile(&firm, LegalProfile::default());
        let paths = vec!["legal_name".to_owned()];
        bare.update_mask = Some(prost_types::FieldMask { paths });
        let err = client.update_legal_profile(firm.anna.asks(bare.clone())).await.unwrap_err();
        assert_eq!(reason(&err), "COMPANY_NAME_INVALID", "{engine}");
        bare.update_mask.as_mut().unwrap().paths = vec!["address".to_owned()];
        let err = client.update_legal_profile(firm.anna.asks(bare)).await.unwrap_err();
        assert_eq!(reason(&err), "ADDRESS_INVALID", "{engine}");
    })
    .await;
}

pub async fn suspend(world: &World, who: &Persona, firm: &Firm, why: &str) -> Result<(), Status> {
    let (name, reason) = (firm.partner.clone(), why.to_owned());
    let ask = SuspendPartnerRequest { name, reason, ..Default::default() };
    world.enrollment().suspend_partner(who.asks(ask)).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn e16_an_operator_suspends_reinstates_and_deauthorises_with_a_reason() {
    on_each_engine(async |world| {
        let operator = world.staff().await.operator.clone();
        let firm = world.reseller("diagonal", "ES", Stage::Active).await;
        let second = world.colleague(&firm.anna, "dora", &[Role::GlobalAdmin]).await;
        let (mut client, engine) = (world.enrollment(), world.engine);
        let err = suspend(&world, &operator, &firm, " ").await.unwrap_err();
        assert_eq!(reason(&err), "REASON_REQUIRED", "{engine}");
        suspend(&world, &operator, &firm, "unpaid bills").await.unwrap();
        for admin in [firm.anna_mail(), second.sign_in_name.clone()] {
            let mail = world.mail_to(&admin).await;
            assert!(mail.text.contains("unpaid bills"), "{}", mail.text);
        }
        let shown = partner(&world, &firm).await;
        assert_eq!(shown.programme_status(), ProgrammeStatus::Suspended, "{engine}");
        let err = suspend(&world, &operator, &firm, "again").await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");
        assert_eq!(metadata(&err, "currentState"), "SUSPENDED", "{engine}");

        let (name, why) = (firm.partner.clone(), "paid".to_owned());
        let back = ReinstatePartnerRequest { name, reason: why, ..Default::default() };
        client.reinstate_partner(operator.asks(back.clone())).await.unwrap();
        assert!(partner(&world, &firm).await.active, "{engine}");
        let err = client.reinstate_partner(operator.asks(back.clone())).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");

        let (name, why) = (firm.partner.clone(), "fraud".to_owned());
        let out = DeauthorizePartnerRequest { name, reason: why, ..Default::default() };
        client.deauthorize_partner(operator.asks(out.clone())).await.unwrap();
        let shown = partner(&world, &firm).await;
        assert_eq!(shown.programme_status(), ProgrammeStatus::Deauthorized, "{engine}");
        let waits = readiness(&world, &firm, "partner.not-suspended").await;
        assert!(waits.permanent, "{engine}");
        for err in [
            client.deauthorize_partner(operator.asks(out)).await.map(drop).unwrap_err(),
            client.reinstate_partner(operator.asks(back)).await.map(drop).unwrap_err(),
            suspend(&world, &operator, &firm, "more").await.unwrap_err(),
        ] {
            assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");
            assert_eq!(metadata(&err, "currentState"), "DEAUTHORIZED", "{engine}");
        }
        let appointed = world.provider("wisla", "ES", Stage::Draft).await;
        suspend(&world, &operator, &appointed, "early").await.unwrap();
        let ledger = world.ledger(&firm.anna).await;
        for kind in ["PartnerSuspended", "PartnerReinstated", "PartnerDeauthorized"] {
            assert_eq!(only(&ledger, kind).len(), 1, "{kind} on {engine}");
        }
    })
    .await;
}
