//! One import: a generation grows while the file is read, and becomes current or is cleared away.

use std::path::Path;

use domain::{Call, Result, facts::Table, id::CompanyId};
use event::{Event, TableImported, event::Kind as What};
use store::{
    COMPANIES, Chore, Db, ImportRow, Tries, Tx, Written, entity::import_generation::Model,
    entity::register_company,
};

use crate::{Bad, File, Progress, Refused, Report, Row, companies, tables};

/// Rows that are written together.
const CHUNK: usize = 1_000;

/// What can be imported into generations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Table(Table),
    Companies,
}

/// What came of an import.
#[derive(Debug)]
pub struct Done {
    pub n_rows: u64,
    pub file_sha256: String,
    /// The generation that is current now; none after a dry run.
    pub current: Option<Model>,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table(table) => table.as_str(),
            Self::Companies => COMPANIES,
        }
    }

    fn open(self, path: &Path) -> Result<File, Refused> {
        match self {
            Self::Table(table) => File::open(path, table.columns(), &[], false),
            Self::Companies => File::open(path, companies::REQUIRED, companies::OPTIONAL, true),
        }
    }
}

/// Rows that wait to be written.
enum Chunk {
    Table(Table, Vec<ImportRow>),
    Companies(Vec<register_company::Model>),
}

impl Chunk {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Table(table) => Self::Table(table, Vec::new()),
            Kind::Companies => Self::Companies(Vec::new()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Table(_, rows) => rows.len(),
            Self::Companies(rows) => rows.len(),
        }
    }

    fn add(&mut self, row: &Row, n_rows: u64) -> Result<(), Bad> {
        match self {
            Self::Table(table, rows) => {
                if n_rows > tables::most_rows(*table) {
                    let most = tables::most_rows(*table);
                    return Err(
                        row.bad("", format!("is one more than the {most} rows there may be"))
                    );
                }
                rows.push(tables::checked(*table, row)?);
            }
            Self::Companies(rows) => rows.push(companies::checked(row)?),
        }
        Ok(())
    }

    fn clear(&mut self) {
        match self {
            Self::Table(_, rows) => rows.clear(),
            Self::Companies(rows) => rows.clear(),
        }
    }

    async fn write(&mut self, db: &Db, generation: i64) -> Result<Written> {
        let chunk = &*self;
        let work = async |chore: &mut Chore| match chunk {
            Self::Table(_, rows) => chore.add_import_rows(generation, rows).await,
            Self::Companies(rows) => chore.add_register_companies(generation, rows.clone()).await,
        };
        let written = db.maintain("import rows", work).await?;
        self.clear();
        Ok(written)
    }
}

/// Imports a file for the vendor's own company, `platform`. A dry run does everything but the last
/// step.
pub async fn run(
    db: &Db,
    kind: Kind,
    path: &Path,
    is_dry: bool,
    platform: CompanyId,
    progress: &mut dyn Progress,
) -> Result<Done, Refused> {
    let mut file = kind.open(path)?;
    let name = path.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let principal = principal(kind);
    let begin = async |chore: &mut Chore| chore.begin_import(kind.as_str(), &name, principal).await;
    let generation = db.maintain("begin import", begin).await?;
    clear(db, kind).await?;
    let loaded = load(db, kind, &mut file, generation, progress).await;
    let current = match (&loaded, is_dry) {
        (Ok(n_rows), false) => {
            let sha256 = file.sha256();
            flip(db, principal, generation, *n_rows, &sha256, platform).await
        }
        (Ok(_), true) | (Err(_), _) => Ok(None),
    };
    if !matches!(current, Ok(Some(_))) {
        let abandon = async |chore: &mut Chore| chore.abandon_import(generation).await;
        db.maintain("abandon import", abandon).await?;
    }
    clear(db, kind).await?;
    let (n_rows, current) = (loaded?, current?);
    if current.is_none() && !is_dry {
        return Err(Refused::Overtaken);
    }
    Ok(Done { n_rows, file_sha256: file.sha256(), current })
}

fn principal(kind: Kind) -> &'static str {
    match kind {
        Kind::Companies => "pacta import companies",
        Kind::Table(Table::Markets) => "pacta import markets",
        Kind::Table(Table::Calendars) => "pacta import calendars",
        Kind::Table(Table::Holidays) => "pacta import holidays",
        Kind::Table(Table::MailDomains) => "pacta import mail-domains",
    }
}

/// Reads the whole file into the generation.
async fn load(
    db: &Db,
    kind: Kind,
    file: &mut File,
    generation: i64,
    progress: &mut dyn Progress,
) -> Result<u64, Refused> {
    let mut report = Report::default();
    let mut chunk = Chunk::of(kind);
    while let Some(row) = file.next_row() {
        report.n_rows += 1;
        let added = row.and_then(|row| chunk.add(&row, report.n_rows));
        if let Err(bad) = added {
            report.add(bad);
        }
        if chunk.len() >= CHUNK {
            write(db, generation, &mut chunk, &mut report).await?;
            let (bytes, of) = file.progress();
            progress.at(bytes, of, report.n_rows);
        }
    }
    write(db, generation, &mut chunk, &mut report).await?;
    let (bytes, of) = file.progress();
    progress.at(bytes, of, report.n_rows);
    match report.n_rows {
        0 => Err(Refused::NoRows),
        _ if !report.is_clean() => Err(Refused::BadRows(report)),
        n_rows => Ok(n_rows),
    }
}

/// Writes a chunk, unless nothing will come of it anyway.
async fn write(
    db: &Db,
    generation: i64,
    chunk: &mut Chunk,
    report: &mut Report,
) -> Result<(), Refused> {
    if !report.is_clean() {
        chunk.clear();
        return Ok(());
    }
    match chunk.write(db, generation).await? {
        Written::All => Ok(()),
        Written::Overtaken => Err(Refused::Overtaken),
        Written::Twice(lines) => {
            for (line, first) in lines {
                let what = format!("has the same key as line {first}");
                let line = u64::try_from(line).unwrap_or_default();
                report.add(Bad { line, column: String::new(), what });
            }
            Ok(())
        }
    }
}

/// Makes the generation current, with its ledger entry.
async fn flip(
    db: &Db,
    principal: &'static str,
    generation: i64,
    n_rows: u64,
    sha256: &str,
    platform: CompanyId,
) -> Result<Option<Model>> {
    db.settle_imports().await?;
    let call = Call::system(principal);
    let mut tries = Tries::default();
    loop {
        let mut made = None;
        let write = async |tx: &mut Tx| {
            let Some(row) = tx.make_current(generation, sha256).await? else {
                return Err(domain::Error::not_found());
            };
            let what = TableImported {
                table: row.kind.clone(),
                generation: generation.to_string(),
                rows: n_rows.to_string(),
                file_sha256: sha256.to_owned(),
            };
            let event =
                Event::of(format!("imports/{}", row.kind), What::TableImported(what.clone()));
            tx.record(event, &[platform]);
            made = Some(row);
            Ok(what)
        };
        match db.write(&call, write).await {
            Ok(_) => return Ok(made),
            Err(err) if err.reason == domain::Reason::ResourceNotFound => return Ok(None),
            Err(err) if tries.another(&err).await => {}
            Err(err) => return Err(err),
        }
    }
}

/// Takes away what is no longer current and what never was.
async fn clear(db: &Db, kind: Kind) -> Result<()> {
    let work = async |chore: &mut Chore| chore.clear_imports(kind.as_str()).await;
    while db.maintain("clear import", work).await? {}
    Ok(())
}
