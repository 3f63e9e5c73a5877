//! The subcommands of `pacta`.

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};
use domain::Clock;

use crate::{
    app,
    config::{Config, Flags},
    evidence_key,
    import::{self, ImportCommand},
    key,
    listen::{self, Listener},
    log,
    mail::{self, MailCommand},
    operator::{self, Person},
    say,
    token::{self, TokenCommand},
    tour,
    verify::{self, VerifyCommand},
};

/// The system of record for a two-tier sales channel.
#[derive(Debug, Parser)]
#[command(name = "pacta", version)]
pub struct Command {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Serve until SIGTERM or SIGINT.
    Serve,
    /// Send mails and do what falls due, without serving, until SIGTERM or SIGINT.
    Deliver,
    /// Bring the database up to date and stop.
    Migrate,
    /// Show the configuration in force, secrets masked.
    Config,
    /// People of the platform.
    Operator {
        #[command(subcommand)]
        what: OperatorCommand,
    },
    /// Tables and companies from files.
    Import {
        #[command(subcommand)]
        what: ImportCommand,
    },
    /// The product's mails, and those in the mailbox folder.
    Mail {
        #[command(subcommand)]
        what: MailCommand,
    },
    /// Make the key files, if they are missing.
    Key,
    /// The keys that evidence is signed with.
    EvidenceKey {
        #[command(subcommand)]
        what: EvidenceKeyCommand,
    },
    /// Keys and tokens of service accounts.
    Token {
        #[command(subcommand)]
        what: TokenCommand,
    },
    /// Verify off-line.
    Verify {
        #[command(subcommand)]
        what: VerifyCommand,
    },
    /// Show what is built, on a server and data of its own.
    Tour(tour::Arguments),
}

#[derive(Debug, Subcommand)]
enum EvidenceKeyCommand {
    /// Put a new key in the place of the current one; every server that runs publishes it at its next
    /// look at the file and signs with it from the look after. The old one's public part stays, so
    /// that what it signed still verifies.
    Rotate,
    /// Print the public keys as a JSON Web Key Set, for verifiers.
    Publish,
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Add a person to the vendor's own company; prints a one-time password.
    Create(Person),
    /// Give a person more platform roles.
    Grant {
        /// Whom.
        #[arg(long)]
        sign_in_name: String,
        /// Which role (repeatable).
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
    },
}

/// Does what the command line says. Failures go to standard error, exit code 1.
pub async fn run(command: Command) -> ExitCode {
    match dispatch(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "pacta: {err}");
            let mut source = err.source();
            while let Some(cause) = source {
                let _ = writeln!(std::io::stderr(), "  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(command: Command) -> Result<(), Box<dyn Error + Send + Sync>> {
    let config = Config::load(&command.flags)?;
    // The tour's own lines are what there is to read.
    let least = if matches!(command.what, What::Tour(_)) { "warn" } else { "info" };
    log::start(&config.log, least);
    match command.what {
        What::Serve => serve(&config).await,
        What::Deliver => {
            let app = app::connect(&config, Clock::system()).await?;
            tracing::info!(config = ?config, "delivering");
            app.deliver(&config, stop_signal()).await;
            Ok(())
        }
        What::Migrate => {
            app::connect(&config, Clock::system()).await?;
            say("the database is up to date");
            Ok(())
        }
        What::Config => {
            say(format!("{config:#?}"));
            Ok(())
        }
        What::Operator { what } => on_platform(&config, what).await,
        What::Import { what } => {
            import::run(&app::connect(&config, Clock::system()).await?, what).await
        }
        What::Mail { what } => mail::run(&config, what),
        What::Key => {
            let (path, _) = config.key_file();
            key::ensure(&path)?;
            say(format!("the key is in {}", path.display()));
            let (path, _) = config.evidence_key_file();
            evidence_key::ensure(&path)?;
            say(format!("the evidence key is in {}", path.display()));
            Ok(())
        }
        What::EvidenceKey { what } => on_evidence_key(&config, &what),
        What::Token { what } => token::run(&config, &what),
        What::Verify { what } => verify::run(&what),
        What::Tour(arguments) => tour::run(&arguments).await,
    }
}

fn on_evidence_key(
    config: &Config,
    what: &EvidenceKeyCommand,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (path, _) = config.evidence_key_file();
    match what {
        EvidenceKeyCommand::Rotate => {
            let keys = evidence_key::rotate(&path)?;
            let id = &keys.current().id;
            let seconds = 2 * config.reload_seconds;
            say(format!("evidence is signed with {id} within {seconds} seconds"));
        }
        EvidenceKeyCommand::Publish => say(evidence_key::load(&path)?.key_set().trim_end()),
    }
    Ok(())
}

async fn serve(config: &Config) -> Result<(), Box<dyn Error + Send + Sync>> {
    let app = app::connect(config, Clock::system()).await?;
    // A connection is a file, and the usual soft limit is lower than `connections`.
    listen::raise_open_files()?;
    let listener = Listener::bind(config.listen)?;
    tracing::info!(listen = %listener.local_addr()?, config = ?config, "serving");
    app.serve(config, listener, stop_signal()).await
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}

async fn on_platform(
    config: &Config,
    what: OperatorCommand,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let app = app::connect(config, Clock::system()).await?;
    match what {
        OperatorCommand::Create(person) => {
            let (name, password) = operator::create(&app, &person).await?;
            say(format!("sign-in name       {name}"));
            say(format!("one-time password  {}", password.expose()));
        }
        OperatorCommand::Grant { sign_in_name, roles } => {
            let roles: Option<Vec<domain::Role>> =
                roles.iter().map(|it| domain::Role::of(it).filter(|it| it.is_platform())).collect();
            let roles = roles.ok_or("not a platform role")?;
            operator::grant(&app, &sign_in_name, &roles).await?;
            say("done");
        }
    }
    Ok(())
}
