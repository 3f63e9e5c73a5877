//! Providers by appointment of a directory outside, before anybody of it called (E4), by tokens of a
//! real OpenID Connect server.

use api::{
    changes::v1::AuditEntry,
    enrollment::v1::{
        AppointProviderRequest, ExternalTenant, ListPartnersRequest, LookupPartnerRequest, Partner,
        PartnerKind, ProgrammeStatus, StartEnrollmentRequest,
        enrollment_service_client::EnrollmentServiceClient,
    },
    relationships::v1::AcceptCustomerInvitationRequest,
    users::v1::ListUsersRequest,
};
use domain::Role;
use it::{
    Persona, World, cast::Stage, happened, metadata, oidc::Issuer, on_each_engine_believing,
    people::wire, reason, without_call,
};
use tonic::{Status, transport::Channel};

use crate::{
    customers::acceptance,
    directories::{founded, founding, refused, start, who_am_i},
};

fn tenant(issuer: &Issuer, tenant_id: &str) -> Option<ExternalTenant> {
    Some(ExternalTenant { issuer: issuer.url.clone(), tenant_id: tenant_id.to_owned() })
}

/// What appoints a directory that nobody has called from.
fn appointing(issuer: &Issuer, tenant_id: &str) -> AppointProviderRequest {
    AppointProviderRequest {
        external_tenant: tenant(issuer, tenant_id),
        reason: "distributor since 2019".to_owned(),
        display_name: "Distribuidora Anáhuac".to_owned(),
        region_code: "ES".to_owned(),
        ..AppointProviderRequest::default()
    }
}

async fn appoint(
    world: &World,
    who: &Persona,
    request: AppointProviderRequest,
) -> Result<Partner, Status> {
    let answer = world.enrollment().appoint_provider(who.asks(request)).await?;
    Ok(answer.into_inner().partner.unwrap())
}

async fn look_up(
    world: &World,
    who: &Persona,
    external_tenant: Option<ExternalTenant>,
) -> Result<Partner, Status> {
    let request = LookupPartnerRequest { external_tenant, ..Default::default() };
    Ok(world.enrollment().lookup_partner(who.asks(request)).await?.into_inner().partner.unwrap())
}

async fn ledger(world: &World, operator: &Persona, company: &str) -> Vec<AuditEntry> {
    world.ledger(&Persona { company: company.to_owned(), ..operator.clone() }).await
}

fn as_provider() -> StartEnrollmentRequest {
    StartEnrollmentRequest { kind: PartnerKind::Provider.into(), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_a_directory_is_appointed_before_anybody_of_it_called() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let operator = world.platform(&[Role::Operator]).await;
        let base = appointing(&issuer, "anahuac");
        let with = |change: &dyn Fn(&mut AppointProviderRequest)| {
            let mut request = base.clone();
            change(&mut request);
            request
        };
        let of = |it: &str, tenant_id: &str| {
            let (issuer, tenant_id) = (it.to_owned(), tenant_id.to_owned());
            Some(ExternalTenant { issuer, tenant_id })
        };
        let slash = format!("{}/", issuer.url);
        for (request, why) in [
            (with(&|it| it.external_tenant = None), "EXACTLY_ONE_KEY"),
            (with(&|it| it.company.clone_from(&operator.company)), "EXACTLY_ONE_KEY"),
            (with(&|it| it.external_tenant = of("", "anahuac")), "FIELD_INVALID"),
            (with(&|it| it.external_tenant = of(&issuer.url, "")), "FIELD_INVALID"),
            (with(&|it| it.reason = " ".to_owned()), "REASON_REQUIRED"),
            (with(&|it| it.external_tenant = of(&slash, "anahuac")), "ISSUER_UNKNOWN"),
            (with(&|it| it.external_tenant = of("https://evil.example", "x")), "ISSUER_UNKNOWN"),
            (with(&|it| it.external_tenant = of(&issuer.url, "an ahuac")), "ISSUER_UNKNOWN"),
            (with(&|it| it.display_name = String::new()), "FIELD_INVALID"),
            (with(&|it| it.display_name = "www.evil.example".to_owned()), "FIELD_INVALID"),
            (with(&|it| it.region_code = String::new()), "COUNTRY_UNKNOWN"),
            (with(&|it| it.region_code = "QQ".to_owned()), "COUNTRY_UNKNOWN"),
            (with(&|it| it.region_code = "KP".to_owned()), "REGION_NOT_SERVED"),
        ] {
            let err = appoint(&world, &operator, request.clone()).await.unwrap_err();
            assert_eq!(reason(&err), why, "{request:?} on {engine}");
        }
        let plan = with(&|it| it.validate_only = true);
        let asked = world.enrollment().appoint_provider(operator.asks(plan)).await.unwrap();
        let events = asked.into_inner().plan.unwrap().events;
        assert_eq!(events, ["CompanyFounded", "ProviderAppointed"], "{engine}");
        let unknown = look_up(&world, &operator, base.external_tenant.clone()).await;
        assert_eq!(refused(unknown), "RESOURCE_NOT_FOUND", "{engine}");

        let request_id = uuid::Uuid::now_v7().to_string();
        let request = with(&|it| it.request_id.clone_from(&request_id));
        let made = appoint(&world, &operator, request.clone()).await.unwrap();
        assert_eq!(appoint(&world, &operator, request).await.unwrap(), made, "{engine}");
        assert_eq!(made.kind(), PartnerKind::Provider, "{engine}");
        assert_eq!(made.programme_status(), ProgrammeStatus::NotEnrolled, "{engine}");
        assert_eq!(made.display_name, "Distribuidora Anáhuac", "{engine}");
        // It is a partner at once, for whoever may see it.
        assert_eq!(world.partner_as(&operator, &made.name).await.unwrap(), made, "{engine}");
        let found = look_up(&world, &operator, base.external_tenant.clone()).await.unwrap();
        assert_eq!(found, made, "{engine}");
        let stranger = world.provider("stranger", "ES", Stage::Draft).await.anna;
        let hidden = look_up(&world, &stranger, base.external_tenant.clone()).await.unwrap_err();
        let unknown = look_up(&world, &stranger, tenant(&issuer, "nobody")).await.unwrap_err();
        assert_eq!(without_call(&hidden), without_call(&unknown), "{engine}");
        let err = appoint(&world, &stranger, base.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{engine}");

        // Once, however it is named.
        let by_name = AppointProviderRequest {
            company: made.company.clone(),
            reason: "again".to_owned(),
            ..AppointProviderRequest::default()
        };
        for again in [base.clone(), by_name] {
            let err = appoint(&world, &operator, again).await.unwrap_err();
            assert_eq!(reason(&err), "ENROLLMENT_ALREADY_EXISTS", "{engine}");
            assert_eq!(metadata(&err, "partner"), made.name, "{engine}");
        }
        let entries = ledger(&world, &operator, &made.company).await;
        let events: Vec<&str> = entries.iter().map(happened).collect();
        assert_eq!(events, ["ProviderAppointed", "CompanyFounded"], "{engine}");
        for entry in &entries {
            assert_eq!(entry.actor.as_ref().unwrap().principal, operator.user, "{engine}");
            assert_eq!(entry.request_id, request_id, "{engine}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_the_first_call_of_an_appointed_directorys_global_admin_takes_the_provider_over() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let operator = world.platform(&[Role::Operator]).await;
        let now = world.clock.now();
        let elsa = issuer.person("anahuac", "elsa", now);
        let admin = elsa.clone().as_admin().persona();
        // Who was not appointed becomes no provider, and no company either.
        let request =
            StartEnrollmentRequest { kind: PartnerKind::Provider.into(), ..founding("ES") };
        assert_eq!(refused(start(&world, &admin, request).await), "PROVIDER_NOT_APPOINTED");
        assert!(who_am_i(&world, &admin).await.unwrap().account_missing, "{engine}");

        let made = appoint(&world, &operator, appointing(&issuer, "anahuac")).await.unwrap();
        // The appointment is of the directory: it lets nobody in, but its global admin as before.
        let plain = elsa.persona();
        let err = start(&world, &plain, as_provider()).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{engine}");
        assert_eq!(metadata(&err, "issuer"), issuer.url, "{engine}");
        let asked = admin.asks(ListUsersRequest::default());
        let err = world.users().list_users(asked).await.unwrap_err();
        assert_eq!(reason(&err), "ACCOUNT_MISSING", "{engine}");
        assert!(metadata(&err, "cure").ends_with("/StartEnrollment"), "{engine}: {err:?}");
        let elsewhere = issuer.person("elsewhere", "otto", now).as_admin().persona();
        assert_eq!(refused(start(&world, &elsewhere, as_provider()).await), "FIELD_INVALID");

        // What the operator said of it stands; the country is its own people's to correct.
        let request = StartEnrollmentRequest {
            display_name: "Otra".to_owned(),
            region_code: "PT".to_owned(),
            ..as_provider()
        };
        let plan = StartEnrollmentRequest { validate_only: true, ..request.clone() };
        let plan = start(&world, &admin, plan).await.unwrap().into_inner().plan.unwrap();
        let events = ["UserCreated", "IdentityBound", "EnrollmentStarted"];
        assert_eq!(plan.events, events, "{engine}");
        assert!(who_am_i(&world, &admin).await.unwrap().account_missing, "{engine}");
        let started = start(&world, &admin, request).await.unwrap().into_inner();
        let partner = started.partner.unwrap();
        assert_eq!((&partner.name, &partner.company), (&made.name, &made.company), "{engine}");
        assert_eq!(partner.kind(), PartnerKind::Provider, "{engine}");
        assert_eq!(partner.display_name, "Distribuidora Anáhuac", "{engine}");
        assert_eq!(partner.region_code, "PT", "{engine}");

        let found = who_am_i(&world, &plain).await.unwrap();
        assert_eq!(found.user.unwrap().roles, wire(&[Role::GlobalAdmin]), "{engine}");
        assert_eq!(found.company.unwrap().partner, made.name, "{engine}");
        let by_tenant = look_up(&world, &plain, tenant(&issuer, "anahuac")).await.unwrap();
        assert_eq!(by_tenant.name, made.name, "{engine}");
        // The claim counted once.
        let second = issuer.person("anahuac", "otto", now).as_admin().persona();
        let err = start(&world, &second, as_provider()).await.unwrap_err();
        assert_eq!(reason(&err), "ACCOUNT_MISSING", "{engine}");
        assert!(metadata(&err, "cure").ends_with("/CreateUser"), "{engine}: {err:?}");
        let err = start(&world, &plain, as_provider()).await.unwrap_err();
        assert_eq!(reason(&err), "ENROLLMENT_ALREADY_EXISTS", "{engine}");

        let entries = ledger(&world, &operator, &made.company).await;
        let events: Vec<&str> = entries.iter().map(happened).collect();
        let expected = [
            "EnrollmentStarted",
            "IdentityBound",
            "UserCreated",
            "ProviderAppointed",
            "CompanyFounded",
        ];
        assert_eq!(events, expected, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_a_directory_that_called_before_is_appointed_unless_it_has_a_partner() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let operator = world.platform(&[Role::Operator]).await;
        let (_, admin) = founded(&world, &issuer, "ibanez").await;
        let own = who_am_i(&world, &admin).await.unwrap().company.unwrap();
        let err = appoint(&world, &operator, appointing(&issuer, "ibanez")).await.unwrap_err();
        assert_eq!(reason(&err), "ENROLLMENT_ALREADY_EXISTS", "{engine}");
        assert_eq!(metadata(&err, "partner"), own.partner, "{engine}");

        // A customer so far: its company is there, with a name and a country of its own.
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let buyer = issuer.person("zbinden", "beat", world.clock.now()).as_admin().persona();
        let accept = async |who: &Persona, email: &str, region_code: &str, display_name: &str| {
            let secret = world.invite_customer(&reseller, &provider, email).await;
            let request = AcceptCustomerInvitationRequest {
                region_code: region_code.to_owned(),
                display_name: display_name.to_owned(),
                ..acceptance(&secret)
            };
            world.relationships().accept_customer_invitation(who.asks(request)).await.unwrap();
        };
        accept(&buyer, "beat@bluewin.example", "CH", "Bäckerei Zbinden").await;
        let appointed = AppointProviderRequest {
            external_tenant: tenant(&issuer, "zbinden"),
            reason: "distributor, too".to_owned(),
            ..AppointProviderRequest::default()
        };
        let made = appoint(&world, &operator, appointed).await.unwrap();
        assert_eq!(made.display_name, "Bäckerei Zbinden", "{engine}");
        assert_eq!(made.region_code, "CH", "{engine}");
        let started = start(&world, &buyer, as_provider()).await.unwrap().into_inner();
        assert_eq!(started.partner.unwrap().name, made.name, "{engine}");

        // The other way round: appointed, and a customer by its first call.
        let made = appoint(&world, &operator, appointing(&issuer, "cierzo")).await.unwrap();
        let first = issuer.person("cierzo", "carla", world.clock.now()).as_admin().persona();
        accept(&first, "carla@bluewin.example", "", "").await;
        let found = who_am_i(&world, &first).await.unwrap();
        assert_eq!(found.company.unwrap().partner, made.name, "{engine}");
        let started = start(&world, &first, as_provider()).await.unwrap().into_inner();
        assert_eq!(started.partner.unwrap().name, made.name, "{engine}");
    })
    .await;
}

/// Who races, with a connection to call on. A lost race is tried again, as its reason says.
struct Racer {
    client: EnrollmentServiceClient<Channel>,
    who: Persona,
}

impl Racer {
    async fn appoints(mut self, request: AppointProviderRequest) -> Result<Partner, String> {
        loop {
            let asked = self.who.asks(request.clone());
            match self.client.appoint_provider(asked).await {
                Ok(answer) => return Ok(answer.into_inner().partner.unwrap()),
                Err(err) if reason(&err) == "CONTENTION" => {}
                Err(err) => return Err(reason(&err)),
            }
        }
    }

    async fn starts(mut self) -> Result<Partner, String> {
        loop {
            let asked = self.who.asks(founding("ES"));
            match self.client.start_enrollment(asked).await {
                Ok(answer) => return Ok(answer.into_inner().partner.unwrap()),
                Err(err) if reason(&err) == "CONTENTION" => {}
                Err(err) => return Err(reason(&err)),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_of_sixteen_appointments_of_one_directory_one_makes_its_provider() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let operator = world.platform(&[Role::Operator]).await;
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let racer = Racer { client: world.enrollment(), who: operator.clone() };
            calls.spawn(racer.appoints(appointing(&issuer, "anahuac")));
        }
        let answers = calls.join_all().await;
        let won = answers.iter().filter(|it| it.is_ok()).count();
        assert_eq!(won, 1, "{engine}: {answers:?}");
        let mut lost = answers.iter().filter_map(|it| it.as_ref().err());
        assert!(lost.all(|it| it == "ENROLLMENT_ALREADY_EXISTS"), "{engine}: {answers:?}");
        let asked = operator.asks(ListPartnersRequest::default());
        let all = world.enrollment().list_partners(asked).await.unwrap().into_inner().partners;
        assert_eq!(all.len(), 1, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_of_sixteen_global_admins_of_an_appointed_directory_one_takes_it_over() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let operator = world.platform(&[Role::Operator]).await;
        let made = appoint(&world, &operator, appointing(&issuer, "anahuac")).await.unwrap();
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..16 {
            let who = issuer.person("anahuac", &format!("racer-{n}"), world.clock.now());
            let who = who.as_admin().persona();
            calls.spawn(Racer { client: world.enrollment(), who }.starts());
        }
        let answers = calls.join_all().await;
        let won: Vec<&Partner> = answers.iter().filter_map(|it| it.as_ref().ok()).collect();
        assert_eq!(won.len(), 1, "{engine}: {answers:?}");
        assert_eq!(won[0].name, made.name, "{engine}");
        let mut lost = answers.iter().filter_map(|it| it.as_ref().err());
        assert!(lost.all(|it| it == "ACCOUNT_MISSING"), "{engine}: {answers:?}");
        let entries = ledger(&world, &operator, &made.company).await;
        let n = entries.iter().filter(|it| happened(it) == "IdentityBound").count();
        assert_eq!(n, 1, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e4_an_appointment_and_the_directorys_own_first_calls_at_once_make_one_partner() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let operator = world.platform(&[Role::Operator]).await;
        for round in 0..6 {
            let tenant_id = format!("race-{round}");
            let mut starts = tokio::task::JoinSet::new();
            for n in 0..4 {
                let who = issuer.person(&tenant_id, &format!("{tenant_id}-{n}"), world.clock.now());
                let who = who.as_admin().persona();
                starts.spawn(Racer { client: world.enrollment(), who }.starts());
            }
            let racer = Racer { client: world.enrollment(), who: operator.clone() };
            let appointed = racer.appoints(appointing(&issuer, &tenant_id)).await;
            let started = starts.join_all().await;
            let won: Vec<&Partner> = started.iter().filter_map(|it| it.as_ref().ok()).collect();
            assert_eq!(won.len(), 1, "round {round} on {engine}: {started:?}");
            let mut lost = started.iter().filter_map(|it| it.as_ref().err());
            assert!(lost.all(|it| it == "ACCOUNT_MISSING"), "{engine}: {started:?}");
            match appointed {
                Ok(partner) => {
                    assert_eq!(won[0].name, partner.name, "round {round} on {engine}");
                    assert_eq!(won[0].kind(), PartnerKind::Provider, "round {round} on {engine}");
                }
                Err(why) => {
                    assert_eq!(why, "ENROLLMENT_ALREADY_EXISTS", "round {round} on {engine}");
                    assert_eq!(won[0].kind(), PartnerKind::Reseller, "round {round} on {engine}");
                }
            }
            let found = look_up(&world, &operator, tenant(&issuer, &tenant_id)).await.unwrap();
            assert_eq!(found.name, won[0].name, "round {round} on {engine}");
        }
    })
    .await;
}
