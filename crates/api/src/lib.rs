//! The wire: generated messages and services, the rule of each RPC, the checks of each field.

pub mod check;
mod reasons;
pub mod rules;

pub use check::{Check, Violation, Violations};
pub use generated::*;
pub use reasons::{ReasonInfo, Reasons};

/// A request message, as every RPC is seen before its slice runs.
pub trait Request: Check + prost::Message + Default + Clone + 'static {
    /// Empty when the caller sent none or the RPC takes none.
    fn request_id(&self) -> &str {
        ""
    }
    /// What the fingerprint of an idempotent call is made of.
    fn without_request_id(self) -> Self {
        self
    }
    /// Whether to answer the plan only.
    fn validate_only(&self) -> bool {
        false
    }
    /// The mailed secret; empty when the RPC takes none.
    fn link_secret(&self) -> &str {
        ""
    }
}

/// A response message, as every RPC answers it.
pub trait Response: prost::Message + Default + 'static {
    /// The answer to `validate_only`: no names, no ids, just the plan.
    fn planned(_plan: types::v1::Plan) -> Self {
        Self::default()
    }
}

/// An enum value by its name without prefix, as domain and database spell it.
pub trait Word: Sized + Default + Into<i32> {
    /// Such as `IN_REVIEW` for `ENROLLMENT_STATE_IN_REVIEW`.
    fn word(&self) -> &'static str;
    /// The value of that name.
    fn of(word: &str) -> Option<Self>;
}

/// The number on the wire of what the domain calls `word`; zero if the contract has no such value.
pub fn number<E: Word>(word: &str) -> i32 {
    E::of(word).unwrap_or_default().into()
}

#[allow(
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    clippy::str_to_string,
    clippy::too_many_lines,
    clippy::uninlined_format_args,
    clippy::wildcard_enum_match_arm,
    rust_2018_idioms,
    reason = "generated"
)]
mod generated {
    pub mod policy {
        pub mod v1 {
            tonic::include_proto!("pacta.policy.v1");
        }
    }
    pub mod types {
        pub mod v1 {
            tonic::include_proto!("pacta.r#type.v1");
        }
    }
    // The packages refer to each other by their own names.
    pub use types as r#type;
    pub mod event {
        pub mod v1 {
            tonic::include_proto!("pacta.event.v1");
        }
    }
    pub mod users {
        pub mod v1 {
            tonic::include_proto!("pacta.users.v1");
        }
    }
    pub mod enrollment {
        pub mod v1 {
            tonic::include_proto!("pacta.enrollment.v1");
        }
    }
    pub mod agreements {
        pub mod v1 {
            tonic::include_proto!("pacta.agreements.v1");
        }
    }
    pub mod relationships {
        pub mod v1 {
            tonic::include_proto!("pacta.relationships.v1");
        }
    }
    pub mod changes {
        pub mod v1 {
            tonic::include_proto!("pacta.changes.v1");
        }
    }
}

#[allow(clippy::all, clippy::allow_attributes_without_reason, reason = "generated")]
mod checks {
    include!(concat!(env!("OUT_DIR"), "/checks.rs"));
}

/// Every file under `proto/`, encoded with its custom options and comments.
pub const DESCRIPTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// A time on the wire.
pub fn time(seconds: i64, nanos: u32) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: i32::try_from(nanos).unwrap_or_default() }
}
