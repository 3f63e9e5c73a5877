//! Mailed secrets: what they are for, how they come to be, and how they end (M4).

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sea_orm::{DeriveActiveEnum, EnumIter, Iterable as _};
use sha2::Sha256;
use uuid::Uuid;

use crate::{Error, Reason, Result, Secret, Timestamp, id::LinkId};

/// What a link is good for. A secret of one purpose is unknown at every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    ContactConfirmation,
    /// Takes a "not me" back (E8).
    ContactUndo,
    Invitation,
    CustomerInvitation,
    /// Proves a person's own mailbox (R4).
    EmailVerification,
    /// Binds a person of an external directory to its user (M9).
    UserInvitation,
}

impl Purpose {
    pub fn of(name: &str) -> Option<Self> {
        Self::iter().find(|it| it.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ContactConfirmation => "CONTACT_CONFIRMATION",
            Self::ContactUndo => "CONTACT_UNDO",
            Self::Invitation => "INVITATION",
            Self::CustomerInvitation => "CUSTOMER_INVITATION",
            Self::EmailVerification => "EMAIL_VERIFICATION",
            Self::UserInvitation => "USER_INVITATION",
        }
    }
}

/// Where a link's life stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Live,
    Used,
    Superseded,
    Expired,
    Void,
}

/// Refuses a link that no longer works; only its holder can learn why.
pub fn check_live(state: State, expire_time: Timestamp, now: Timestamp) -> Result<()> {
    let reason = match state {
        State::Live if now < expire_time => return Ok(()),
        State::Live | State::Expired => Reason::LinkExpired,
        State::Used => Reason::LinkUsed,
        State::Superseded => Reason::LinkSuperseded,
        State::Void => Reason::LinkVoid,
    };
    Err(Error::new(reason))
}

/// The key from which the secret of every link follows. It lies outside the database: who reads
/// the database alone can make no link, and a mail that was lost in a crash goes out again with the
/// same link.
#[derive(Clone)]
pub struct LinkKey([u8; 32]);

impl LinkKey {
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The secret of a link: 256 bits, bound to its purpose.
    pub fn secret(&self, purpose: Purpose, link: LinkId) -> Result<Secret> {
        self.derive(&[b"link", purpose.as_str().as_bytes(), link.0.as_bytes()])
    }

    /// Proof that a page token is ours; it carries no rights.
    pub fn page_proof(&self, binding: &[u8], key: &str) -> Result<Secret> {
        self.derive(&[b"page", binding, key.as_bytes()])
    }

    /// The key of an authenticator app: 160 bits. As with links, who reads the database alone has
    /// none.
    pub fn totp_secret(&self, id: Uuid) -> Result<[u8; 20]> {
        let derived = self.derive(&[b"totp", id.as_bytes()])?.to_bytes().unwrap_or_default();
        let first = derived.first_chunk::<20>().copied();
        first.ok_or_else(|| Error::new(Reason::Internal))
    }

    fn derive(&self, parts: &[&[u8]]) -> Result<Secret> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).map_err(Error::internal)?;
        for part in parts {
            let length = u64::try_from(part.len()).map_err(Error::internal)?;
            mac.update(&length.to_be_bytes());
            mac.update(part);
        }
        Ok(Secret::from_bytes(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_link_ends_at_its_limit_and_says_how_it_ended() {
        for (state, now, reason) in [
            (State::Live, 9, None),
            (State::Live, 10, Some(Reason::LinkExpired)),
            (State::Used, 9, Some(Reason::LinkUsed)),
            (State::Used, 10, Some(Reason::LinkUsed)),
            (State::Superseded, 9, Some(Reason::LinkSuperseded)),
            (State::Expired, 9, Some(Reason::LinkExpired)),
            (State::Void, 9, Some(Reason::LinkVoid)),
        ] {
            let refused = check_live(state, at(10), at(now)).err().map(|it| it.reason);
            assert_eq!(refused, reason, "{state:?} at {now}");
        }
    }

    #[test]
    fn a_secret_follows_from_key_purpose_and_id_alone() {
        let (key, other) = (LinkKey::new([7; 32]), LinkKey::new([8; 32]));
        let (a, b) = (LinkId::mint(at(1)), LinkId::mint(at(1)));
        let secret = |key: &LinkKey, purpose, link| key.secret(purpose, link).unwrap();
        let first = secret(&key, Purpose::Invitation, a);
        assert_eq!(first, secret(&key, Purpose::Invitation, a));
        assert_eq!(first.expose().len(), 43);
        assert_ne!(first, secret(&key, Purpose::CustomerInvitation, a));
        assert_ne!(first, secret(&key, Purpose::Invitation, b));
        assert_ne!(first, secret(&other, Purpose::Invitation, a));
        assert_eq!(format!("{key:?}"), "LinkKey(..)");
    }
}
