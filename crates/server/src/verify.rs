//! `pacta verify`: what is checked off-line, with nothing but files.

use std::{fs, path::PathBuf};

use agreements::{KnownKeys, verify_evidence};
use api::agreements::v1::EvidenceStatement;
use clap::Subcommand;
use sha2::{Digest as _, Sha256};

use crate::say;

#[derive(Debug, Subcommand)]
pub enum VerifyCommand {
    /// An evidence pack, as DownloadEvidencePack streams it: shows what it states.
    Evidence {
        /// The pack.
        file: PathBuf,
        /// The public keys, as `pacta evidence-key publish` writes them.
        #[arg(long)]
        keys: PathBuf,
        /// The document that was accepted, to be held against its hash.
        #[arg(long)]
        document: Option<PathBuf>,
    },
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

pub fn run(what: &VerifyCommand) -> Result<(), Failure> {
    let VerifyCommand::Evidence { file, keys, document } = what;
    let known = KnownKeys::read(&fs::read_to_string(keys)?)?;
    let statement = verify_evidence(&fs::read(file)?, &known)?;
    if let Some(path) = document {
        let hash = statement.document.as_ref().map(|it| it.content_sha256.clone());
        if hash.unwrap_or_default() != Sha256::digest(fs::read(path)?).to_vec() {
            return Err("the document is another one than was accepted".into());
        }
    }
    say("the evidence is good");
    for (name, value) in lines(&statement) {
        say(format!("{name:22}{value}"));
    }
    Ok(())
}

/// What people ask first.
fn lines(it: &EvidenceStatement) -> Vec<(&'static str, String)> {
    let document = it.document.clone().unwrap_or_default();
    let signer = it.signer.clone().unwrap_or_default();
    let company = it.company.clone().unwrap_or_default();
    let authentication = it.authentication.clone().unwrap_or_default();
    let ledger = it.ledger.clone().unwrap_or_default();
    let hex = |bytes: &[u8]| bytes.iter().map(|it| format!("{it:02x}")).collect::<String>();
    let time = |it: &Option<prost_types::Timestamp>| {
        it.as_ref().map_or_else(|| "never".to_owned(), ToString::to_string)
    };
    vec![
        ("acceptance", it.acceptance.clone()),
        ("version", format!("{} ({})", it.version, it.version_display_name)),
        ("document", format!("{} {}", document.language_code, document.media_type)),
        ("document SHA-256", hex(&document.content_sha256)),
        ("signer", format!("{} {} <{}>", signer.given_name, signer.family_name, signer.email)),
        ("signer's identity", format!("{} at {}", signer.subject, signer.issuer)),
        ("signer's roles", signer.roles.join(" ")),
        ("for", format!("{} {}", company.legal_name, company.company)),
        ("country, PartnerID", format!("{} {}", company.region_code, company.partner_id)),
        (
            "authenticated",
            format!("{}, {}", authentication.methods.join(" "), time(&authentication.auth_time)),
        ),
        ("consent SHA-256", hex(&it.consent_text_sha256)),
        ("presented", time(&it.present_time)),
        ("downloaded", time(&it.download_time)),
        ("accepted", time(&it.accept_time)),
        ("from", format!("{} {}", it.peer_address, it.user_agent)),
        ("ledger", format!("{} #{}", ledger.entry, ledger.sequence)),
    ]
}
