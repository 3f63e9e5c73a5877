//! The words and rules of the channel: pure, without I/O and without a clock of its own.

pub mod call;
pub mod caller;
pub mod clock;
pub mod company_name;
pub mod constants;
pub mod email;
pub mod error;
pub mod facts;
pub mod id;
pub mod password;
pub mod reason;
pub mod role;
pub mod secret;
pub mod user;

pub use call::{Call, Idempotency, Outcome, Plan};
pub use caller::{Caller, Reach, UserCaller};
pub use clock::{Clock, Timestamp};
pub use error::{Error, Result, Violation};
pub use reason::Reason;
pub use role::Role;
pub use secret::Secret;
