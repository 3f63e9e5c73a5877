//! What an operator can set: by file, by environment (`PACTA_...`), by flag, the later winning.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf};

use domain::Secret;
use serde::{Deserialize, Deserializer};

use crate::spiffe;

/// The configuration of one process. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Folder of the SQLite file.
    pub data: PathBuf,
    /// PostgreSQL instead of the SQLite file. May hold a password, hence a secret.
    #[serde(default, deserialize_with = "secret")]
    pub database: Option<Secret>,
    /// Greatest number of connections of each of the two PostgreSQL pools.
    pub database_connections: u32,
    /// Which services to offer; all when empty.
    #[serde(default)]
    pub service: Vec<String>,
    /// Certificate chain in PEM. Without it the server listens on loopback only.
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's key in PEM.
    pub tls_key: Option<PathBuf>,
    /// Authorities that vouch for internal services, in PEM.
    pub tls_client_ca: Option<PathBuf>,
    /// Internal services that are let in by their certificates.
    #[serde(default)]
    pub internal_service: Vec<InternalService>,
    /// How often the TLS files and the file of the evidence keys are looked at for new ones, in seconds.
    pub reload_seconds: u64,
    /// Greatest number of connections.
    pub connections: usize,
    /// The same from one address, or from one IPv6 network.
    pub connections_per_address: usize,
    /// The same from one IPv6 /48, which is a site of many networks; four times as many as from an
    /// address when not said.
    pub connections_per_site: Option<usize>,
    /// How long a connection may be without a call, in seconds.
    pub idle_seconds: u64,
    /// After how long without a call a connection makes room when there is none, in seconds: the one
    /// that has been so longest.
    pub idle_seconds_when_full: u64,
    /// How long a TLS handshake may take, in seconds.
    pub handshake_seconds: u64,
    /// How long a new connection may take to say that it speaks HTTP/2, in seconds.
    pub first_frame_seconds: u64,
    /// Issuers of OpenID Connect tokens by whose word people of external directories are let in.
    #[serde(default)]
    pub issuer: Vec<issuers::Settings>,
    /// How many calls a minute somebody may make, by quota class.
    pub quota: Quota,
    /// Domain under which companies of the local directory live.
    pub directory_domain: String,
    /// File of the key that mailed links follow from; `pacta.key` in the data folder for the SQLite
    /// file, to be named for PostgreSQL.
    pub key_file: Option<PathBuf>,
    /// File of the keys that evidence is signed with; `evidence.key` beside the key file.
    pub evidence_key_file: Option<PathBuf>,
    /// Mail server: `smtps://HOST[:PORT]` for TLS, `smtp://HOST[:PORT]` for STARTTLS, or
    /// `smtp+plain://127.0.0.1:PORT` within one machine. Without it mails go to the mailbox folder.
    pub smtp: Option<String>,
    /// Authorities that the mail server's certificate is held against, in PEM, instead of the
    /// public ones.
    pub smtp_ca: Option<PathBuf>,
    /// File with user and password for the mail server, a line each; its mode is 600.
    pub smtp_credentials: Option<PathBuf>,
    /// Folder that mails are put into; `mailbox` in the data folder when not named.
    pub mailbox: Option<PathBuf>,
    /// Whether this process sends mails and does what falls due.
    pub deliver: bool,
    /// Address that mails come from.
    pub mail_sender: String,
    /// Where the links in mails lead; the secret follows behind a `#`.
    pub link_base: String,
    /// Whom tokens that others sign have to be meant for (`aud`): an address of this installation's
    /// own; `link_base` when not named.
    pub audience: Option<String>,
    /// Life of an invitation in days, 1 to 90.
    pub invitation_days: i64,
    /// How many invitations a company makes a day, of both kinds together.
    pub invitations_daily: u32,
    /// How long a stop waits for calls under way, in seconds.
    pub drain_seconds: u64,
    /// `text`, `json`, or `auto`: text on a terminal.
    pub log: String,
}

/// Allowances by quota class.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Of RPCs without a class of their own.
    pub general: Allowance,
    /// Proofs of identity: sign-in, passwords, accounts, links; its addresses also bound how many wrong
    /// credentials one of them may show.
    pub identity: Allowance,
    /// What sends mail to strangers.
    pub mail: Allowance,
    /// What is asked for every order.
    pub hot: Allowance,
}

/// Calls a minute, and as many at once after a quiet one.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Of one person or machine.
    pub principal: NonZeroU32,
    /// Of a company.
    pub company: NonZeroU32,
    /// Of an address, or an IPv6 network, for callers who do not say who they are.
    pub address: NonZeroU32,
}

impl Quota {
    pub(crate) fn allowances(self) -> gate::Allowances {
        let of = |it: Allowance| {
            let Allowance { principal, company, address } = it;
            gate::Allowance { principal, company, address }
        };
        gate::Allowances {
            general: of(self.general),
            identity: of(self.identity),
            mail: of(self.mail),
            hot: of(self.hot),
        }
    }
}

/// An internal service that proves who it is by a certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternalService {
    /// The one URI in its certificate, letter by letter.
    pub spiffe: String,
    /// Platform roles.
    pub roles: Vec<String>,
}

const DEFAULTS: &str = r#"
listen = "127.0.0.1:50051"
data = "pacta-data"
database_connections = 16
reload_seconds = 10
connections = 4096
connections_per_address = 128
idle_seconds = 900
idle_seconds_when_full = 10
handshake_seconds = 5
first_frame_seconds = 5
directory_domain = "work.pacta.example"
deliver = true
mail_sender = "no-reply@pacta.example"
link_base = "https://pacta.example"
invitation_days = 30
invitations_daily = 5000
drain_seconds = 10
log = "auto"

[quota]
general = { principal = 1200, company = 6000, address = 1200 }
identity = { principal = 120, company = 600, address = 300 }
mail = { principal = 60, company = 300, address = 60 }
hot = { principal = 120000, company = 240000, address = 1200 }
"#;

/// The flags that override file and environment.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Configuration file (TOML).
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, global = true)]
    pub listen: Option<String>,
    /// Folder of the SQLite file.
    #[arg(long, global = true)]
    pub data: Option<PathBuf>,
    /// PostgreSQL URL, instead of the SQLite file.
    #[arg(long, global = true)]
    pub database: Option<String>,
    /// File of the key that mailed links follow from.
    #[arg(long, global = true)]
    pub key_file: Option<PathBuf>,
    /// Offer this service only (repeatable): users, enrollment, agreements, relationships,
    /// changes.
    #[arg(long, global = true)]
    pub service: Vec<String>,
}

impl Config {
    pub fn load(flags: &Flags) -> Result<Self, config::ConfigError> {
        let format = config::FileFormat::Toml;
        let mut layers =
            config::Config::builder().add_source(config::File::from_str(DEFAULTS, format));
        if let Some(path) = &flags.config {
            layers = layers.add_source(config::File::from(path.as_path()).format(format));
        }
        let environment = config::Environment::with_prefix("PACTA").try_parsing(true);
        layers = layers
            .add_source(environment.list_separator(",").with_list_parse_key("service"))
            .set_override_option("listen", flags.listen.clone())?
            .set_override_option("data", flags.data.as_ref().map(|it| it.display().to_string()))?
            .set_override_option("database", flags.database.clone())?
            .set_override_option(
                "key_file",
                flags.key_file.as_ref().map(|it| it.display().to_string()),
            )?;
        if !flags.service.is_empty() {
            layers = layers.set_override("service", flags.service.clone())?;
        }
        let config: Self = layers.build()?.try_deserialize()?;
        config.check().map_err(|words| config::ConfigError::Message(words.to_owned()))?;
        Ok(config)
    }

    /// The key file, and whether a missing one may be made.
    pub fn key_file(&self) -> (PathBuf, bool) {
        let own = || (self.data.join("pacta.key"), true);
        self.key_file.clone().map_or_else(own, |it| (it, false))
    }

    /// The file of the evidence keys, and whether a missing one may be made: several servers of one
    /// PostgreSQL database have to share one.
    pub fn evidence_key_file(&self) -> (PathBuf, bool) {
        let (key_file, may_be_made) = self.key_file();
        let own = || key_file.with_file_name("evidence.key");
        (self.evidence_key_file.clone().unwrap_or_else(own), may_be_made)
    }

    /// Greatest number of connections from one IPv6 /48.
    pub fn connections_per_site(&self) -> usize {
        let own = self.connections_per_site;
        own.unwrap_or_else(|| self.connections_per_address.saturating_mul(4))
    }

    /// Whom tokens have to be meant for.
    pub fn audience(&self) -> &str {
        self.audience.as_deref().unwrap_or_else(|| self.link_base.trim_end_matches('/'))
    }

    /// The folder that mails are put into.
    pub fn mailbox(&self) -> PathBuf {
        self.mailbox.clone().unwrap_or_else(|| self.data.join("mailbox"))
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            return Err("tls_certificate and tls_key belong together");
        }
        if self.tls_certificate.is_none() && !self.listen.ip().is_loopback() {
            return Err("without tls_certificate the server listens on loopback only");
        }
        self.check_services()?;
        if !(1..=self.connections).contains(&self.connections_per_address) {
            return Err("connections_per_address lies between 1 and connections");
        }
        if self.connections_per_site() < self.connections_per_address {
            return Err("connections_per_site is no less than connections_per_address");
        }
        let seconds = [
            self.handshake_seconds,
            self.first_frame_seconds,
            self.idle_seconds,
            self.idle_seconds_when_full,
            self.reload_seconds,
        ];
        if !seconds.iter().all(|it| (1..=3600).contains(it)) {
            return Err("times of connections lie between 1 and 3600 seconds");
        }
        if !["auto", "text", "json"].contains(&self.log.as_str()) {
            return Err("log is auto, text or json");
        }
        if !(1..=90).contains(&self.invitation_days) {
            return Err("invitation_days lies between 1 and 90");
        }
        let sender: Result<domain::EmailAddress, _> = self.mail_sender.parse();
        if sender.is_err() {
            return Err("mail_sender is an e-mail address");
        }
        let is_link = |it: &str| self.link_base.starts_with(it) && self.link_base.len() > it.len();
        if !is_link("https://") && !is_link("http://") || self.link_base.contains(['#', ' ']) {
            return Err("link_base is an https or http URL");
        }
        let audience = self.audience();
        let is_one = |it: &str| !it.is_empty() && it.len() <= 255 && it.is_ascii();
        if !is_one(audience) || audience.contains(|it: char| it <= ' ' || it == '\u{7f}') {
            return Err("audience is a name in printable ASCII, such as https://pacta.example");
        }
        if self.database.is_some() && self.key_file.is_none() {
            return Err("a PostgreSQL database needs a key_file, which `pacta key` makes");
        }
        if self.smtp.is_none() && (self.smtp_ca.is_some() || self.smtp_credentials.is_some()) {
            return Err("smtp_ca and smtp_credentials need smtp");
        }
        let known = |it: &String| crate::app::SERVICES.contains(&it.as_str());
        match self.service.iter().all(known) {
            true => Ok(()),
            false => Err("service names an unknown service"),
        }
    }

    fn check_services(&self) -> Result<(), &'static str> {
        if self.tls_client_ca.is_some() && self.tls_certificate.is_none() {
            return Err("tls_client_ca needs tls_certificate");
        }
        if self.tls_client_ca.is_none() && !self.internal_service.is_empty() {
            return Err("internal_service needs tls_client_ca");
        }
        let is_platform = |it: &String| domain::Role::of(it).is_some_and(|role| role.is_platform());
        let mut names: Vec<&str> = Vec::new();
        for it in &self.internal_service {
            if !spiffe::is_of_workload(&it.spiffe) {
                return Err("spiffe is the SPIFFE id of one workload, spiffe://DOMAIN/PATH");
            }
            if names.contains(&it.spiffe.as_str()) {
                return Err("internal_service names a SPIFFE id twice");
            }
            if it.roles.is_empty() || !it.roles.iter().all(is_platform) {
                return Err("the roles of an internal_service are platform roles, at least one");
            }
            names.push(&it.spiffe);
        }
        Ok(())
    }
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(Secret::new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_for_loopback_and_secrets_are_masked() {
        let flags = |listen: &str| Flags {
            listen: Some(listen.to_owned()),
            database: Some("postgres://u:hunter2@db/x".to_owned()),
            key_file: Some("pacta.key".into()),
            ..Flags::default()
        };
        let config = Config::load(&flags("127.0.0.1:0")).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(Config::load(&flags("0.0.0.0:1")).is_err());
    }

    #[test]
    fn what_every_mail_would_fail_by_stops_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pacta.toml");
        for (text, names) in
            [("mail_sender = \"no reply\"", "mail_sender"), ("link_base = \"pacta\"", "link_base")]
        {
            std::fs::write(&path, text).unwrap();
            let flags = Flags { config: Some(path.clone()), ..Flags::default() };
            assert!(Config::load(&flags).unwrap_err().to_string().contains(names), "{text}");
        }
    }

    #[test]
    fn a_site_has_room_for_at_least_one_address_and_idle_times_are_times() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pacta.toml");
        let load = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Config::load(&Flags { config: Some(path.clone()), ..Flags::default() })
        };
        assert_eq!(load("").unwrap().connections_per_site(), 512);
        assert_eq!(load("connections_per_address = 4096").unwrap().connections_per_site(), 16_384);
        assert_eq!(load("connections_per_site = 128").unwrap().connections_per_site(), 128);
        for (text, names) in [
            ("connections_per_site = 127", "connections_per_site"),
            ("idle_seconds = 0", "times of connections"),
            ("idle_seconds = 3601", "times of connections"),
            ("idle_seconds_when_full = 0", "times of connections"),
        ] {
            let err = load(text).unwrap_err().to_string();
            assert!(err.contains(names), "{text}: {err}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pacta.toml");
        std::fs::write(&path, "lisen = \"127.0.0.1:1\"").unwrap();
        let flags = Flags { config: Some(path), ..Flags::default() };
        assert!(Config::load(&flags).unwrap_err().to_string().contains("lisen"));
    }
}
