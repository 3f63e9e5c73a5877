//! Members of the programme that an operator brings in enrol by the short form (E4).

use std::{path::PathBuf, sync::Mutex};

use api::{
    enrollment::v1::{
        AddressChoice, CheckState, EnrollmentForm, EnrollmentState, LegalProfile, LocationState,
        PartnerKind, PrimaryContact, ProgrammeStatus, StartEnrollmentRequest,
        SubmitEnrollmentRequest, SupportProfile, UpdateLegalProfileRequest,
        UpdateSupportProfileRequest,
    },
    types::v1::Goal,
};
use it::{
    World,
    cast::{Firm, contact_change, submission},
    look::{ids, unmet_in},
    metadata, on_each_engine, reason,
};
use server::members::{Fault, Outcome, import};

const HEADER: &str = "domain_prefix,display_name,region_code,kind,legal_name,postal_code,\
    administrative_area,locality,address_line_1,address_line_2,registration_id_type,\
    registration_id,duns_number,contact_given_name,contact_family_name,contact_email,\
    contact_phone,contact_language_code,contact_confirmed,admin_name,admin_given_name,\
    admin_family_name,admin_email,admin_language_code,global_partner_id,partner_id";

/// A row of a company in Barcelona.
fn row(prefix: &str, confirmed: &str, global: &str, number: &str) -> String {
    format!(
        "{prefix},{prefix} & Co.,ES,,\"{prefix}, S.L.\",08018,Barcelona,Barcelona,\
         Avinguda Diagonal 211,,,,,Jordi,Puig,jordi.puig@{prefix}.example,+34931234567,es,\
         {confirmed},anna,Anna,Ferrer,anna@{prefix}.example,es,{global},{number}"
    )
}

struct Brought {
    partner: String,
    sign_in_name: String,
    password: String,
}

async fn bring(world: &World, text: &[u8]) -> (Outcome, Vec<Brought>) {
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("members.csv");
    std::fs::write(&path, text).unwrap();
    let brought = Mutex::new(Vec::new());
    let shown = |it: &server::members::Imported, password: &domain::Secret| {
        brought.lock().unwrap().push(Brought {
            partner: it.partner.clone(),
            sign_in_name: it.sign_in_name.clone(),
            password: password.expose().to_owned(),
        });
    };
    let outcome = import(&world.app, &path, shown).await.unwrap();
    (outcome, brought.into_inner().unwrap())
}

/// A member whose global admin has signed in.
async fn member(world: &World, confirmed: &str, global: &str, number: &str) -> Firm {
    let prefix = world.label("member");
    let text = format!("{HEADER}\n{}\n", row(&prefix, confirmed, global, number));
    let (outcome, mut brought) = bring(world, text.as_bytes()).await;
    assert_eq!(outcome, Outcome::Imported { n_new: 1, n_present: 0 }, "{}", world.engine);
    let it = brought.remove(0);
    world.change_password(&it.sign_in_name, &it.password).await;
    let anna = world.sign_in(&it.sign_in_name).await;
    Firm {
        enrollment: format!("{}/enrollment", it.partner),
        partner: it.partner,
        domain: format!("{prefix}.example"),
        region_code: "ES".to_owned(),
        number: number.to_owned(),
        anna,
    }
}

async fn give_support(world: &World, firm: &Firm) {
    let support_profile = Some(SupportProfile {
        email: format!("soporte@{}", firm.domain),
        phone: "+34931234568".to_owned(),
        website_uri: String::new(),
    });
    let (name, rest) = (firm.enrollment.clone(), UpdateSupportProfileRequest::default());
    let update = UpdateSupportProfileRequest { name, support_profile, ..rest };
    world.enrollment().update_support_profile(firm.anna.asks(update)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_takes_over_its_draft_and_only_support_data_are_missing() {
    on_each_engine(async |world| {
        world.staff().await;
        let firm = member(&world, "true", "77001", "77002").await;
        let before = world.partner_as(&firm.anna, &firm.partner).await.unwrap();
        assert_eq!(before.programme_status(), ProgrammeStatus::NotEnrolled, "{}", world.engine);
        assert_eq!(before.partner_id, "77002", "{}", world.engine);

        let elsewhere =
            StartEnrollmentRequest { region_code: "PT".to_owned(), ..Default::default() };
        let err = world.enrollment().start_enrollment(firm.anna.asks(elsewhere)).await.unwrap_err();
        assert_eq!(reason(&err), "COUNTRY_FROZEN", "{}", world.engine);
        let as_provider =
            StartEnrollmentRequest { kind: PartnerKind::Provider.into(), ..Default::default() };
        let asked = firm.anna.asks(as_provider);
        let err = world.enrollment().start_enrollment(asked).await.unwrap_err();
        assert_eq!(reason(&err), "PROVIDER_NOT_APPOINTED", "{}", world.engine);

        let started = world.start(&firm.anna).await.enrollment.unwrap();
        assert_eq!(started.name, firm.enrollment, "{}", world.engine);
        assert_eq!(started.form(), EnrollmentForm::Short, "{}", world.engine);
        assert_eq!(started.state(), EnrollmentState::Draft, "{}", world.engine);
        assert_eq!(world.checks_of(&firm).await, [CheckState::Waived; 3], "{}", world.engine);
        let again = firm.anna.asks(StartEnrollmentRequest::default());
        let err = world.enrollment().start_enrollment(again).await.unwrap_err();
        assert_eq!(reason(&err), "ENROLLMENT_ALREADY_EXISTS", "{}", world.engine);
        assert_eq!(metadata(&err, "partner"), firm.partner, "{}", world.engine);
        assert_eq!(world.recorded(&firm, "EnrollmentTakenOver").await.len(), 1);

        let unmet = world.unmet(&firm, Goal::SubmitEnrollment).await;
        assert_eq!(ids(&unmet), ["profile.support", "applicant.authority"], "{}", world.engine);
        let bare = SubmitEnrollmentRequest { name: firm.enrollment.clone(), ..Default::default() };
        let asked = firm.anna.asks(bare);
        let err = world.enrollment().submit_enrollment(asked).await.unwrap_err();
        assert_eq!(unmet_in(&err), ["profile.support", "applicant.authority"]);
        give_support(&world, &firm).await;
        world.submit(&firm).await;
        // The mailbox was proven elsewhere: nothing to wait for, and the contact is told.
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Approved, "{}", world.engine);
        assert_eq!(world.subjects_to(&firm.contact()).await.len(), 1, "{}", world.engine);
        let place = world.locations_of(&firm).await.remove(0);
        assert_eq!(place.state(), LocationState::Active, "{}", world.engine);
        assert_eq!(place.name, "organisations/77001/locations/77002", "{}", world.engine);
        assert!(world.unmet(&firm, Goal::SignAgreement).await.is_empty(), "{}", world.engine);
        world.sign(&firm).await;
        let after = world.partner_as(&firm.anna, &firm.partner).await.unwrap();
        assert_eq!(after.programme_status(), ProgrammeStatus::Active, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whose_contact_is_not_confirmed_is_approved_when_it_confirms() {
    on_each_engine(async |world| {
        world.staff().await;
        let firm = member(&world, "false", "", "").await;
        world.start(&firm.anna).await;
        give_support(&world, &firm).await;
        world.submit(&firm).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Submitted, "{}", world.engine);
        let unmet = world.unmet(&firm, Goal::BecomeQualified).await;
        assert_eq!(ids(&unmet), ["contact.confirmed"], "{}", world.engine);
        world.confirm(&firm).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Approved, "{}", world.engine);
        let checks = [CheckState::Passed, CheckState::Waived, CheckState::Waived];
        assert_eq!(world.checks_of(&firm).await, checks, "{}", world.engine);
        // A place that it adds now takes part at once: its business needs no check.
        world.tie(&firm).await;
        let place = world.locations_of(&firm).await.remove(0);
        assert_eq!(place.state(), LocationState::Active, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_changes_who_it_is_goes_through_review() {
    on_each_engine(async |world| {
        world.staff().await;
        let firm = member(&world, "true", "", "").await;
        world.start(&firm.anna).await;
        give_support(&world, &firm).await;
        let legal_profile = Some(LegalProfile {
            legal_name: "Another Name, S.L.".to_owned(),
            address_choice: AddressChoice::KeptOwn.into(),
            ..LegalProfile::default()
        });
        let (name, rest) = (firm.enrollment.clone(), UpdateLegalProfileRequest::default());
        let update = UpdateLegalProfileRequest { name, legal_profile, ..rest };
        world.enrollment().update_legal_profile(firm.anna.asks(update)).await.unwrap();
        let checks = [CheckState::Waived, CheckState::Pending, CheckState::Pending];
        assert_eq!(world.checks_of(&firm).await, checks, "{}", world.engine);
        world.submit(&firm).await;
        assert_eq!(world.state_of(&firm).await, EnrollmentState::InReview, "{}", world.engine);

        let other = member(&world, "true", "", "").await;
        world.start(&other.anna).await;
        give_support(&world, &other).await;
        let email = format!("nuria.costa@{}", other.domain);
        let contact = PrimaryContact { email: email.clone(), ..PrimaryContact::default() };
        let change = other.anna.asks(contact_change(&other, contact));
        world.enrollment().update_primary_contact(change).await.unwrap();
        world.submit(&other).await;
        assert_eq!(world.state_of(&other).await, EnrollmentState::Submitted, "{}", world.engine);
        let request = it::cast::confirmation(world.secret_to(&email).await);
        world.enrollment().confirm_contact(request).await.unwrap();
        assert_eq!(world.state_of(&other).await, EnrollmentState::InReview, "{}", world.engine);
        let checks = [CheckState::Passed, CheckState::Pending, CheckState::Waived];
        assert_eq!(world.checks_of(&other).await, checks, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_any_bad_row_imports_nothing_and_says_where() {
    on_each_engine(async |world| {
        let squatter = world.company("squatter", "ES").await;
        let taken = squatter.sign_in_name.split(['@', '.']).nth(1).unwrap().to_owned();
        let good = row("fine", "true", "88001", "88002");
        let bad = |from: &str, to: &str| row("other", "true", "", "").replacen(from, to, 1);
        let cases = [
            (bad("08018", "8018"), "postal_code"),
            (bad(",ES,", ",KP,"), "region_code"),
            (bad("ES,,", "ES,DISTRIBUTOR,"), "kind"),
            (bad("jordi.puig@other.example", "jordi@gmail.com"), "contact_email"),
            (bad("+34931234567", "0034"), "contact_phone"),
            (bad(",true,", ",yes,"), "contact_confirmed"),
            (bad("\"other, S.L.\"", "S.L."), "legal_name"),
            (bad("other,", "pl\u{0}atform,"), "domain_prefix"),
            (bad("other,", "platform,"), "domain_prefix"),
            (bad("other,other", &format!("{taken},other")), "domain_prefix"),
            (row("other", "true", "", "88002"), "partner_id"),
            (row("other", "true", "88003", ""), "global_partner_id"),
            (row("other", "true", "", "12"), "partner_id"),
            (row("fine", "true", "", ""), "domain_prefix"),
            (bad(",es,", ","), ""),
        ];
        for (line, column) in cases {
            let text = format!("{HEADER}\r\n{good}\r\n{line}\r\n");
            let (outcome, brought) = bring(&world, text.as_bytes()).await;
            let Outcome::Refused(faults) = outcome else { panic!("{line} on {}", world.engine) };
            let at: Vec<(u64, &str)> =
                faults.iter().map(|it| (it.line, it.column.as_str())).collect();
            assert_eq!(at, [(3, column)], "{line}: {faults:?} on {}", world.engine);
            assert!(brought.is_empty(), "{}", world.engine);
        }
        let latin1 = [HEADER.as_bytes(), b"\n", good.as_bytes(), b"\n", b"\xff,x\n"].concat();
        let (outcome, _) = bring(&world, &latin1).await;
        let Outcome::Refused(faults) = outcome else { panic!("on {}", world.engine) };
        assert_eq!(faults[0].line, 3, "{faults:?}");
        let without = HEADER.replace("kind,", "kid,");
        let (outcome, _) = bring(&world, format!("{without}\n{good}\n").as_bytes()).await;
        let fault = |column: &str, words: &str| Fault {
            line: 1,
            column: column.to_owned(),
            words: words.to_owned(),
        };
        let expected = vec![fault("kid", "is no column"), fault("kind", "is missing")];
        assert_eq!(outcome, Outcome::Refused(expected), "{}", world.engine);

        // With a byte order mark; a second time it changes nothing.
        let text = format!("\u{feff}{HEADER}\n{good}\n");
        let (outcome, brought) = bring(&world, text.as_bytes()).await;
        assert_eq!(outcome, Outcome::Imported { n_new: 1, n_present: 0 }, "{}", world.engine);
        assert_eq!(world.stored(&brought[0].password).await, Vec::<String>::new());
        let (outcome, brought) = bring(&world, text.as_bytes()).await;
        assert_eq!(outcome, Outcome::Imported { n_new: 0, n_present: 1 }, "{}", world.engine);
        assert!(brought.is_empty(), "{}", world.engine);
        let text = format!("{HEADER}\n{}\n", row("second", "true", "", "88001"));
        let (outcome, _) = bring(&world, text.as_bytes()).await;
        let Outcome::Refused(faults) = outcome else { panic!("on {}", world.engine) };
        assert_eq!(faults[0].column, "partner_id", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_among_the_members_plans_its_submission_like_any_other() {
    on_each_engine(async |world| {
        world.staff().await;
        // Before it is taken over the DRAFT is there to be read, and the kind is the file's.
        let prefix = world.label("provider");
        let line = row(&prefix, "true", "", "").replacen("ES,,", "ES,PROVIDER,", 1);
        let (_, brought) = bring(&world, format!("{HEADER}\n{line}\n").as_bytes()).await;
        let it = &brought[0];
        world.change_password(&it.sign_in_name, &it.password).await;
        let anna = world.sign_in(&it.sign_in_name).await;
        let started = world.start(&anna).await;
        assert_eq!(started.partner.unwrap().kind(), PartnerKind::Provider, "{}", world.engine);
        let firm = Firm {
            partner: it.partner.clone(),
            enrollment: format!("{}/enrollment", it.partner),
            domain: format!("{prefix}.example"),
            region_code: "ES".to_owned(),
            number: String::new(),
            anna,
        };
        give_support(&world, &firm).await;
        let plan = SubmitEnrollmentRequest { validate_only: true, ..submission(&firm) };
        let asked = firm.anna.asks(plan);
        let plan = world.enrollment().submit_enrollment(asked).await.unwrap().into_inner().plan;
        let plan = plan.unwrap();
        assert_eq!(plan.events, ["EnrollmentSubmitted"], "{}", world.engine);
        assert_eq!(plan.mails.len(), 1, "{}", world.engine);
        assert_eq!(world.state_of(&firm).await, EnrollmentState::Draft, "{}", world.engine);
    })
    .await;
}
