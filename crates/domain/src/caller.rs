//! Who is asking, and what they may see.

use std::ops::{Deref, DerefMut};

use crate::{
    Newcomer, Role, Timestamp,
    id::{CompanyId, KeyId, LinkId, ServiceAccountId, SessionId, UserId},
    id::{service_account_name, user_name},
    partner,
};

/// Who is asking. Made by the gate from a credential, by a link, or by a job.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody in particular, at an open RPC.
    Anonymous,
    /// The holder of a mailed secret, at an RPC where it is the whole credential.
    Link(LinkId),
    /// A person who has proven who it is.
    User(UserCaller),
    /// A person of an external directory who is no user here yet.
    Newcomer(Box<Newcomer>),
    /// A machine that acts for a company by keys of its own: a distributor's platform.
    Service(ServiceCaller),
    /// A system of the operator of this installation, known by its certificate.
    Internal(InternalCaller),
    /// The system itself: a job or an operator's command, by name.
    System(&'static str),
}

/// Somebody who acts for a company, person or machine: what rules and reach ask of a caller.
#[derive(Clone, Debug)]
pub struct Principal {
    pub who: Who,
    pub company: CompanyId,
    /// The kind of the company's partner, from the moment the partner exists.
    pub partner: Option<partner::Kind>,
    /// Let in for the platform: such calls reach every company's rows. So it is wherever a platform
    /// role opens the RPC, also for who holds a role of a company beside it that would have opened it
    /// too; acts that are a company's own ask for its own rows besides.
    pub as_platform: bool,
    /// Read from the database on this very call (U5).
    pub roles: Vec<Role>,
    /// How it proved who it is.
    pub credential: Credential,
    /// When the credential ends.
    pub expire_time: Timestamp,
}

/// Who it is, whatever it proves it by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    User(UserId),
    ServiceAccount(ServiceAccountId),
    /// By the URI in its certificate.
    Internal(String),
}

/// By what somebody proved who it is, as the ledger remembers it. Nothing of it is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A session of the local directory.
    Session(SessionId),
    /// A token that a service account signed with one of its keys.
    Key { key: KeyId, token: String },
    /// A token of an external issuer.
    Token { issuer: String, subject: String, issue_time: Timestamp },
    /// A certificate, by the SHA-256 of its bytes.
    Certificate { sha256: Vec<u8> },
}

/// A person who has proven who it is.
#[derive(Clone, Debug)]
pub struct UserCaller {
    pub principal: Principal,
    pub user: UserId,
    /// When the person proved who it is; [`NEVER`] where its issuer does not say, so that nothing counts
    /// as fresh.
    pub auth_time: Timestamp,
    /// Signed in with a one-time password (U7).
    pub must_change_password: bool,
    /// How the person proved who it is, as RFC 8176 calls it: `pwd`, or `pwd otp`.
    pub amr: String,
    /// Its company demands a second factor of its global admins, and this session has none: the role
    /// is left out of `roles`.
    pub lacks_second_factor: bool,
}

/// Before every moment that counts.
pub const NEVER: Timestamp = Timestamp::UNIX_EPOCH;

/// A service account that signed a token for this call.
#[derive(Clone, Debug)]
pub struct ServiceCaller {
    pub principal: Principal,
    pub account: ServiceAccountId,
    /// Who made it: the person that is told what comes of its acts, while it is active there.
    pub maker: UserId,
}

/// An internal system.
#[derive(Clone, Debug)]
pub struct InternalCaller {
    pub principal: Principal,
}

impl Principal {
    /// Whether it is this person.
    pub fn is(&self, user: UserId) -> bool {
        self.who == Who::User(user)
    }

    /// Its resource name, as ledgers and replies show it; for an internal system its URI.
    pub fn name(&self) -> String {
        match &self.who {
            Who::User(user) => user_name(self.company, *user),
            Who::ServiceAccount(account) => service_account_name(self.company, *account),
            Who::Internal(uri) => uri.clone(),
        }
    }
}

/// Whether somebody proved who it is by more than a password: by a code of an authenticator app, or
/// whatever its own directory takes for several factors.
pub fn has_second_factor(amr: &str) -> bool {
    amr.split(' ').any(|it| it == "otp" || it == "mfa")
}

impl UserCaller {
    pub fn has_second_factor(&self) -> bool {
        has_second_factor(&self.amr)
    }

    /// When the person proved who it is, as far as that is known.
    pub fn proven_time(&self) -> Option<Timestamp> {
        Some(self.auth_time).filter(|it| *it != NEVER)
    }

    /// Issuer and subject, where its own directory vouches for it.
    pub fn identity(&self) -> Option<(&str, &str)> {
        match &self.principal.credential {
            Credential::Token { issuer, subject, .. } => Some((issuer, subject)),
            Credential::Session(_) | Credential::Key { .. } | Credential::Certificate { .. } => {
                None
            }
        }
    }

    /// The session, where it is of the local directory.
    pub fn session(&self) -> Option<SessionId> {
        match self.principal.credential {
            Credential::Session(session) => Some(session),
            Credential::Key { .. } | Credential::Token { .. } | Credential::Certificate { .. } => {
                None
            }
        }
    }
}

impl Deref for UserCaller {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl DerefMut for UserCaller {
    fn deref_mut(&mut self) -> &mut Principal {
        &mut self.principal
    }
}

impl std::fmt::Display for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Session(session) => session.fmt(f),
            Self::Key { key, token } => write!(f, "{key} {token}"),
            Self::Token { issuer, subject, .. } => write!(f, "{issuer} {subject}"),
            Self::Certificate { sha256 } => sha256.iter().try_for_each(|it| write!(f, "{it:02x}")),
        }
    }
}

/// Which rows a caller sees; every query applies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Platform roles and the system.
    Everything,
    /// A company: what is its own and what its relations open.
    Company(CompanyId),
    /// What is public only.
    Nothing,
}

impl Caller {
    pub fn reach(&self) -> Reach {
        match (self, self.principal()) {
            (Self::System(_), _) => Reach::Everything,
            (_, None) => Reach::Nothing,
            (_, Some(it)) if it.as_platform => Reach::Everything,
            (_, Some(it)) => Reach::Company(it.company),
        }
    }

    /// Who is asking for a company, person or machine.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::User(user) => Some(&user.principal),
            Self::Service(service) => Some(&service.principal),
            Self::Internal(internal) => Some(&internal.principal),
            Self::Anonymous | Self::Link(_) | Self::Newcomer(_) | Self::System(_) => None,
        }
    }

    /// The same, for the gate to say what it let it in for.
    pub fn principal_mut(&mut self) -> Option<&mut Principal> {
        match self {
            Self::User(user) => Some(&mut user.principal),
            Self::Service(service) => Some(&mut service.principal),
            Self::Internal(internal) => Some(&mut internal.principal),
            Self::Anonymous | Self::Link(_) | Self::Newcomer(_) | Self::System(_) => None,
        }
    }

    /// The person who asks, or who made the machine that does.
    pub fn person_behind(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user.user),
            Self::Service(service) => Some(service.maker),
            Self::Anonymous
            | Self::Link(_)
            | Self::Newcomer(_)
            | Self::Internal(_)
            | Self::System(_) => None,
        }
    }

    /// The person asking, where an RPC's rule admits persons only.
    pub fn user(&self) -> Option<&UserCaller> {
        match self {
            Self::User(user) => Some(user),
            Self::Anonymous
            | Self::Link(_)
            | Self::Newcomer(_)
            | Self::Service(_)
            | Self::Internal(_)
            | Self::System(_) => None,
        }
    }
}
