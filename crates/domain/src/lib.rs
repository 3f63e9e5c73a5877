//! The words and rules of the channel: pure, without I/O and without a clock of its own.

pub mod call;
pub mod caller;
pub mod clock;
pub mod company_name;
pub mod consent;
pub mod constants;
pub mod email;
pub mod enrollment;
pub mod error;
pub mod facts;
pub mod id;
mod moves;
pub mod partner;
pub mod password;
pub mod readiness;
pub mod reason;
pub mod role;
pub mod secret;
pub mod user;

pub use call::{Call, Idempotency, Outcome, Plan};
pub use caller::{Caller, Reach, UserCaller};
pub use clock::{Clock, Timestamp};
pub use email::EmailAddress;
pub use error::{Error, Result, Violation};
pub use facts::EmailProblem;
pub use reason::Reason;
pub use role::Role;
pub use secret::Secret;
