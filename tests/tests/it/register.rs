//! Companies are looked up in the imported register, by exactly one key.

use api::enrollment::v1::{
    GetReviewRequest, LegalProfile, LookupCompaniesRequest, LookupCompaniesResponse,
    RegisterAnswer, RegisterFindings, RegisterHit, RegistrationId, UpdateLegalProfileRequest,
};
use domain::Role;
use imports::Kind;
use it::{
    Persona, World,
    cast::{Firm, Stage},
    fields, metadata, on_each_engine, postgres, reason,
};
use store::sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use tonic::Status;

const HEAD: &str = "LEI,Entity.LegalName,Entity.LegalName.xmllang,Entity.LegalAddress.Country,\
    Entity.LegalAddress.City,Entity.RegistrationAuthority.RegistrationAuthorityID,\
    Entity.RegistrationAuthority.RegistrationAuthorityEntityID,Entity.EntityStatus,DUNS\n";

fn line(n: usize, name: &str, country: &str, registration: &str, duns: &str) -> String {
    format!(
        "529900T8BM49AURSD{n:03},\"{name}\",es,{country},Madrid,RA000533,{registration},ACTIVE,{duns}\n"
    )
}

fn register() -> String {
    let rows = [
        line(1, "Distribuidora Anáhuac, S.L.", "ES", "B-12345674", "123456789"),
        line(2, "Distribuidora Anáhuac México", "MX", "", ""),
        line(3, "Anáhuac Norte Distribuidora", "ES", "", "123456789"),
        line(4, "100% Nube_Clara (.*) 'x'; --", "ES", "", ""),
        line(5, "Ñandú \"\"Groß\"\" Øre", "ES", "", ""),
        line(6, "Distribuidora del Sur", "ES", "", ""),
    ];
    [HEAD.to_owned(), rows.concat()].concat()
}

async fn ask(
    world: &World,
    who: &Persona,
    request: LookupCompaniesRequest,
) -> Result<LookupCompaniesResponse, Status> {
    let answer = world.enrollment().lookup_companies(who.asks(request)).await;
    answer.map(tonic::Response::into_inner)
}

fn named(name: &str) -> LookupCompaniesRequest {
    LookupCompaniesRequest { name: name.into(), region_code: "ES".into(), ..Default::default() }
}

async fn names(world: &World, who: &Persona, request: LookupCompaniesRequest) -> Vec<String> {
    let answer = ask(world, who, request).await.unwrap();
    assert!(!answer.has_more);
    answer.companies.into_iter().map(|it| it.legal_name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_is_found_by_each_key() {
    on_each_engine(async |world| {
        let who = world.company("register", "ES").await;
        assert!(names(&world, &who, named("anahuac")).await.is_empty(), "nothing is imported");
        world.import(Kind::Companies, register()).await.unwrap();
        let first = "Distribuidora Anáhuac, S.L.";
        let lei =
            LookupCompaniesRequest { lei: "529900T8BM49AURSD001".into(), ..Default::default() };
        let found = ask(&world, &who, lei).await.unwrap().companies;
        assert_eq!(found.len(), 1, "{}", world.engine);
        let of = &found[0];
        let all =
            [&of.legal_name, &of.region_code, &of.duns_number, &of.locality, &of.entity_status];
        assert_eq!(all, [first, "ES", "123456789", "Madrid", "ACTIVE"]);
        assert_eq!(of.registration_id.as_ref().unwrap().value, "B-12345674");
        let duns = LookupCompaniesRequest { duns_number: "123456789".into(), ..Default::default() };
        assert_eq!(names(&world, &who, duns).await, [first, "Anáhuac Norte Distribuidora"]);
        let id = LookupCompaniesRequest {
            registration_id: "b 12345674".into(),
            region_code: "ES".into(),
            ..Default::default()
        };
        assert_eq!(names(&world, &who, id).await, [first]);
        for (asked, expected) in [
            ("DISTRIBUIDORA anahuac", &[first, "Anáhuac Norte Distribuidora"][..]),
            ("distribuidora", &[first, "Distribuidora del Sur", "Anáhuac Norte Distribuidora"]),
            ("norte anáhuac", &["Anáhuac Norte Distribuidora"]),
            ("ore gross", &["Ñandú \"Groß\" Øre"]),
            ("nandu", &["Ñandú \"Groß\" Øre"]),
            ("anahuac mexico", &[]),
            ("anahuac nube", &[]),
        ] {
            let found = names(&world, &who, named(asked)).await;
            assert_eq!(found, expected, "{asked} on {}", world.engine);
        }
    })
    .await;
}

/// What a reviewer sees of the register once the company states this.
async fn findings(world: &World, firm: &Firm, profile: LegalProfile) -> RegisterFindings {
    let (name, legal_profile) = (firm.enrollment.clone(), Some(profile));
    let request = UpdateLegalProfileRequest { name, legal_profile, ..Default::default() };
    world.enrollment().update_legal_profile(firm.anna.asks(request)).await.unwrap();
    let asked = GetReviewRequest { name: firm.enrollment.clone() };
    let reviewer = world.platform(&[Role::Reviewer]).await;
    let seen = world.enrollment().get_review(reviewer.asks(asked)).await.unwrap();
    seen.into_inner().review.unwrap().business.unwrap().register.unwrap()
}

/// Each hit's LEI and what it has in common with the enrolment.
fn marks(found: &RegisterFindings) -> Vec<(String, String)> {
    let marks = |it: &RegisterHit| {
        let all = [
            (it.same_duns_number, "duns"),
            (it.same_registration_id, "id"),
            (it.same_legal_name, "name"),
            (it.same_region, "region"),
            (it.same_postal_code, "postal"),
        ];
        let found: Vec<&str> = all.into_iter().filter(|it| it.0).map(|it| it.1).collect();
        (it.company.as_ref().unwrap().lei[17..].to_owned(), found.join(" "))
    };
    found.hits.iter().map(marks).collect()
}

fn same(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(lei, marks)| ((*lei).to_owned(), (*marks).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn e11_a_reviewer_sees_what_the_register_has_of_the_company() {
    on_each_engine(async |world| {
        let firm = world.reseller("register", "ES", Stage::Draft).await;
        let said = |legal_name: &str, id: &str, duns: &str| LegalProfile {
            legal_name: legal_name.to_owned(),
            registration_id: Some(RegistrationId { r#type: "NIF".into(), value: id.into() }),
            duns_number: duns.to_owned(),
            ..LegalProfile::default()
        };
        let numbers = said("Nube Anáhuac", "B12345674", "123456789");
        let none = findings(&world, &firm, numbers.clone()).await;
        assert_eq!(none.answer(), RegisterAnswer::NoRegister, "{}", world.engine);

        world.import(Kind::Companies, register()).await.unwrap();
        let found = findings(&world, &firm, numbers).await;
        assert_eq!(found.answer(), RegisterAnswer::ByNumber, "{}", world.engine);
        assert_eq!(found.hits[0].company.as_ref().unwrap().entity_status, "ACTIVE");
        assert_eq!(marks(&found), same(&[("001", "duns id region"), ("003", "duns region")]));

        // Numbers that the register does not know: the name is all there is.
        let named = said("DISTRIBUIDORA ANAHUAC, S.L.", "A58818501", "150483782");
        let found = findings(&world, &firm, named).await;
        assert_eq!(found.answer(), RegisterAnswer::ByName, "{}", world.engine);
        assert_eq!(marks(&found), same(&[("001", "name region")]), "{}", world.engine);

        let unknown = said("Algo muy distinto", "A58818501", "150483782");
        let found = findings(&world, &firm, unknown).await;
        assert_eq!(found.answer(), RegisterAnswer::None, "{}", world.engine);
        assert_eq!(found.hits, [], "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wildcards_and_the_like_are_plain_text() {
    on_each_engine(async |world| {
        let who = world.company("register", "ES").await;
        world.import(Kind::Companies, register()).await.unwrap();
        for asked in
            ["%", "_", "*", ".*", "'; DROP TABLE register_company; --", "b%", "\\", "Anáhuac*x"]
        {
            assert!(names(&world, &who, named(asked)).await.is_empty(), "{asked}");
        }
        let cloud = "100% Nube_Clara (.*) 'x'; --";
        assert_eq!(names(&world, &who, named("100% nube_clara")).await, [cloud]);
        assert_eq!(names(&world, &who, named("(.*) clara --")).await, [cloud]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_key_and_a_known_country() {
    on_each_engine(async |world| {
        let who = world.company("register", "ES").await;
        let both = LookupCompaniesRequest { lei: "x".into(), ..named("x") };
        for wrong in [LookupCompaniesRequest::default(), both] {
            let err = ask(&world, &who, wrong).await.unwrap_err();
            assert_eq!(reason(&err), "EXACTLY_ONE_KEY", "{}", world.engine);
        }
        let nowhere = LookupCompaniesRequest { region_code: String::new(), ..named("x") };
        let err = ask(&world, &who, nowhere).await.unwrap_err();
        assert_eq!(
            (reason(&err), fields(&err)),
            ("FIELD_INVALID".into(), vec!["region_code".into()])
        );
        let unknown = LookupCompaniesRequest { region_code: "XX".into(), ..named("x") };
        let err = ask(&world, &who, unknown).await.unwrap_err();
        let found = (reason(&err), metadata(&err, "regionCode"));
        assert_eq!(found, ("COUNTRY_UNKNOWN".into(), "XX".into()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_bounded_and_says_that_there_is_more() {
    on_each_engine(async |world| {
        let who = world.company("register", "ES").await;
        let rows: String =
            (0..40).map(|n| line(n, &format!("Nube {n} Clara"), "ES", "", "")).collect();
        world.import(Kind::Companies, [HEAD, rows.as_str()].concat()).await.unwrap();
        for asked in ["nube", "clara nube"] {
            let answer = ask(&world, &who, named(asked)).await.unwrap();
            assert_eq!((answer.companies.len(), answer.has_more), (20, true), "{asked}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_look_up_reads_the_register_from_end_to_end() {
    let world = World::sqlite().await;
    for sql in store::company_queries() {
        let explain =
            Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {sql}"));
        for row in world.app.db.connection().query_all_raw(explain).await.unwrap() {
            let step: String = row.try_get("", "detail").unwrap();
            let is_scan = step.starts_with("SCAN") && step != "SCAN some_of_them";
            assert!(!is_scan || step == "SCAN rarest", "{sql}: {step}");
        }
    }
    let url = postgres::fresh_database().await;
    World::on(url.clone()).await.app.db.close().await.unwrap();
    postgres::ask(&url, "SELECT pg_stat_reset()").await;
    let world = World::on(url.clone()).await;
    let who = world.company("register", "ES").await;
    world.import(Kind::Companies, register()).await.unwrap();
    for name in ["distribuidora", "norte anáhuac", "x"] {
        ask(&world, &who, named(name)).await.unwrap();
    }
    world.app.db.close().await.unwrap();
    let scanned = "SELECT relname || ' ' || seq_scan FROM pg_stat_user_tables \
                   WHERE seq_scan > 0 AND (relname LIKE 'register%' OR relname LIKE 'import%')";
    assert_eq!(postgres::ask(&url, scanned).await, "");
}
