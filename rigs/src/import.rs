//! A big company register: imported in bounded memory, and asked as fast as a small one.

use std::{
    fs,
    io::{BufWriter, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use api::enrollment::v1::LookupCompaniesRequest;
use imports::Kind;
use it::{Persona, World};
use store::sea_orm::{ConnectionTrait as _, DbBackend, Statement};

/// What the small register has.
const SMALL: usize = 20_000;
const ASKED: usize = 400;
const COUNTRIES: [&str; 8] = ["ES", "FR", "DE", "CH", "MX", "US", "PT", "IT"];
const FORMS: [&str; 6] = ["S.L.", "GmbH", "SA", "Ltd", "SARL", "AG"];

pub async fn run(n: usize, with_postgres: bool) {
    check(World::sqlite().await, n).await;
    if with_postgres {
        check(World::postgres().await, n).await;
    }
}

async fn check(world: World, n: usize) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("companies.csv");
    let who = world.company("register", "ES").await;
    let n_small = SMALL.min(n / 10).max(1);
    let mut p50 = Vec::new();
    for (round, n_rows) in [n_small, n].into_iter().enumerate() {
        let names = generate(&path, n_rows);
        let begun = Instant::now();
        let done = world.import_file(Kind::Companies, &path, false).await.unwrap();
        assert_eq!(done.n_rows, u64::try_from(n_rows).unwrap());
        println!(
            "import       {:8}  {n_rows} rows in {:.0} s; peak memory of the process {} MiB",
            world.engine,
            begun.elapsed().as_secs_f64(),
            peak_mib()
        );
        // Once to warm up.
        ask_all(&world, &who, &names).await;
        p50.push(ask_all(&world, &who, &names).await);
        plans(&world).await;
        let of = p50[round];
        println!("import       {:8}  {n_rows} rows: look-up by name p50 {of:?}", world.engine);
    }
    let ratio = p50[1].as_secs_f64() / p50[0].as_secs_f64();
    println!("import       {:8}  p50 at {n} is {ratio:.2} of that at {n_small}", world.engine);
    assert!(ratio <= 1.5 || n < 1_000_000, "{ratio}");
}

/// A word whose rank is random as in a language: the lower, the more frequent.
fn word(dice: &mut fastrand::Rng) -> String {
    let rank = 60_000_f64.powf(dice.f64()).floor();
    let mut rank = format!("{rank:.0}").parse::<usize>().unwrap();
    let mut word = String::new();
    while rank > 0 || word.len() < 4 {
        for letters in ["bcdfglmnprstvz", "aeiou"] {
            word.push(char::from(letters.as_bytes()[rank % letters.len()]));
            rank /= letters.len();
        }
    }
    word
}

/// Writes a register and answers some of its names, with their countries.
fn generate(path: &Path, n: usize) -> Vec<(String, &'static str)> {
    let mut dice = fastrand::Rng::with_seed(7);
    let mut file = BufWriter::new(fs::File::create(path).unwrap());
    let columns = "LEI,Entity.LegalName,Entity.LegalAddress.Country,Entity.LegalAddress.City,\
        Entity.LegalAddress.PostalCode,Entity.RegistrationAuthority.RegistrationAuthorityEntityID,\
        Entity.EntityStatus,DUNS";
    writeln!(file, "{columns}").unwrap();
    let mut asked = Vec::new();
    for row in 0..n {
        let name = format!("{} {} {}", word(&mut dice), word(&mut dice), word(&mut dice));
        let country = COUNTRIES[dice.usize(..COUNTRIES.len())];
        let form = FORMS[dice.usize(..FORMS.len())];
        // Spread as real ones are, and never twice.
        let spread = (row * 7_919) % 100_000_007;
        writeln!(
            file,
            "{spread:09}ACTAREG{:04},\"{name}, {form}\",{country},Ciudad,{:05},R{row},ACTIVE,{:09}",
            row % 10_000,
            row % 100_000,
            spread
        )
        .unwrap();
        if row % (n / ASKED).max(1) == 0 {
            asked.push((name, country));
        }
    }
    file.flush().unwrap();
    asked
}

/// The median of look-ups: by the beginning of a name and by its words the other way round, in
/// turn. Where every word is one of thousands, only some candidates are looked at and the answer
/// says so: at most one in ten.
async fn ask_all(world: &World, who: &Persona, names: &[(String, &str)]) -> Duration {
    let mut client = world.enrollment();
    let (mut took, mut n_cut) = (Vec::new(), 0);
    for (n, (name, country)) in names.iter().enumerate() {
        let turned: Vec<&str> = name.split(' ').rev().collect();
        let name = if n % 2 == 0 { name.clone() } else { turned.join(" ") };
        let region_code = (*country).to_owned();
        let request = LookupCompaniesRequest { name, region_code, ..Default::default() };
        let begun = Instant::now();
        let found = client.lookup_companies(who.asks(request)).await.unwrap().into_inner();
        took.push(begun.elapsed());
        let is_cut = n % 2 == 1 && found.has_more && found.companies.is_empty();
        assert!(is_cut || !found.companies.is_empty());
        n_cut += usize::from(is_cut);
    }
    assert!(n_cut * 10 <= names.len(), "{n_cut} of {} look-ups were cut short", names.len());
    took.sort();
    took[took.len() / 2]
}

/// Each look-up searches; none goes through the register.
async fn plans(world: &World) {
    let connection = world.app.db.connection();
    for sql in store::company_queries() {
        let is_sqlite = connection.get_database_backend() == DbBackend::Sqlite;
        // Values as they come in look-ups; a generation that is current has some number.
        let values = ["1", "'ES'", "'bab'", "'bac'", "'bad'", "'baf'", "'bag'"];
        let mut asked = sql.clone();
        let is_one_key = !asked.contains("$3");
        for (n, value) in values.iter().enumerate() {
            let value = if is_one_key && n == 1 { "'x'" } else { value };
            asked = asked.replace(&format!("${}", n + 1), value);
        }
        let explain = if is_sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let backend = connection.get_database_backend();
        let statement = Statement::from_string(backend, format!("{explain} {asked}"));
        for row in connection.query_all_raw(statement).await.unwrap() {
            let step: String = match is_sqlite {
                true => row.try_get("", "detail").unwrap(),
                false => row.try_get_by_index(0).unwrap(),
            };
            let scans = ["SCAN register", "SCAN c", "SCAN w", "Seq Scan"];
            assert!(!scans.iter().any(|it| step.contains(it)), "{asked}: {step}");
        }
    }
}

/// The most memory that this process ever had.
fn peak_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|it| it.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
