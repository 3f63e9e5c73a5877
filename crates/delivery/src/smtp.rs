//! Hands letters to a mail server, over TLS, within a bounded time.

use std::{future::Future, net::IpAddr, time::Duration};

use domain::Secret;
use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::ClientId,
};

use crate::{Letter, Mailer, Refusal};

/// A mail server that takes letters off our hands. Every letter has a connection of its own, so that
/// one that sticks holds up no other.
#[derive(Clone)]
pub struct Smtp {
    relay: Relay,
    tls: Option<TlsParameters>,
    login: Option<Login>,
    hello: ClientId,
    patience: Patience,
}

/// Where the mail server is, and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    pub host: String,
    pub port: u16,
    pub cover: Cover,
}

/// What keeps a conversation private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything is said that matters, or nothing is sent.
    StartTls,
    /// Nothing; only within one machine.
    Loopback,
}

/// Who we are to the mail server.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: Secret,
    pub password: Secret,
}

/// How long a mail server may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer.
    pub step: Duration,
    /// For all of one letter; shorter than the lease, else a second worker would send it meanwhile.
    pub letter: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { step: Duration::from_secs(20), letter: Duration::from_secs(45) }
    }
}

/// How long a server that has taken a letter may take for its goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// What of the settings cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    #[error("smtp reads smtps://HOST[:PORT], smtp://HOST[:PORT] or smtp+plain://LOOPBACK:PORT")]
    Address,
    #[error("smtp names no user and no password; those belong in the file of smtp_credentials")]
    Login,
    #[error("smtp without TLS goes to a loopback address only")]
    NotLoopback,
    #[error("the certificates of smtp_ca cannot be used")]
    Certificates,
}

impl Relay {
    /// Reads `smtps://host:465`, `smtp://host:587` (STARTTLS) or `smtp+plain://127.0.0.1:25`.
    pub fn read(url: &str) -> Result<Self, SmtpError> {
        let (scheme, place) = url.split_once("://").ok_or(SmtpError::Address)?;
        let (cover, usual_port) = match scheme {
            "smtps" => (Cover::Tls, 465),
            "smtp" => (Cover::StartTls, 587),
            "smtp+plain" => (Cover::Loopback, 25),
            _ => return Err(SmtpError::Address),
        };
        let place = place.strip_suffix('/').unwrap_or(place);
        if place.contains('@') {
            return Err(SmtpError::Login);
        }
        let (host, port) = match place.strip_prefix('[').and_then(|it| it.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(SmtpError::Address)?)),
            None => place.split_once(':').map_or((place, None), |(it, port)| (it, Some(port))),
        };
        let port = port.map_or(Ok(usual_port), str::parse).map_err(|_| SmtpError::Address)?;
        let fits = |it: char| it.is_ascii_alphanumeric() || ".-:".contains(it);
        if host.is_empty() || !host.chars().all(fits) {
            return Err(SmtpError::Address);
        }
        let is_loopback = host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
        if cover == Cover::Loopback && !is_loopback {
            return Err(SmtpError::NotLoopback);
        }
        Ok(Self { host: host.to_owned(), port, cover })
    }
}

impl Smtp {
    /// `authorities` in PEM take the place of the public ones; `sender` is the domain we send from.
    pub fn new(
        relay: Relay,
        authorities: Option<&[u8]>,
        login: Option<Login>,
        sender: &str,
    ) -> Result<Self, SmtpError> {
        let tls = match relay.cover {
            Cover::Loopback => None,
            Cover::Tls | Cover::StartTls => Some(tls(&relay.host, authorities)?),
        };
        let hello = ClientId::Domain(sender.to_owned());
        Ok(Self { relay, tls, login, hello, patience: Patience::default() })
    }

    /// With other patience than usual.
    #[must_use]
    pub fn patient(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    async fn hand_over(&self, letter: &Letter) -> Result<AsyncSmtpConnection, Refusal> {
        let mut connection = self.connect().await?;
        let mail = Mail::new(Some(letter.from.clone()), Vec::new());
        // That the sender is not welcome says nothing of the recipient.
        self.step("MAIL", connection.command(mail)).await.map_err(Failure::for_now)?;
        let rcpt = Rcpt::new(letter.to.clone(), Vec::new());
        self.step("RCPT", connection.command(rcpt)).await.map_err(Failure::taken_at_its_word)?;
        self.step("DATA", connection.command(Data)).await.map_err(Failure::taken_at_its_word)?;
        let message = connection.message(&letter.bytes);
        self.step("DATA", message).await.map_err(Failure::taken_at_its_word)?;
        Ok(connection)
    }

    /// A connection on which letters may be handed over. What goes wrong here is between the mail
    /// server and its operator, so it is never a letter's end.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Refusal> {
        let at = (self.relay.host.as_str(), self.relay.port);
        let first = self.tls.clone().filter(|_| self.relay.cover == Cover::Tls);
        let step = Some(self.patience.step);
        let connecting = AsyncSmtpConnection::connect_tokio1(at, step, &self.hello, first, None);
        let mut connection = self.step("CONNECT", connecting).await.map_err(Failure::for_now)?;
        if let (Cover::StartTls, Some(tls)) = (self.relay.cover, self.tls.clone()) {
            let covering = connection.starttls(tls, &self.hello);
            self.step("STARTTLS", covering).await.map_err(Failure::for_now)?;
        }
        if let Some(login) = &self.login {
            let (user, password) = (login.user.expose(), login.password.expose());
            let credentials = Credentials::new(user.to_owned(), password.to_owned());
            let ways = [Mechanism::Plain, Mechanism::Login];
            let entering = connection.auth(&ways, &credentials);
            self.step("AUTH", entering).await.map_err(Failure::for_now)?;
        }
        Ok(connection)
    }

    async fn step<T>(
        &self,
        name: &'static str,
        doing: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.patience.step, doing).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(err)) => Err(Failure::new(name, &err)),
            Err(_) => Err(Failure { words: format!("{name}: too slow"), is_permanent: false }),
        }
    }
}

#[async_trait::async_trait]
impl Mailer for Smtp {
    async fn send(&self, letter: &Letter) -> Result<(), Refusal> {
        let handing_over = tokio::time::timeout(self.patience.letter, self.hand_over(letter)).await;
        let mut connection =
            handing_over.map_err(|_| Refusal::Later("the letter took too long".to_owned()))??;
        // It is safe there: nothing that happens now makes a difference.
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
        Ok(())
    }
}

/// How far a hand-over came, in our own words: a mail server's may name people.
#[derive(Debug)]
struct Failure {
    words: String,
    is_permanent: bool,
}

impl Failure {
    fn new(step: &'static str, err: &Error) -> Self {
        let what = match err.status() {
            Some(code) => code.to_string(),
            None if err.is_tls() => "TLS refused".to_owned(),
            None if err.is_timeout() => "too slow".to_owned(),
            None if err.is_client() => "not offered".to_owned(),
            None if err.is_response() => "no whole answer".to_owned(),
            None => "connection lost".to_owned(),
        };
        Self { words: format!("{step}: {what}"), is_permanent: err.is_permanent() }
    }

    fn for_now(self) -> Refusal {
        Refusal::Later(self.words)
    }

    fn taken_at_its_word(self) -> Refusal {
        match self.is_permanent {
            true => Refusal::Never(self.words),
            false => Refusal::Later(self.words),
        }
    }
}

/// Who the mail server has to prove to be.
fn tls(host: &str, authorities: Option<&[u8]>) -> Result<TlsParameters, SmtpError> {
    let unusable = |_: Error| SmtpError::Certificates;
    let mut tls = TlsParameters::builder(host.to_owned());
    if let Some(pem) = authorities {
        if !pem.windows(BEGIN.len()).any(|it| it == BEGIN) {
            return Err(SmtpError::Certificates);
        }
        let authorities = Certificate::from_pem(pem).map_err(unusable)?;
        tls = tls.certificate_store(CertificateStore::None).add_root_certificate(authorities);
    }
    tls.build_rustls().map_err(unusable)
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_read_from_its_url() {
        let relay = |host: &str, port, cover| Relay { host: host.to_owned(), port, cover };
        for (url, expected) in [
            ("smtps://mail.example", relay("mail.example", 465, Cover::Tls)),
            ("smtp://mail.example/", relay("mail.example", 587, Cover::StartTls)),
            ("smtp://mail.example:25", relay("mail.example", 25, Cover::StartTls)),
            ("smtp+plain://127.0.0.1:2525", relay("127.0.0.1", 2525, Cover::Loopback)),
            ("smtp+plain://[::1]:2525", relay("::1", 2525, Cover::Loopback)),
            ("smtps://[2001:db8::1]", relay("2001:db8::1", 465, Cover::Tls)),
        ] {
            assert_eq!(Relay::read(url), Ok(expected), "{url}");
        }
    }

    #[test]
    fn plain_text_goes_to_loopback_and_no_url_holds_a_password() {
        for (url, expected) in [
            ("smtp+plain://mail.example", SmtpError::NotLoopback),
            ("smtp+plain://localhost", SmtpError::NotLoopback),
            ("smtp+plain://192.0.2.1:25", SmtpError::NotLoopback),
            ("smtps://u:hunter2@mail.example", SmtpError::Login),
            ("mail.example:25", SmtpError::Address),
            ("http://mail.example", SmtpError::Address),
            ("smtps://", SmtpError::Address),
            ("smtps://mail.example:0x19", SmtpError::Address),
            ("smtps://mail.example:99999", SmtpError::Address),
            ("smtps://mail.example?tls=none", SmtpError::Address),
            ("smtps://[::1]25", SmtpError::Address),
        ] {
            assert_eq!(Relay::read(url), Err(expected), "{url}");
            assert!(!expected.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn a_letter_takes_less_than_the_lease() {
        let lease = domain::constants::DELIVERY_LEASE.to_std().unwrap();
        assert!(Patience::default().letter + GOODBYE < lease);
        assert!(Patience::default().step < Patience::default().letter);
    }

    #[test]
    fn authorities_that_are_none_are_refused() {
        let relay = Relay::read("smtps://mail.example").unwrap();
        let made = Smtp::new(relay, Some(b"no certificate"), None, "pacta.example");
        assert_eq!(made.err(), Some(SmtpError::Certificates));
    }
}
