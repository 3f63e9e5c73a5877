//! Who is asking, and what they may see.

use crate::{
    Role, Timestamp,
    id::{CompanyId, LinkId, SessionId, UserId},
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
    /// The system itself: a job or an operator's command, by name.
    System(&'static str),
}

/// A person with a session.
#[derive(Clone, Debug)]
pub struct UserCaller {
    pub user: UserId,
    pub company: CompanyId,
    pub session: SessionId,
    /// The kind of the company's partner, from the moment the partner exists.
    pub partner: Option<partner::Kind>,
    /// Let in for the platform, by a platform role: such calls reach every company's rows. Who holds
    /// a platform role beside one of a company acts for the company wherever that let it in.
    pub as_platform: bool,
    /// Read from the database on this very call (U5).
    pub roles: Vec<Role>,
    /// When the person proved who it is.
    pub auth_time: Timestamp,
    pub expire_time: Timestamp,
    /// Signed in with a one-time password (U7).
    pub must_change_password: bool,
    /// How the person proved who it is, as RFC 8176 calls it: `pwd`, or `pwd otp`.
    pub amr: String,
    /// Its company demands a second factor of its global admins, and this session has none: the role
    /// is left out of `roles`.
    pub lacks_second_factor: bool,
}

impl UserCaller {
    /// Whether the session was begun, or strengthened, by a code of an authenticator app.
    pub fn has_second_factor(&self) -> bool {
        self.amr.split(' ').any(|it| it == "otp")
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
        match self {
            Self::Anonymous | Self::Link(_) => Reach::Nothing,
            Self::User(user) if user.as_platform => Reach::Everything,
            Self::User(user) => Reach::Company(user.company),
            Self::System(_) => Reach::Everything,
        }
    }

    /// The person asking, where an RPC's rule admits persons only.
    pub fn user(&self) -> Option<&UserCaller> {
        match self {
            Self::User(user) => Some(user),
            Self::Anonymous | Self::Link(_) | Self::System(_) => None,
        }
    }
}
