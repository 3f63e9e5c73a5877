//! The long bridge (ES): from the first field to a signed agreement.

use api::{
    enrollment::v1::{
        AddLocationRequest, AddressChoice, CheckDecision, CheckKind, ConfirmContactRequest,
        EnrollmentState, EscalateReviewRequest, GetPartnerRequest, ListEnrollmentsRequest, Partner,
        PreviewContactConfirmationRequest, PrimaryContact, ProgrammeStatus,
    },
    types::v1::{AddressVerdict, Goal, PostalAddress},
};
use domain::Role;
use it::{
    World,
    cast::{Firm, address_in, confirmation, contact_change, ruling},
    fields,
    look::{ids, moment, unmet_in},
    metadata, on_each_engine,
    people::newcomer,
    reason,
};
use tonic::Status;

use super::{begun, profile, state_address};
use crate::partner_ids::{associate, global_of};

async fn partner(world: &World, firm: &Firm) -> Partner {
    let asked = firm.anna.asks(GetPartnerRequest { name: firm.partner.clone() });
    world.enrollment().get_partner(asked).await.unwrap().into_inner().partner.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_long_bridge() {
    on_each_engine(async |world| {
        world.staff().await;
        world.until("2026-12-03T07:00:00Z");
        let firm = begun(&world, "diagonalcloud", "ES", "diagonalcloud.example").await;
        fill_in(&world, &firm).await;
        let firm = confirm(&world, &firm).await;
        wait(&world, &firm).await;
        hasten(&world, &firm).await;
        qualify(&world, &firm).await;
        sign(&world, &firm).await;
    })
    .await;
}

/// (a) to (c): what is missing, and what is refused at once.
async fn fill_in(world: &World, firm: &Firm) {
    let fresh = [
        "profile.legal-name",
        "profile.address",
        "profile.support",
        "contact.named",
        "contact.email-allowed",
        "applicant.authority",
    ];
    let unmet = world.unmet(firm, Goal::SubmitEnrollment).await;
    assert_eq!(ids(&unmet), fresh, "{}", world.engine);

    let eaten = |it: &mut PostalAddress| it.postal_code = "8018".to_owned();
    let err = state_address(world, firm, AddressChoice::Unspecified, eaten).await.unwrap_err();
    assert_eq!(reason(&err), "ADDRESS_INVALID", "{}", world.engine);
    assert_eq!(fields(&err), ["legal_profile.address.postal_code"], "{}", world.engine);
    let madrid = |it: &mut PostalAddress| it.administrative_area = "Madrid".to_owned();
    let kept = state_address(world, firm, AddressChoice::KeptOwn, madrid).await.unwrap();
    let review = kept.address_review.clone().unwrap();
    assert_eq!(review.verdict(), AddressVerdict::Problems, "{}", world.engine);
    assert_eq!(review.problems.len(), 1, "{}", world.engine);
    assert_eq!(review.problems[0].field, "administrative_area", "{}", world.engine);
    let suggestion = review.suggestion.unwrap();
    assert_eq!(suggestion.administrative_area, "Barcelona", "{}", world.engine);
    assert_eq!(profile(&kept).address_choice(), AddressChoice::KeptOwn, "{}", world.engine);
    assert_eq!(profile(&kept).address.unwrap().administrative_area, "Madrid", "{}", world.engine);
    let take = |it: &mut PostalAddress| *it = suggestion.clone();
    let taken = state_address(world, firm, AddressChoice::Suggested, take).await.unwrap();
    assert_eq!(profile(&taken).address_choice(), AddressChoice::Suggested, "{}", world.engine);
    assert_eq!(profile(&taken).address, Some(suggestion), "{}", world.engine);
    let review = taken.address_review.unwrap();
    assert_eq!(review.verdict(), AddressVerdict::Verified, "{}", world.engine);

    for (email, why) in [
        ("jordi@gmail.com", "EMAIL_DOMAIN_NOT_ALLOWED"),
        ("jordi@mail.yahoo.es", "EMAIL_DOMAIN_NOT_ALLOWED"),
        ("info@diagonalcloud.example", "ROLE_MAILBOX_NOT_ALLOWED"),
        ("JORDI@GMAİL.com", "EMAIL_DOMAIN_NOT_ALLOWED"),
    ] {
        let contact = PrimaryContact { email: email.to_owned(), ..PrimaryContact::default() };
        let asked = firm.anna.asks(contact_change(firm, contact));
        let err = world.enrollment().update_primary_contact(asked).await.unwrap_err();
        assert_eq!(reason(&err), why, "{email} on {}", world.engine);
    }
    world.fill_in(firm).await;
    let unmet = world.unmet(firm, Goal::SubmitEnrollment).await;
    assert_eq!(ids(&unmet), ["applicant.authority"], "{}", world.engine);
}

/// (d): Thursday; the scanner opens, the contact confirms.
async fn confirm(world: &World, firm: &Firm) -> Firm {
    world.until("2026-12-03T08:00:00Z");
    world.submit(firm).await;
    let link_secret = world.secret_to(&firm.contact()).await;
    for _ in 0..5 {
        let ask = PreviewContactConfirmationRequest { link_secret: link_secret.clone() };
        world.enrollment().preview_contact_confirmation(ask).await.unwrap();
    }
    assert_eq!(world.state_of(firm).await, EnrollmentState::Submitted, "{}", world.engine);
    world.until("2026-12-03T15:20:00Z");
    let mut half = confirmation(link_secret.clone());
    half.address_owned.as_mut().unwrap().given = false;
    let err = world.enrollment().confirm_contact(half).await.unwrap_err();
    assert_eq!(reason(&err), "CONSENT_REQUIRED", "{}", world.engine);
    let request: ConfirmContactRequest = confirmation(link_secret);
    let answer = world.enrollment().confirm_contact(request).await.unwrap().into_inner();
    assert_eq!(answer.state(), EnrollmentState::InReview, "{}", world.engine);
    let review = answer.review.unwrap();
    assert_eq!(moment(review.expected_from_time), "2026-12-09T23:00:00Z", "{}", world.engine);
    assert_eq!(moment(review.expected_by_time), "2026-12-11T23:00:00Z", "{}", world.engine);
    world.again(firm).await
}

/// (e): overdue at the second, in list, readiness and ledger.
async fn wait(world: &World, firm: &Firm) {
    for (at, is_overdue) in [("2026-12-11T22:59:59Z", false), ("2026-12-11T23:00:00Z", true)] {
        world.until(at);
        world.deliver().await;
        let firm = world.again(firm).await;
        let reviewer = world.anew(&world.staff().await.reviewer).await;
        let asked = reviewer.asks(ListEnrollmentsRequest::default());
        let list = world.enrollment().list_enrollments(asked).await.unwrap().into_inner();
        assert_eq!(list.enrollments[0].review.unwrap().overdue, is_overdue, "{at}");
        let unmet = world.unmet(&firm, Goal::BecomeQualified).await;
        assert!(unmet.iter().all(|it| it.overdue == is_overdue), "{at} on {}", world.engine);
        let said = world.recorded(&firm, "ReviewOverdue").await;
        assert_eq!(said.len(), usize::from(is_overdue), "{at} on {}", world.engine);
        if !is_overdue {
            let err = escalate(world, &firm).await.unwrap_err();
            assert_eq!(reason(&err), "REVIEW_NOT_OVERDUE", "{}", world.engine);
        }
    }
}

/// (f): asked for haste once a day of Madrid's, which ends at 23:00 UTC.
async fn hasten(world: &World, firm: &Firm) {
    escalate(world, firm).await.unwrap();
    for (at, again) in [("2026-12-12T22:59:59Z", false), ("2026-12-12T23:00:00Z", true)] {
        world.until(at);
        match escalate(world, firm).await {
            Ok(()) => assert!(again, "{at} on {}", world.engine),
            Err(err) => assert_eq!((reason(&err).as_str(), again), ("ALREADY_ESCALATED", false)),
        }
    }
}

async fn escalate(world: &World, firm: &Firm) -> Result<(), Status> {
    let firm = world.again(firm).await;
    let request = EscalateReviewRequest { name: firm.enrollment.clone(), ..Default::default() };
    world.enrollment().escalate_review(firm.anna.asks(request)).await.map(drop)
}

/// (g): both checks pass, and the contact hears of it once.
async fn qualify(world: &World, firm: &Firm) {
    let n_before = world.subjects_to(&firm.contact()).await.len();
    let reviewer = world.anew(&world.staff().await.reviewer).await;
    for kind in [CheckKind::Employment, CheckKind::Business] {
        let asked = reviewer.asks(ruling(firm, kind, CheckDecision::Pass));
        world.enrollment().decide_check(asked).await.unwrap();
    }
    let firm = world.again(firm).await;
    assert_eq!(world.state_of(&firm).await, EnrollmentState::Approved, "{}", world.engine);
    let status = partner(world, &firm).await.programme_status();
    assert_eq!(status, ProgrammeStatus::Qualified, "{}", world.engine);
    let subjects = world.subjects_to(&firm.contact()).await;
    assert_eq!(subjects.len(), n_before + 1, "{}", world.engine);
    assert!(subjects.last().unwrap().ends_with(": aprobada"), "{subjects:?}");
}

/// (h) to (j): the PartnerID, the signature, and the powers that come with it.
async fn sign(world: &World, firm: &Firm) {
    let firm = world.again(firm).await;
    let colleague = newcomer("laia", &[Role::HelpdeskAgent]);
    let early = world.users().create_user(firm.anna.asks(colleague.clone())).await.unwrap_err();
    assert_eq!(reason(&early), "ROLE_MISSING", "{}", world.engine);
    assert!(metadata(&early, "requiredRoles").contains("ADMIN_AGENT"), "{early:?}");
    let signature = world.signature(&firm).await;
    let asked = firm.anna.asks(signature.clone());
    let err = world.agreements().accept_agreement(asked).await.unwrap_err();
    let expected = ["partner-id.associated", "partner-id.active"];
    assert_eq!(unmet_in(&err), expected, "{}", world.engine);

    let lisbon = world.add_location(&firm, "PT").await;
    let err = associate(world, &firm, &lisbon).await.unwrap_err();
    assert_eq!(reason(&err), "COUNTRY_MISMATCH", "{}", world.engine);
    let countries = (metadata(&err, "companyCountry"), metadata(&err, "partnerIdCountry"));
    assert_eq!(countries, ("ES".to_owned(), "PT".to_owned()), "{}", world.engine);
    let request = AddLocationRequest {
        display_name: "Barcelona".to_owned(),
        address: Some(address_in("ES")),
        ..AddLocationRequest::default()
    };
    let added = world.enrollment().add_location(firm.anna.asks(request)).await.unwrap();
    let barcelona = added.into_inner().location.unwrap();
    let err = associate(world, &firm, &global_of(&barcelona)).await.unwrap_err();
    assert_eq!(reason(&err), "PARTNER_ID_IS_GLOBAL", "{}", world.engine);
    associate(world, &firm, &barcelona.partner_id).await.unwrap();

    let asked = firm.anna.asks(signature);
    let answer = world.agreements().accept_agreement(asked).await.unwrap().into_inner();
    assert!(answer.active, "{}", world.engine);
    assert_eq!(answer.new_admin_agents, [firm.anna.user.as_str()], "{}", world.engine);
    let now = partner(world, &firm).await;
    assert_eq!(now.programme_status(), ProgrammeStatus::Active, "{}", world.engine);
    assert_eq!(now.partner_id, barcelona.partner_id, "{}", world.engine);
    let label = firm.anna.sign_in_name.split(['@', '.']).nth(1).unwrap();
    let told = world.subjects_to(&format!("anna@{label}.example")).await;
    assert_eq!(told.len(), 1, "{told:?} on {}", world.engine);
    let made = world.users().create_user(firm.anna.asks(colleague)).await.unwrap().into_inner();
    assert!(made.user.unwrap().sign_in_name.starts_with("laia@"), "{}", world.engine);
}
