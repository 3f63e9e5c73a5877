//! `pacta import`: tables and companies from CSV files, and what of them is in force.

use std::{
    error::Error,
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use domain::{Call, facts::Table};
use imports::{Kind, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{app::App, members, operator, partner_ids, say};

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// The company register: GLEIF's golden copy, with a column DUNS where numbers are known.
    Companies(Source),
    /// Countries: `region_code,country_name,market_region,currency_code`.
    Markets(Source),
    /// Holidays: `region_code,date`.
    Holidays(Source),
    /// Zones and weekends: `region_code,time_zone,weekend`.
    Calendars(Source),
    /// Web mail and throw-away domains: `domain`.
    MailDomains(Source),
    /// Companies that take part in the programme already: each gets its first global admin, whose
    /// one-time password is printed once, and a DRAFT that is approved with its support data.
    Members {
        /// A CSV file in UTF-8, with a header.
        file: PathBuf,
    },
    /// Places of business with PartnerIDs given elsewhere, of companies that are here:
    /// `company,global_partner_id,partner_id,display_name,region_code,postal_code,`
    /// `administrative_area,locality,address_line_1,address_line_2`.
    PartnerIds(Source),
    /// Show what is in force, since when, and from which file.
    Status,
}

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Source {
    /// The CSV file, in UTF-8.
    file: PathBuf,
    /// Check everything and change nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(
    app: &App,
    what: ImportCommand,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (kind, source) = match what {
        ImportCommand::Companies(it) => (Kind::Companies, it),
        ImportCommand::Markets(it) => (Kind::Table(Table::Markets), it),
        ImportCommand::Holidays(it) => (Kind::Table(Table::Holidays), it),
        ImportCommand::Calendars(it) => (Kind::Table(Table::Calendars), it),
        ImportCommand::MailDomains(it) => (Kind::Table(Table::MailDomains), it),
        ImportCommand::Members { file } => return members(app, &file).await,
        ImportCommand::PartnerIds(it) => return partner_ids(app, &it).await,
        ImportCommand::Status => return status(app).await,
    };
    let platform = operator::platform(app).await?;
    let mut progress = Shown::new();
    let Source { file, dry_run } = source;
    let done = imports::run(&app.db, kind, &file, dry_run, platform, &mut progress).await;
    progress.end();
    let done = done?;
    let name = kind.as_str();
    say(match done.current {
        Some(_) => format!("{name}: {} rows are in force", done.n_rows),
        None => format!("{name}: {} rows are good; nothing was changed", done.n_rows),
    });
    say(format!("SHA-256 of the file: {}", done.file_sha256));
    Ok(())
}

async fn partner_ids(app: &App, source: &Source) -> Result<(), Box<dyn Error + Send + Sync>> {
    let done = partner_ids::import(app, &source.file, source.dry_run).await?;
    say(format!(
        "partner-ids: {} added, {} activated, {} there already{}",
        done.n_added,
        done.n_activated,
        done.n_present,
        if source.dry_run { "; nothing was changed" } else { "" }
    ));
    Ok(())
}

async fn members(app: &App, file: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let shown = |it: &members::Imported, password: &domain::Secret| {
        say(format!("{}  {}  {}", it.partner, it.sign_in_name, password.expose()));
    };
    match members::import(app, file, shown).await? {
        members::Outcome::Imported { n_new, n_present } => {
            say(format!("imported {n_new}, there already {n_present}"));
            Ok(())
        }
        members::Outcome::Refused(faults) => {
            for fault in &faults {
                say(fault);
            }
            Err(format!("nothing was imported: {} faults", faults.len()).into())
        }
    }
}

async fn status(app: &App) -> Result<(), Box<dyn Error + Send + Sync>> {
    let call = Call::system("pacta import status");
    let rows = app.db.read(&call, async |view| view.current_imports().await).await?;
    let tables = Table::ALL.map(|it| (it.as_str(), "as shipped"));
    for (kind, otherwise) in tables.into_iter().chain([(store::COMPANIES, "none")]) {
        let Some(row) = rows.iter().find(|it| it.kind == kind) else {
            say(format!("{kind:13} {otherwise}"));
            continue;
        };
        let since = row.effect_time.map(|it| it.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        say(format!(
            "{kind:13} generation {}, {} rows, since {}, by `{}`, from {}, SHA-256 {}",
            row.id,
            row.n_rows,
            since.unwrap_or_default(),
            row.principal,
            row.file_name,
            row.file_sha256
        ));
    }
    Ok(())
}

/// A bar on a terminal; elsewhere a line for every tenth of the file.
struct Shown {
    bar: Option<ProgressBar>,
    n_tenths: u64,
}

impl Shown {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}  {eta} left");
            let bar = ProgressBar::new(0);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, n_tenths: 0 }
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Shown {
    fn at(&mut self, bytes: u64, of: u64, rows: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(of);
            bar.set_position(bytes);
            bar.set_message(format!("{rows} rows"));
            return;
        }
        let n_tenths = bytes.saturating_mul(10).checked_div(of).unwrap_or_default();
        if n_tenths > self.n_tenths {
            self.n_tenths = n_tenths;
            say(format!("{rows} rows, {} %", n_tenths * 10));
        }
    }
}
