//! The words and rules of the channel: pure, without I/O and without a clock of its own.

pub mod agreement;
pub mod agreement_status;
pub mod call;
pub mod caller;
pub mod check;
pub mod clock;
pub mod company_name;
pub mod consent;
pub mod constants;
pub mod contact;
pub mod course;
pub mod email;
pub mod enrollment;
pub mod error;
pub mod evidence;
pub mod facts;
pub mod guess;
pub mod guide;
pub mod id;
pub mod invitation;
pub mod language;
pub mod link;
pub mod location;
pub mod mail;
mod moves;
pub mod partner;
pub mod password;
pub mod power;
pub mod programme;
pub mod readiness;
pub mod reason;
pub mod register;
pub mod relationship;
pub mod review;
pub mod role;
pub mod secret;
pub mod service_account;
pub mod timer;
pub mod totp;
pub mod user;
pub mod vouched;

pub use call::{Call, Idempotency, Origin, Outcome, Plan};
pub use caller::{
    Caller, Credential, InternalCaller, Principal, Reach, ServiceCaller, UserCaller, Who,
};
pub use clock::{Clock, Timestamp};
pub use email::EmailAddress;
pub use error::{Error, Result, Violation};
pub use facts::EmailProblem;
pub use language::Language;
pub use link::LinkKey;
pub use programme::Programme;
pub use reason::Reason;
pub use role::Role;
pub use secret::Secret;
pub use vouched::{Newcomer, Vouched};
