//! What an external issuer says of a person: who it is, of which directory, and no more that counts.

use crate::{Error, Reason, Role, Timestamp, id::CompanyId};

/// What a verified token of an external issuer says. Roles come from our database alone; the one
/// exception is that a global admin's claim is believed on a company's first call (E2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// With `subject` the identity; never an address.
    pub issuer: String,
    pub subject: String,
    /// With `issuer` the directory that the person is of.
    pub tenant: String,
    /// Text that somebody wrote, or empty; so the others.
    pub given_name: String,
    pub family_name: String,
    /// Proves nothing (R4).
    pub email: String,
    /// The configured claim says that the directory takes this person for its global admin (E2).
    pub is_global_admin: bool,
    /// When the person proved who it is; without it nothing counts as fresh.
    pub auth_time: Option<Timestamp>,
    /// How, as RFC 8176 calls it.
    pub amr: String,
    pub issue_time: Timestamp,
    pub expire_time: Timestamp,
}

/// A person whose token is good and who is no user here yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    pub vouched: Vouched,
    /// The company that its directory is, if somebody of that has called before; one that an operator
    /// appointed waits for its first call (E4).
    pub company: Option<CompanyId>,
}

impl Newcomer {
    /// Whether this is the call of a directory's global admin that brings the company into being, or
    /// takes over the one that was appointed (E2, E4).
    pub fn may_found(&self) -> bool {
        self.company.is_none() && self.vouched.is_global_admin
    }

    /// Why it is not let in, and what would help: who has to invite it, or that its directory does not
    /// call it a global admin.
    pub fn refusal(&self, would_found: bool) -> Error {
        let issuer = self.vouched.issuer.as_str();
        if self.company.is_none() && would_found {
            return Error::role_missing(&[Role::GlobalAdmin], &[]).with("issuer", issuer);
        }
        let err = Error::new(Reason::AccountMissing).with("issuer", issuer);
        match (self.company, self.may_found()) {
            (Some(_), _) => err
                .with("cure", "pacta.users.v1.UsersService/CreateUser")
                .with("givenBy", "ADMIN_AGENT USER_ADMIN GLOBAL_ADMIN"),
            (None, true) => {
                err.with("cure", "pacta.enrollment.v1.EnrollmentService/StartEnrollment")
            }
            (None, false) => err
                .with("cure", "pacta.enrollment.v1.EnrollmentService/StartEnrollment")
                .with("requiredRoles", Role::GlobalAdmin.as_str()),
        }
    }
}
