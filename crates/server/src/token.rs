//! `pacta token`: keys and tokens of service accounts, for those who have no library for it at hand.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use chrono::Duration;
use clap::Subcommand;
use credentials::{Algorithm, PrivateKey};
use domain::{Clock, Secret, Timestamp, service_account::TOKEN_LIFE};

use crate::{config::Config, key, say};

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a key pair: the private key goes into a new file of mode 600; the public one is printed,
    /// for AddServiceAccountKey.
    Key {
        /// The file to make.
        #[arg(long)]
        out: PathBuf,
        /// ES256 or EdDSA.
        #[arg(long, default_value = "ES256")]
        algorithm: String,
    },
    /// Print the public key of a private one.
    Public {
        /// File of the private key (PKCS #8, PEM), of mode 600.
        #[arg(long)]
        key: PathBuf,
    },
    /// Sign a token for a service account and print it; send it as `authorization: Bearer TOKEN`.
    Sign {
        /// File of the private key (PKCS #8, PEM), of mode 600.
        #[arg(long)]
        key: PathBuf,
        /// Whose token: `companies/{company}/serviceAccounts/{service account}`.
        #[arg(long)]
        account: String,
        /// Whom it is for: the account's `audience`, as its server shows it. It may be left out where
        /// the configuration says `audience`.
        #[arg(long)]
        audience: Option<String>,
        /// How long it is good, in seconds; 600 at most.
        #[arg(long, default_value_t = TOKEN_LIFE.num_seconds())]
        seconds: i64,
    },
}

pub fn run(config: &Config, what: &TokenCommand) -> Result<(), Box<dyn Error + Send + Sync>> {
    match what {
        TokenCommand::Key { out, algorithm } => {
            let algorithm = Algorithm::of(algorithm).ok_or("algorithm is ES256 or EdDSA")?;
            let pair = PrivateKey::generate(algorithm)?;
            key::create_with(out, &Secret::new(pair.expose_pem()?.trim_end()))?;
            // A file that is there stays as it is; its key is not the one that was made.
            let is_its = read(out)?.public().thumbprint() == pair.public().thumbprint();
            Some(()).filter(|()| is_its).ok_or("there is a key in this file already")?;
            say(pair.public().to_jwk());
        }
        TokenCommand::Public { key } => say(public(key)?),
        TokenCommand::Sign { key, account, audience, seconds } => {
            // Not what a server would take for its own: a platform's machine is not the server, and
            // would sign for an installation that it does not know.
            let audience = audience.as_deref().or(config.audience.as_deref());
            let audience =
                audience.ok_or("say --audience: the `audience` of the service account")?;
            say(sign(key, account, audience, Clock::system().now(), *seconds)?);
        }
    }
    Ok(())
}

/// The public key of the private one in a file, as a JWK.
pub fn public(key: &Path) -> Result<String, Box<dyn Error + Send + Sync>> {
    Ok(read(key)?.public().to_jwk())
}

/// A token for a service account, by the private key in a file.
pub fn sign(
    key: &Path,
    account: &str,
    audience: &str,
    now: Timestamp,
    seconds: i64,
) -> Result<String, Box<dyn Error + Send + Sync>> {
    if !(1..=TOKEN_LIFE.num_seconds()).contains(&seconds) {
        return Err("seconds lies between 1 and 600".into());
    }
    Ok(read(key)?.token(account, audience, now, Duration::seconds(seconds))?)
}

fn read(path: &Path) -> Result<PrivateKey, Box<dyn Error + Send + Sync>> {
    Ok(PrivateKey::from_pem(key::read_guarded(path)?.expose())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::Flags;

    #[test]
    fn a_key_is_for_its_owners_eyes_and_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config::load(&Flags::default()).unwrap();
        let out = dir.path().join("platform.pem");
        let make = TokenCommand::Key { out: out.clone(), algorithm: "EdDSA".to_owned() };
        run(&config, &make).unwrap();
        let mode = std::fs::metadata(&out).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let first = read(&out).unwrap().public().thumbprint();
        run(&config, &make).unwrap_err();
        assert_eq!(read(&out).unwrap().public().thumbprint(), first);
        std::fs::set_permissions(&out, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read(&out).is_err(), "a key that others may read is not used");
    }

    #[test]
    fn a_token_lives_for_at_most_ten_minutes() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config::load(&Flags::default()).unwrap();
        let key = dir.path().join("platform.pem");
        let algorithm = "ES256".to_owned();
        run(&config, &TokenCommand::Key { out: key.clone(), algorithm }).unwrap();
        for (seconds, good) in [(0, false), (1, true), (600, true), (601, false)] {
            let (key, account) = (key.clone(), "companies/x".to_owned());
            let audience = Some("https://pacta.example".to_owned());
            let sign = TokenCommand::Sign { key, account, audience, seconds };
            assert_eq!(run(&config, &sign).is_ok(), good, "{seconds}");
        }
    }

    #[test]
    fn nothing_is_signed_for_an_audience_that_nobody_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::load(&Flags::default()).unwrap();
        let key = dir.path().join("platform.pem");
        let algorithm = "ES256".to_owned();
        run(&config, &TokenCommand::Key { out: key.clone(), algorithm }).unwrap();
        let account = "companies/x".to_owned();
        let sign = TokenCommand::Sign { key, account, audience: None, seconds: 600 };
        let err = run(&config, &sign).unwrap_err().to_string();
        assert!(err.contains("--audience"), "{err}");
        config.audience = Some("https://pacta.example".to_owned());
        run(&config, &sign).unwrap();
    }
}
