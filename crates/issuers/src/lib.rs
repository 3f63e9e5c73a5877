//! The issuers of OpenID Connect tokens that this installation believes: which one a token says it is
//! from, with which key it would be signed, and what its claims mean here.

mod claims;
mod fetch;
mod keys;
mod naming;
mod settings;

use credentials::{Expected, MOST_LEEWAY, Refused, Token};
use domain::{Clock, Error, Reason, Result, Vouched};

use keys::Missing;
pub use settings::{Settings, TENANT};

/// What is wrong with an issuer, for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Fault(String);

/// All that are believed.
pub struct Issuers(Vec<Issuer>);

/// One of them.
struct Issuer {
    settings: Settings,
    keys: keys::Keys,
    clock: Clock,
}

impl Issuers {
    /// Refuses settings that would let in too much; no issuer is asked anything yet.
    pub fn new(settings: &[Settings], clock: &Clock) -> Result<Self, Fault> {
        let mut issuers: Vec<Issuer> = Vec::new();
        for it in settings {
            it.check()?;
            if issuers.iter().any(|other| other.settings.issuer == it.issuer) {
                return Err(Fault(format!("issuer {} stands twice", it.issuer)));
            }
            let keys = keys::Keys::new(it, clock.clone())?;
            issuers.push(Issuer { settings: it.clone(), keys, clock: clock.clone() });
        }
        Ok(Self(issuers))
    }

    /// Whom a token's issuer vouches for, if it is one of ours and the token is exactly as agreed;
    /// otherwise CREDENTIAL_INVALID, or UNAVAILABLE where the issuer cannot be asked for its keys.
    pub async fn vouched(&self, token: &Token<'_>) -> Result<Vouched> {
        let named = token.claimed_issuer().map(str::to_owned).unwrap_or_default();
        match self.of(&named) {
            Some(issuer) => issuer.vouched(token, &named).await,
            None => Err(Error::new(Reason::CredentialInvalid)),
        }
    }

    /// Whether a token of one of them could name this directory, and somebody as its global admin: the
    /// issuer as its tokens spell it.
    pub fn vouch_for(&self, issuer: &str, tenant: &str) -> bool {
        self.of(issuer).is_some_and(|it| it.settings.has_tenant(issuer, tenant))
    }

    /// Which of them a token names as its issuer.
    fn of(&self, named: &str) -> Option<&Issuer> {
        self.0.iter().find(|it| it.settings.is_named(named))
    }
}

impl Issuer {
    /// What a token says that names this issuer, if it is one of its own.
    async fn vouched(&self, token: &Token<'_>, named: &str) -> Result<Vouched> {
        let invalid = || Error::new(Reason::CredentialInvalid);
        // A key without a name could be any.
        let kid = token.claimed_key().ok_or_else(invalid)?.to_owned();
        let published = self.keys.key(&kid).await.map_err(missing)?;
        if !self.settings.is_keys_issuer(published.issuer.as_deref(), named) {
            return Err(invalid());
        }
        let expected = Expected {
            types: &self.settings.token_types,
            algorithms: &self.settings.algorithms,
            issuer: named,
            subject: None,
            audience: &self.settings.audience,
            shares_audience: self.settings.shares_audience,
            leeway: MOST_LEEWAY,
            longest_life: None,
            token_id: false,
        };
        let now = self.clock.now();
        let claims = token.verify(&published.key, &expected, now).map_err(refused)?;
        self.settings.vouched(&claims.all, now).ok_or_else(invalid)
    }
}

/// One answer, whatever is wrong with a token.
fn refused(why: Refused) -> Error {
    Error::new(Reason::CredentialInvalid).caused_by(why)
}

fn missing(why: Missing) -> Error {
    match why {
        Missing::Unknown => Error::new(Reason::CredentialInvalid),
        Missing::Unreachable => Error::new(Reason::Unavailable).retry_after(keys::PAUSE),
    }
}
