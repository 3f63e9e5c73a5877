//! Reviewers share the queue: they list it, claim from it, and see what is known.

use api::enrollment::v1::{
    CheckDecision, CheckKind, ClaimReviewRequest, DomainAge, DomainMatch, Enrollment,
    EnrollmentState, GetEnrollmentRequest, GetReviewRequest, LegalProfile, ListEnrollmentsRequest,
    PrimaryContact, RegistrationId, ReleaseReviewRequest, Review, SupportProfile,
    UpdateLegalProfileRequest, UpdateSupportProfileRequest,
};
use chrono::Duration;
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, confirmation, contact_change, ruling},
    metadata, on_each_engine, reason,
};
use prost::Message as _;
use tonic::Status;

use crate::{appeals::futures_all, review::decide};

async fn claim(world: &World, who: &Persona, firm: &Firm) -> Result<Enrollment, Status> {
    let request = ClaimReviewRequest { name: firm.enrollment.clone(), ..Default::default() };
    let answer = world.enrollment().claim_review(who.asks(request)).await?;
    Ok(answer.into_inner().enrollment.unwrap())
}

async fn release(world: &World, who: &Persona, firm: &Firm) -> Result<Enrollment, Status> {
    let request = ReleaseReviewRequest { name: firm.enrollment.clone(), ..Default::default() };
    let answer = world.enrollment().release_review(who.asks(request)).await?;
    Ok(answer.into_inner().enrollment.unwrap())
}

async fn review(world: &World, who: &Persona, firm: &Firm) -> Result<Review, Status> {
    let asked = who.asks(GetReviewRequest { name: firm.enrollment.clone() });
    Ok(world.enrollment().get_review(asked).await?.into_inner().review.unwrap())
}

/// The names of all pages, two rows each.
async fn pages(world: &World, who: &Persona, filter: ListEnrollmentsRequest) -> Vec<String> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let ask = ListEnrollmentsRequest { page_size: 2, page_token, ..filter.clone() };
        let page = world.enrollment().list_enrollments(who.asks(ask)).await.unwrap();
        let page = page.into_inner();
        found.extend(page.enrollments.into_iter().map(|it| it.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_listed_by_each_filter_and_by_what_is_due() {
    on_each_engine(async |world| {
        let draft = world.reseller("draft", "ES", Stage::Draft).await;
        let first = world.reseller("first", "ES", Stage::InReview).await;
        world.clock.advance(Duration::days(1));
        let second = world.reseller("second", "DE", Stage::InReview).await;
        let third = world.reseller("third", "ES", Stage::InReview).await;
        let before = world.clock.now();
        world.clock.advance(Duration::days(1));
        let fourth = world.reseller("fourth", "MX", Stage::InReview).await;
        // Back to the company and in review again: started early, due late.
        let first = world.again(&first).await;
        let reviewer = world.anew(&world.staff().await.reviewer).await;
        let request = ruling(&first, CheckKind::Business, CheckDecision::RequestEvidence);
        decide(&world, &reviewer, request).await.unwrap();
        world.submit(&first).await;
        claim(&world, &reviewer, &fourth).await.unwrap();
        claim(&world, &reviewer, &second).await.unwrap();

        let names = |firms: &[&Firm]| -> Vec<String> {
            firms.iter().map(|it| it.enrollment.clone()).collect()
        };
        let all = ListEnrollmentsRequest::default();
        let due = "expected_by_time".to_owned();
        let started_before = Some(prost_types::Timestamp {
            seconds: before.timestamp(),
            nanos: before.timestamp_subsec_nanos().try_into().unwrap(),
        });
        let in_review = EnrollmentState::InReview.into();
        let es = "ES".to_owned();
        for (name, filter, expected) in [
            ("all", all.clone(), names(&[&draft, &first, &second, &third, &fourth])),
            (
                "in review",
                ListEnrollmentsRequest { state: in_review, ..all.clone() },
                names(&[&first, &second, &third, &fourth]),
            ),
            (
                "of a country",
                ListEnrollmentsRequest { region_code: es.clone(), ..all.clone() },
                names(&[&draft, &first, &third]),
            ),
            (
                "of an age",
                ListEnrollmentsRequest { started_before, ..all.clone() },
                names(&[&draft, &first]),
            ),
            (
                "mine",
                ListEnrollmentsRequest { mine: true, ..all.clone() },
                names(&[&second, &fourth]),
            ),
            ("overdue", ListEnrollmentsRequest { overdue: true, ..all.clone() }, vec![]),
            (
                "all at once",
                ListEnrollmentsRequest {
                    state: in_review,
                    region_code: es,
                    started_before,
                    order_by: due.clone(),
                    ..all.clone()
                },
                names(&[&first]),
            ),
        ] {
            let found = pages(&world, &reviewer, filter).await;
            assert_eq!(found, expected, "{name} on {}", world.engine);
        }
        // Due first first: by their clocks, which the calendars of their countries made.
        let asked = reviewer.asks(ListEnrollmentsRequest { order_by: due.clone(), ..all.clone() });
        let listed = world.enrollment().list_enrollments(asked).await.unwrap().into_inner();
        let key = |it: &Enrollment| {
            let by = it.review.as_ref().unwrap().expected_by_time.unwrap();
            (by.seconds, it.name.clone())
        };
        let mut expected: Vec<_> = listed.enrollments.iter().map(key).collect();
        expected.sort();
        let by_pages =
            pages(&world, &reviewer, ListEnrollmentsRequest { order_by: due, ..all.clone() }).await;
        let expected: Vec<String> = expected.into_iter().map(|(_, name)| name).collect();
        assert_eq!((by_pages, expected.len()), (expected, 4), "{}", world.engine);

        // What is overdue is known to the microsecond.
        let asked = reviewer.asks(GetEnrollmentRequest { name: second.enrollment.clone() });
        let seen = world.enrollment().get_enrollment(asked).await.unwrap().into_inner();
        let by = seen.enrollment.unwrap().review.unwrap().expected_by_time.unwrap();
        let by = chrono::DateTime::from_timestamp(by.seconds, 0).unwrap();
        for (back, is_overdue) in [(1, false), (0, true)] {
            world.clock.advance(by - Duration::microseconds(back) - world.clock.now());
            let reviewer = world.anew(&reviewer).await;
            let overdue = ListEnrollmentsRequest { overdue: true, ..all.clone() };
            let found = pages(&world, &reviewer, overdue).await;
            let has = found.contains(&second.enrollment);
            assert_eq!(has, is_overdue, "{found:?} on {}", world.engine);
        }
        let reviewer = world.anew(&reviewer).await;
        let asked = reviewer.asks(ListEnrollmentsRequest { order_by: "age".into(), ..all });
        let err = world.enrollment().list_enrollments(asked).await.unwrap_err();
        assert_eq!(it::fields(&err), ["order_by"], "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_one_reviewers_until_given_back_or_until_the_review_ends() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let vera = world.staff().await.reviewer.clone();
        let walt = world.platform_at("walt@vendor.example", &[Role::Reviewer]).await;
        let err = release(&world, &vera, &firm).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        assert_eq!(metadata(&err, "currentState"), "UNCLAIMED", "{}", world.engine);

        let stale = ClaimReviewRequest {
            name: firm.enrollment.clone(),
            etag: "1".to_owned(),
            ..ClaimReviewRequest::default()
        };
        let err = world.enrollment().claim_review(vera.asks(stale)).await.unwrap_err();
        assert_eq!(reason(&err), "ETAG_MISMATCH", "{}", world.engine);
        let claimed = claim(&world, &vera, &firm).await.unwrap();
        assert_eq!(claimed.claim.unwrap().reviewer, vera.user, "{}", world.engine);
        claim(&world, &vera, &firm).await.unwrap();
        for answer in [claim(&world, &walt, &firm).await, release(&world, &walt, &firm).await] {
            let err = answer.unwrap_err();
            assert_eq!(reason(&err), "REVIEW_ALREADY_CLAIMED", "{}", world.engine);
        }
        // The company sees that somebody works on it, and not who.
        assert_eq!(world.enrollment_of(&firm).await.claim, None, "{}", world.engine);
        let ledger = format!("{:?}", world.recorded(&firm, "ReviewClaimed").await);
        let id = vera.user.rsplit('/').next().unwrap();
        assert!(!ledger.contains(id), "{ledger} on {}", world.engine);

        release(&world, &vera, &firm).await.unwrap();
        claim(&world, &walt, &firm).await.unwrap();
        // A claim binds nobody else's decision, and ends with the review.
        let request = ruling(&firm, CheckKind::Business, CheckDecision::RequestEvidence);
        let answer = decide(&world, &vera, request).await.unwrap();
        assert_eq!(answer.enrollment.unwrap().claim, None, "{}", world.engine);
        let err = claim(&world, &walt, &firm).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        world.submit(&firm).await;
        claim(&world, &vera, &firm).await.unwrap();
        release(&world, &vera, &firm).await.unwrap();

        // Of many who claim at once one gets it.
        let mut people = vec![vera.clone(), walt.clone()];
        for n in 0..4 {
            let email = format!("reviewer{n}@vendor.example");
            people.push(world.platform_at(&email, &[Role::Reviewer]).await);
        }
        let claims = people.iter().map(|it| claim(&world, it, &firm)).collect();
        let mut n_claimed = 0;
        for answer in futures_all(claims).await {
            match answer {
                Ok(_) => n_claimed += 1,
                Err(err) => assert_eq!(reason(&err), "REVIEW_ALREADY_CLAIMED", "{}", world.engine),
            }
        }
        assert_eq!(n_claimed, 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_who_is_too_close_neither_claims_nor_looks_nor_decides() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let roles = [Role::GlobalAdmin, Role::Reviewer];
        let anna = world.with_roles(&firm.anna, &roles).await;
        let double = world.platform_at(&format!("ANNA@{}", firm.domain), &[Role::Reviewer]).await;
        let contact = world.platform_at(&firm.contact(), &[Role::Reviewer]).await;
        let closed = async |who: &Persona, what: &str| {
            let request = ruling(&firm, CheckKind::Business, CheckDecision::Fail);
            for err in [
                claim(&world, who, &firm).await.map(drop),
                review(&world, who, &firm).await.map(drop),
                decide(&world, who, request).await.map(drop),
            ] {
                let why = reason(&err.unwrap_err());
                assert_eq!(why, "REVIEWER_CONFLICT", "{what} on {}", world.engine);
            }
        };
        closed(&anna, "the applicant").await;
        closed(&double, "a user of the company").await;
        closed(&contact, "the contact").await;
        // Whoever was the contact stays away for twelve months.
        let email = format!("nuria.sala@{}", firm.domain);
        let change = PrimaryContact { email: email.clone(), ..PrimaryContact::default() };
        let asked = anna.asks(contact_change(&firm, change));
        world.enrollment().update_primary_contact(asked).await.unwrap();
        let link_secret = world.secret_to(&email).await;
        world.enrollment().confirm_contact(confirmation(link_secret)).await.unwrap();
        closed(&contact, "the former contact").await;
        world.clock.advance(Duration::days(364));
        closed(&world.anew(&contact).await, "the former contact, a day early").await;
        world.clock.advance(Duration::days(3));
        claim(&world, &world.anew(&contact).await, &firm).await.unwrap();
    })
    .await;
}

async fn state_id(world: &World, firm: &Firm, value: &str, duns: &str) {
    let registration_id =
        (!value.is_empty()).then(|| RegistrationId { r#type: "CNPJ".into(), value: value.into() });
    let duns_number = duns.to_owned();
    let profile = LegalProfile { registration_id, duns_number, ..LegalProfile::default() };
    let (name, legal_profile) = (firm.enrollment.clone(), Some(profile));
    let request = UpdateLegalProfileRequest { name, legal_profile, ..Default::default() };
    world.enrollment().update_legal_profile(firm.anna.asks(request)).await.unwrap();
}

/// A Brazilian company with a DRAFT.
async fn brazilian(world: &World, stem: &str) -> Firm {
    let anna = world.company(stem, "BR").await;
    let started = world.start(&anna).await;
    Firm {
        partner: started.partner.unwrap().name,
        enrollment: started.enrollment.unwrap().name,
        domain: "nuvem.example".to_owned(),
        region_code: "BR".to_owned(),
        number: String::new(),
        anna,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e11_a_reviewer_sees_what_is_known_and_nobody_else_does() {
    on_each_engine(async |world| {
        let firm = brazilian(&world, "nuvem").await;
        let twin = brazilian(&world, "gemea").await;
        let sister = brazilian(&world, "irma").await;
        let stranger = brazilian(&world, "alheia").await;
        state_id(&world, &firm, "12.345.678/0001-90", "150483782").await;
        state_id(&world, &twin, "12345678000190", "").await;
        state_id(&world, &sister, "98765432000110", "150483782").await;
        state_id(&world, &stranger, "11111111000111", "").await;
        let email = "joana@nuvem.example".to_owned();
        let contact = PrimaryContact { email, ..PrimaryContact::default() };
        let asked = firm.anna.asks(contact_change(&firm, contact));
        world.enrollment().update_primary_contact(asked).await.unwrap();
        let support_profile = Some(SupportProfile {
            email: "ajuda@suporte.nuvem.example".to_owned(),
            website_uri: "https://www.outra.example/ajuda".to_owned(),
            ..SupportProfile::default()
        });
        let rest = UpdateSupportProfileRequest::default();
        let name = firm.enrollment.clone();
        let update = UpdateSupportProfileRequest { name, support_profile, ..rest };
        world.enrollment().update_support_profile(firm.anna.asks(update)).await.unwrap();
        world.hand_in(&firm, CheckKind::Business, 1).await;

        let staff = world.staff().await;
        let found = review(&world, &staff.reviewer, &firm).await.unwrap();
        let employment = found.employment.unwrap();
        assert_eq!(employment.contact_domain, "nuvem.example", "{}", world.engine);
        assert_eq!(employment.support_email(), DomainMatch::Related, "{}", world.engine);
        assert_eq!(employment.website(), DomainMatch::Other, "{}", world.engine);
        assert_eq!((employment.people_count, employment.people_in_domain_count), (1, 0));
        assert_eq!(employment.other_domains.len(), 1, "{employment:?}");
        assert_eq!(employment.domain_age(), DomainAge::Unknown, "{}", world.engine);
        let duplicates = found.business.unwrap().possible_duplicates;
        let seen: Vec<_> = duplicates
            .iter()
            .map(|it| (it.enrollment.as_str(), it.same_registration_id, it.same_duns_number))
            .collect();
        let expected = [(twin.enrollment.as_str(), true, false), (&sister.enrollment, false, true)];
        assert_eq!(seen, expected, "{}", world.engine);
        assert_eq!(found.evidence.len(), 1, "{}", world.engine);
        let found = review(&world, &staff.reviewer, &stranger).await.unwrap();
        assert_eq!(found.business.unwrap().possible_duplicates, [], "{}", world.engine);
        assert_eq!(found.employment.unwrap().domain_age(), DomainAge::Unspecified);

        // The rule lets reviewers in alone.
        let auditor = world.platform(&[Role::Auditor]).await;
        for who in [&firm.anna, &twin.anna, &staff.operator, &auditor, &staff.order_system] {
            let err = review(&world, who, &firm).await.unwrap_err();
            assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
        }
        // Nothing that the company, or the twin, reads or is mailed names the other.
        let secrets = [&twin, &sister].map(|it| it.partner.rsplit('/').next().unwrap().to_owned());
        claim(&world, &staff.reviewer, &firm).await.unwrap_err();
        world.deliver().await;
        let mails = format!("{:?}", world.mailbox().list().unwrap());
        let own = world.enrollment_of(&firm).await.encode_to_vec();
        let own = String::from_utf8_lossy(&own).into_owned();
        let ledger = format!("{:?}", world.ledger_of(&firm).await);
        let asked = staff.operator.asks(GetEnrollmentRequest { name: firm.enrollment.clone() });
        let shown = world.enrollment().get_enrollment(asked).await.unwrap().into_inner();
        let operators = format!("{shown:?}");
        for secret in &secrets {
            for (where_, text) in
                [("mail", &mails), ("reply", &own), ("ledger", &ledger), ("operator", &operators)]
            {
                assert!(!text.contains(secret), "{where_} on {}", world.engine);
            }
        }
    })
    .await;
}
