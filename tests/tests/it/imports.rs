//! Imports become current at once or not at all, say what is wrong where, and count at the next
//! call of every process.

use api::{
    enrollment::v1::{AddLocationRequest, GetEnrollmentRequest},
    relationships::v1::OrderOperation,
};
use domain::{Role, facts::Table};
use imports::{Kind, Progress, Refused};
use it::{World, cast::Stage, happened, on_each_engine, postgres};
use store::sea_orm::{ConnectionTrait as _, Statement};

use crate::thread::blockers;

const MARKETS: Kind = Kind::Table(Table::Markets);
const HOLIDAYS: Kind = Kind::Table(Table::Holidays);
const CALENDARS: Kind = Kind::Table(Table::Calendars);
const MAIL_DOMAINS: Kind = Kind::Table(Table::MailDomains);
const SHIPPED: &str = include_str!("../../../crates/domain/data/markets.csv");

fn without_spain() -> String {
    SHIPPED.lines().filter(|it| !it.starts_with("ES,")).map(|it| format!("{it}\n")).collect()
}

async fn count(world: &World, sql: &str) -> i64 {
    let connection = world.app.db.connection();
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

async fn current(world: &World) -> Vec<(String, i64)> {
    let call = domain::Call::system("test world");
    let rows = world.app.db.read(&call, async |view| view.current_imports().await).await.unwrap();
    rows.into_iter().map(|it| (it.kind, it.n_rows)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_changes_nothing_and_is_refused_by_line_and_column() {
    on_each_engine(async |world| {
        let long = format!("domain\na.example\n\"{}", "x".repeat(1 << 20));
        let cases: [(&str, Kind, Vec<u8>, &str); 16] = [
            ("empty", MARKETS, b"".to_vec(), "the file is empty"),
            ("a head only", HOLIDAYS, b"region_code,date\n".to_vec(), "a head and no rows"),
            (
                "wrong columns",
                HOLIDAYS,
                b"region,date\nES,2026-01-01\n".to_vec(),
                "missing region_code",
            ),
            ("one column more", HOLIDAYS, b"region_code,date,x\n".to_vec(), "\"x\" is no column"),
            (
                "a column twice",
                HOLIDAYS,
                b"region_code,date,date\n".to_vec(),
                "date is there twice",
            ),
            ("UTF-16", HOLIDAYS, b"\xff\xfer\0e\0g\0".to_vec(), "not UTF-8"),
            (
                "Latin-1",
                MARKETS,
                b"region_code,country_name,market_region,currency_code\nES,Espa\xf1a,EUROPE,EUR\n"
                    .to_vec(),
                "line 2, country_name: is not UTF-8",
            ),
            (
                "NUL",
                MAIL_DOMAINS,
                b"domain\na\0.example\n".to_vec(),
                "line 2, domain: holds a control",
            ),
            (
                "a long record",
                MAIL_DOMAINS,
                long.into_bytes(),
                "line 3: a record is longer than 65536 bytes",
            ),
            (
                "an open quote",
                HOLIDAYS,
                b"region_code,date\n\"ES,2026-01-01\n".to_vec(),
                "line 2: has 1 columns, the head has 2",
            ),
            (
                "a row too short",
                HOLIDAYS,
                b"region_code,date\nES,2026-01-01\nES\n".to_vec(),
                "line 3: has 1 columns",
            ),
            (
                "no date",
                HOLIDAYS,
                b"region_code,date\nES,2026-02-30\n".to_vec(),
                "line 2, date: must be a date",
            ),
            (
                "twice",
                HOLIDAYS,
                b"region_code,date\nES,2026-01-01\nFR,2026-01-01\nES,2026-01-01\n".to_vec(),
                "line 4: has the same key as line 2",
            ),
            (
                "no zone",
                CALENDARS,
                b"region_code,time_zone,weekend\nES,Europe/Nowhere,SA SU\n".to_vec(),
                "line 2, time_zone",
            ),
            (
                "no work",
                CALENDARS,
                b"region_code,time_zone,weekend\nES,Europe/Madrid,MO TU WE TH FR SA SU\n".to_vec(),
                "line 2, weekend",
            ),
            (
                "no LEI",
                Kind::Companies,
                b"LEI,Entity.LegalName,Entity.LegalAddress.Country\nx,X,ES\n".to_vec(),
                "line 2, LEI",
            ),
        ];
        for (case, kind, bytes, expected) in cases {
            let refused = world.import(kind, bytes).await.unwrap_err().to_string();
            assert!(refused.contains(expected), "{case} on {}: {refused}", world.engine);
        }
        let dir = tempfile::tempdir().unwrap();
        let refused = world.import_file(MARKETS, dir.path(), false).await.unwrap_err();
        assert!(matches!(refused, Refused::Directory { .. }), "{refused}");
        let refused = world.import_file(MARKETS, &dir.path().join("x"), false).await.unwrap_err();
        assert!(matches!(refused, Refused::Unreadable { .. }), "{refused}");
        let endless = dir.path().join("endless.csv");
        std::fs::write(&endless, "domain\n").unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(&endless).unwrap();
        file.set_len(1 << 30).unwrap();
        let refused = world.import_file(MAIL_DOMAINS, &endless, false).await.unwrap_err();
        assert!(refused.to_string().contains("longer than 65536 bytes"), "{refused}");
        assert!(current(&world).await.is_empty());
        let left =
            "SELECT (SELECT count(*) FROM import_row) + (SELECT count(*) FROM register_company)";
        assert_eq!(count(&world, left).await, 0, "leftovers on {}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_20_bad_rows_are_shown_and_all_are_counted() {
    let world = World::sqlite().await;
    let rows: String = (0..3_000).map(|n| format!("{n} x\n")).collect();
    let refused = world.import(MAIL_DOMAINS, format!("domain\n{rows}")).await.unwrap_err();
    let Refused::BadRows(report) = &refused else { panic!("{refused}") };
    assert_eq!((report.n_rows, report.n_bad, report.bad.len()), (3_000, 3_000, 20));
    assert!(refused.to_string().ends_with("and 2980 more"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_of_other_systems_and_quotes_are_read() {
    on_each_engine(async |world| {
        let bytes = "\u{feff}region_code,country_name,market_region,currency_code\r\n\
                     ES,\"Spain, \"\"España\"\"\",EUROPE,EUR\r\nXK,Kosovo,EUROPE,\r\n";
        let done = world.import(MARKETS, bytes).await.unwrap();
        assert_eq!((done.n_rows, done.file_sha256.len()), (2, 64));
        let call = domain::Call::system("test world");
        let read = async |view: &store::View| {
            let spain = "ES".parse().unwrap();
            Ok(view.facts().markets.name(&spain).map(str::to_owned))
        };
        let name = world.app.db.read(&call, read).await.unwrap();
        assert_eq!(name.as_deref(), Some("Spain, \"España\""));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_import_leaves_an_entry_and_a_dry_run_none() {
    on_each_engine(async |world| {
        let operator = world.platform(&[Role::Operator]).await;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("markets.csv");
        std::fs::write(&path, SHIPPED).unwrap();
        let done = world.import_file(MARKETS, &path, true).await.unwrap();
        assert!(done.n_rows == 242 && done.current.is_none());
        assert!(current(&world).await.is_empty());
        world.import_file(MARKETS, &path, false).await.unwrap();
        assert_eq!(current(&world).await, [("markets".to_owned(), 242)]);
        let entries = world.ledger(&operator).await;
        let imported: Vec<_> =
            entries.iter().filter(|it| happened(it) == "TableImported").collect();
        assert_eq!(imported.len(), 1, "{}", world.engine);
        let entry = format!("{:?}", imported[0]);
        assert!(entry.contains("pacta import markets") && entry.contains("imports/markets"));
    })
    .await;
}

/// Dies when so many rows are written.
struct Killed;

impl Progress for Killed {
    fn at(&mut self, _: u64, _: u64, rows: u64) {
        assert!(rows < 2_000, "killed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_leaves_the_old_table_and_the_next_one_clears_up() {
    on_each_engine(async |world| {
        world.import(MAIL_DOMAINS, "domain\nold.example\n").await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("domains.csv");
        let rows: String = (0..5_000).map(|n| format!("n{n}.example\n")).collect();
        std::fs::write(&path, format!("domain\n{rows}")).unwrap();
        let platform = server::operator::platform(&world.app).await.unwrap();
        let db = world.app.db.clone();
        let killed = tokio::spawn(async move {
            imports::run(&db, MAIL_DOMAINS, &path, false, platform, &mut Killed).await.is_ok()
        });
        assert!(killed.await.unwrap_err().is_panic());
        assert_eq!(current(&world).await, [("mail-domains".to_owned(), 1)]);
        let rows = "SELECT count(*) FROM import_row";
        assert_eq!(count(&world, rows).await, 2_001, "{}", world.engine);
        world.import(MAIL_DOMAINS, "domain\nnew.example\nnewer.example\n").await.unwrap();
        assert_eq!(count(&world, rows).await, 2, "{}", world.engine);
        assert_eq!(current(&world).await, [("mail-domains".to_owned(), 2)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_call_of_every_server_uses_the_new_table() {
    let url = postgres::fresh_database().await;
    let (one, two) = (World::on(url.clone()).await, World::on(url).await);
    let start = async |world: &World| {
        // The two worlds count their labels apart.
        let stem = if std::ptr::eq(world, &one) { "one" } else { "two" };
        let who = world.company(stem, "ES").await;
        let request = who.asks(api::enrollment::v1::StartEnrollmentRequest::default());
        world.enrollment().start_enrollment(request).await.map_err(|err| it::reason(&err))
    };
    start(&two).await.unwrap();
    let before = two.app.db.facts();
    one.import(MARKETS, without_spain()).await.unwrap();
    assert_eq!(start(&two).await.unwrap_err(), "REGION_NOT_SERVED");
    assert_eq!(start(&one).await.unwrap_err(), "REGION_NOT_SERVED");
    assert!(!std::sync::Arc::ptr_eq(&before, &two.app.db.facts()));
    let kept = two.app.db.facts();
    two.import(MARKETS, SHIPPED).await.unwrap();
    start(&one).await.unwrap();
    start(&two).await.unwrap();
    assert!(!std::sync::Arc::ptr_eq(&kept, &two.app.db.facts()));
    let kept = two.app.db.facts();
    start(&two).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&kept, &two.app.db.facts()), "read once for each generation");
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_a_country_that_is_removed_stops_new_purchases_and_nothing_else() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "ES").await;
        let name = world.authorise(&customer, &reseller, &provider).await.name;
        let attest = api::agreements::v1::AttestCustomerAgreementRequest {
            customer: name.clone(),
            signer_given_name: "Beat".to_owned(),
            signer_family_name: "Zbinden".to_owned(),
            signer_email: "beat@bluewin.example".to_owned(),
            sign_date: "2026-11-24".to_owned(),
            ..Default::default()
        };
        let asked = provider.anna.asks(attest);
        world.agreements().attest_customer_agreement(asked).await.unwrap();
        let order_system = world.staff().await.order_system.clone();
        let all = (&provider, &reseller, name.as_str());
        let asks = async |operation| blockers(&world, &order_system, all, operation).await;
        assert!(asks(OrderOperation::NewPurchase).await.is_empty());
        world.import(MARKETS, without_spain()).await.unwrap();
        let blocking = asks(OrderOperation::NewPurchase).await;
        assert!(!blocking.is_empty(), "{}", world.engine);
        let is_market = |it: &String| it.contains("market") || it.contains("region");
        assert!(blocking.iter().all(is_market), "{blocking:?} on {}", world.engine);
        assert!(asks(OrderOperation::ManageExisting).await.is_empty(), "{}", world.engine);
        // The company goes on keeping its places.
        let mut address = it::cast::address_in("ES");
        address.address_lines = vec!["Calle de Alcala 43".to_owned()];
        let request = AddLocationRequest {
            display_name: "Second office".to_owned(),
            address: Some(address),
            ..AddLocationRequest::default()
        };
        world.enrollment().add_location(reseller.anna.asks(request)).await.unwrap();
        world.import(MARKETS, SHIPPED).await.unwrap();
        assert!(asks(OrderOperation::NewPurchase).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e10_the_holidays_in_force_at_the_start_decide() {
    on_each_engine(async |world| {
        let clock = async |firm: &it::cast::Firm| {
            let request = GetEnrollmentRequest { name: format!("{}/enrollment", firm.partner) };
            let asked = world.enrollment().get_enrollment(firm.anna.asks(request)).await;
            asked.unwrap().into_inner().enrollment.unwrap().review.unwrap().expected_by_time
        };
        let first = world.reseller("primera", "ES", Stage::InReview).await;
        let expected = clock(&first).await;
        let rows = "region_code,date\nES,2026-11-25\nES,2026-11-26\n";
        world.import(HOLIDAYS, rows).await.unwrap();
        assert_eq!(clock(&first).await, expected, "a running review on {}", world.engine);
        let second = world.reseller("segunda", "ES", Stage::InReview).await;
        assert!(clock(&second).await.unwrap().seconds > expected.unwrap().seconds);
    })
    .await;
}
