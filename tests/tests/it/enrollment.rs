//! An enrolment is started and filled in; readiness says what is missing.

use api::{
    enrollment::v1::{
        AppointProviderRequest, GetEnrollmentRequest, GetPartnerRequest, GetReadinessRequest,
        LegalProfile, ListEnrollmentsRequest, PartnerKind, PrimaryContact, RegistrationId,
        StartEnrollmentRequest, SupportProfile, UpdateLegalProfileRequest,
        UpdatePrimaryContactRequest, UpdateSupportProfileRequest,
    },
    types::v1::{Goal, PostalAddress},
};
use domain::Role;
use it::{Persona, World, fields, metadata, on_each_engine, reason};
use tonic::Status;

fn address(region: &str, postal_code: &str, area: &str, city: &str, street: &str) -> PostalAddress {
    PostalAddress {
        region_code: region.to_owned(),
        postal_code: postal_code.to_owned(),
        administrative_area: area.to_owned(),
        locality: city.to_owned(),
        dependent_locality: String::new(),
        address_lines: vec![street.to_owned()],
    }
}

fn barcelona() -> PostalAddress {
    address("ES", "08018", "Barcelona", "Barcelona", "Avinguda Diagonal 211")
}

fn legal(name: &str, legal_profile: LegalProfile) -> UpdateLegalProfileRequest {
    let name = name.to_owned();
    let legal_profile = Some(legal_profile);
    UpdateLegalProfileRequest { name, legal_profile, ..Default::default() }
}

fn contact(name: &str, email: &str) -> UpdatePrimaryContactRequest {
    let primary_contact = Some(PrimaryContact {
        given_name: "Jordi".to_owned(),
        family_name: "Puig".to_owned(),
        email: email.to_owned(),
        phone: "+34931234567".to_owned(),
        language_code: "es".to_owned(),
    });
    UpdatePrimaryContactRequest { name: name.to_owned(), primary_contact, ..Default::default() }
}

async fn unmet(world: &World, who: &Persona, partner: &str, goal: Goal) -> Vec<String> {
    let ask = GetReadinessRequest {
        goal: goal.into(),
        partner: partner.to_owned(),
        ..Default::default()
    };
    let answer = world.enrollment().get_readiness(who.asks(ask)).await.unwrap().into_inner();
    answer.requirements.into_iter().map(|it| it.id).collect()
}

async fn begun(world: &World, region: &str) -> (Persona, String, String) {
    let anna = world.company("diagonal", region).await;
    let started = world.start(&anna).await;
    (anna, started.enrollment.unwrap().name, started.partner.unwrap().name)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_long_bridge_up_to_the_submission() {
    on_each_engine(async |world| {
        let (anna, name, partner) = begun(&world, "ES").await;
        let fresh = [
            "profile.legal-name",
            "profile.address",
            "profile.support",
            "contact.named",
            "contact.email-allowed",
            "applicant.authority",
        ];
        let goal = Goal::SubmitEnrollment;
        assert_eq!(unmet(&world, &anna, &partner, goal).await, fresh, "{}", world.engine);

        let mut profile = LegalProfile {
            legal_name: "Diagonal Cloud, S.L.".to_owned(),
            address: Some(PostalAddress { postal_code: "8018".to_owned(), ..barcelona() }),
            ..LegalProfile::default()
        };
        let asked = anna.asks(legal(&name, profile.clone()));
        let err = world.enrollment().update_legal_profile(asked).await.unwrap_err();
        assert_eq!(reason(&err), "ADDRESS_INVALID");
        assert_eq!(fields(&err), ["legal_profile.address.postal_code"]);
        profile.address = Some(PostalAddress { address_lines: vec![String::new()], ..barcelona() });
        let asked = anna.asks(legal(&name, profile.clone()));
        let err = world.enrollment().update_legal_profile(asked).await.unwrap_err();
        assert_eq!(fields(&err), ["legal_profile.address.address_lines[0]"]);
        profile.address = Some(barcelona());
        let asked = anna.asks(legal(&name, profile.clone()));
        let changed = world.enrollment().update_legal_profile(asked).await.unwrap().into_inner();
        assert_eq!(changed.enrollment.unwrap().legal_profile.unwrap().address, profile.address);

        for (email, why) in [
            ("jordi@gmail.com", "EMAIL_DOMAIN_NOT_ALLOWED"),
            ("jordi@mail.yahoo.es", "EMAIL_DOMAIN_NOT_ALLOWED"),
            ("JORDI@GMAİL.com", "EMAIL_DOMAIN_NOT_ALLOWED"),
            ("jordi@x.work.pacta.example", "EMAIL_DOMAIN_NOT_ALLOWED"),
            ("info@diagonalcloud.es", "ROLE_MAILBOX_NOT_ALLOWED"),
        ] {
            let asked = anna.asks(contact(&name, email));
            let err = world.enrollment().update_primary_contact(asked).await.unwrap_err();
            assert_eq!(reason(&err), why, "{email} on {}", world.engine);
        }
        let asked = anna.asks(contact(&name, "jordi.puig@diagonalcloud.es"));
        world.enrollment().update_primary_contact(asked).await.unwrap();
        let support_profile = Some(SupportProfile {
            email: "soporte@diagonalcloud.es".to_owned(),
            phone: "+34931234568".to_owned(),
            website_uri: String::new(),
        });
        let support = UpdateSupportProfileRequest { name, support_profile, ..Default::default() };
        world.enrollment().update_support_profile(anna.asks(support)).await.unwrap();
        assert_eq!(unmet(&world, &anna, &partner, goal).await, ["applicant.authority"]);
        assert_eq!(
            unmet(&world, &anna, &partner, Goal::BecomeQualified).await,
            [
                "applicant.authority",
                "enrollment.submitted",
                "contact.confirmed",
                "check.employment",
                "check.business",
            ]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_copies_of_one_request_all_get_the_same_answer() {
    on_each_engine(async |world| {
        let anna = world.company("diagonal", "ES").await;
        let request_id = "6f0b3c1e-5a3e-4c57-9d0b-6f3a1c2d4e5f".to_owned();
        let request = StartEnrollmentRequest { request_id, ..Default::default() };
        let tries: Vec<_> = (0..64)
            .map(|_| {
                let (mut client, asked) = (world.enrollment(), anna.asks(request.clone()));
                tokio::spawn(async move { client.start_enrollment(asked).await })
            })
            .collect();
        let mut answers = Vec::new();
        let mut n_replayed = 0;
        for it in tries {
            let answer = it.await.unwrap().unwrap();
            n_replayed += usize::from(answer.metadata().get("idempotency-replayed").is_some());
            answers.push(answer.into_inner());
        }
        assert!(answers.iter().all(|it| *it == answers[0]), "{}", world.engine);
        assert_eq!(n_replayed, 63, "{}", world.engine);

        let other = StartEnrollmentRequest { region_code: "PT".to_owned(), ..request };
        let err = world.enrollment().start_enrollment(anna.asks(other)).await.unwrap_err();
        assert_eq!(reason(&err), "REQUEST_ID_REUSED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_starts_one_makes_the_partner_and_the_others_name_it() {
    on_each_engine(async |world| {
        let anna = world.company("diagonal", "ES").await;
        let tries: Vec<_> = (0..64)
            .map(|_| {
                let asked = anna.asks(StartEnrollmentRequest::default());
                let mut client = world.enrollment();
                tokio::spawn(async move { client.start_enrollment(asked).await })
            })
            .collect();
        let (mut made, mut named) = (Vec::new(), Vec::new());
        for it in tries {
            match it.await.unwrap() {
                Ok(answer) => made.push(answer.into_inner().partner.unwrap().name),
                Err(err) => {
                    assert_eq!(reason(&err), "ENROLLMENT_ALREADY_EXISTS", "{}", world.engine);
                    named.push(metadata(&err, "partner"));
                }
            }
        }
        assert_eq!((made.len(), named.len()), (1, 63), "{}", world.engine);
        assert!(named.iter().all(|it| *it == made[0]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let anna = world.company("diagonal", "ES").await;
        let with = |region_code: &str, kind: PartnerKind| StartEnrollmentRequest {
            region_code: region_code.to_owned(),
            kind: kind.into(),
            ..StartEnrollmentRequest::default()
        };
        for (request, why) in [
            (with("QQ", PartnerKind::Reseller), "COUNTRY_UNKNOWN"),
            (with("KP", PartnerKind::Reseller), "REGION_NOT_SERVED"),
            (with("ES", PartnerKind::Provider), "PROVIDER_NOT_APPOINTED"),
        ] {
            let err = world.enrollment().start_enrollment(anna.asks(request)).await.unwrap_err();
            assert_eq!(reason(&err), why, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointed_provider_enrols_as_a_provider() {
    on_each_engine(async |world| {
        let anna = world.company("anahuac", "MX").await;
        let operator = world.platform(&[Role::Operator]).await;
        let appoint = |reason: &str| AppointProviderRequest {
            company: anna.company.clone(),
            reason: reason.to_owned(),
            ..AppointProviderRequest::default()
        };
        let asked = operator.asks(appoint(""));
        let err = world.enrollment().appoint_provider(asked).await.unwrap_err();
        assert_eq!(reason(&err), "REASON_REQUIRED");
        let asked = operator.asks(appoint("distributor since 2019"));
        let made = world.enrollment().appoint_provider(asked).await.unwrap().into_inner();
        let partner = made.partner.unwrap().name;
        assert_eq!(
            unmet(&world, &anna, &partner, Goal::SubmitEnrollment).await[0],
            "enrollment.started"
        );
        let asked = operator.asks(appoint("again"));
        let err = world.enrollment().appoint_provider(asked).await.unwrap_err();
        assert_eq!(reason(&err), "ENROLLMENT_ALREADY_EXISTS", "{}", world.engine);

        let started = world.start(&anna).await.partner.unwrap();
        assert_eq!((started.kind(), started.name), (PartnerKind::Provider, partner));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legal_profile_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let (anna, name, _) = begun(&world, "US").await;
        let zip = |zip: &str, state: &str| {
            Some(address("US", zip, state, "Springfield", "1 Main Street"))
        };
        let base = LegalProfile::default();
        let id = RegistrationId { r#type: "CNPJ".to_owned(), value: "1".to_owned() };
        for (profile, why) in [
            (
                LegalProfile { legal_name: "GmbH".to_owned(), ..base.clone() },
                "COMPANY_NAME_INVALID",
            ),
            (LegalProfile { address: zip("00901", "PR"), ..base.clone() }, "ADDRESS_INVALID"),
            (LegalProfile { address: zip("1", "IL"), ..base.clone() }, "ADDRESS_INVALID"),
            (LegalProfile { address: Some(barcelona()), ..base.clone() }, "ADDRESS_INVALID"),
            (LegalProfile { region_code: "QQ".to_owned(), ..base.clone() }, "COUNTRY_UNKNOWN"),
            (LegalProfile { region_code: "KP".to_owned(), ..base.clone() }, "REGION_NOT_SERVED"),
            (
                LegalProfile { registration_id: Some(id), ..base.clone() },
                "REGISTRATION_ID_TYPE_INVALID",
            ),
        ] {
            let asked = anna.asks(legal(&name, profile.clone()));
            let err = world.enrollment().update_legal_profile(asked).await.unwrap_err();
            assert_eq!(reason(&err), why, "{profile:?} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_an_old_version_is_refused() {
    on_each_engine(async |world| {
        let (anna, name, _) = begun(&world, "ES").await;
        let profile =
            LegalProfile { legal_name: "Diagonal Cloud".to_owned(), ..Default::default() };
        let mut edit = legal(&name, profile);
        edit.etag = "1".to_owned();
        world.enrollment().update_legal_profile(anna.asks(edit.clone())).await.unwrap();
        let err = world.enrollment().update_legal_profile(anna.asks(edit)).await.unwrap_err();
        assert_eq!(reason(&err), "ETAG_MISMATCH", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_company_has_no_other_company_sees() {
    on_each_engine(async |world| {
        let (anna, name, partner) = begun(&world, "ES").await;
        let (bernd, ..) = begun(&world, "ES").await;
        let unknown = "partners/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let bytes = |err: Status| (err.code(), err.message().to_owned(), err.details().to_vec());
        let mut answers = Vec::new();
        for partner in [partner.as_str(), unknown] {
            let name = partner.to_owned();
            let asked = bernd.asks(GetPartnerRequest { name: name.clone() });
            let one = bytes(world.enrollment().get_partner(asked).await.unwrap_err());
            let name = format!("{partner}/enrollment");
            let asked = bernd.asks(GetEnrollmentRequest { name: name.clone() });
            let two = bytes(world.enrollment().get_enrollment(asked).await.unwrap_err());
            let asked = bernd.asks(legal(&name, LegalProfile::default()));
            let three = bytes(world.enrollment().update_legal_profile(asked).await.unwrap_err());
            answers.push((one, two, three));
        }
        assert_eq!(answers[0], answers[1], "{}", world.engine);

        let reviewer = world.platform(&[Role::Reviewer]).await;
        for (who, expected) in [(&anna, 1), (&bernd, 1), (&reviewer, 2)] {
            let asked = who.asks(ListEnrollmentsRequest::default());
            let list = world.enrollment().list_enrollments(asked).await.unwrap().into_inner();
            assert_eq!(list.enrollments.len(), expected, "{}", world.engine);
            for it in list.enrollments {
                let asked = who.asks(GetEnrollmentRequest { name: it.name.clone() });
                let got = world.enrollment().get_enrollment(asked).await.unwrap().into_inner();
                assert_eq!(got.enrollment, Some(it));
            }
        }
        let asked = anna.asks(GetEnrollmentRequest { name });
        world.enrollment().get_enrollment(asked).await.unwrap();
    })
    .await;
}
