//! One file per table, its columns only.

pub mod account;
pub mod account_role;
pub mod company;
pub mod enrollment;
pub mod idempotency;
pub mod ledger;
pub mod ledger_personal;
pub mod partner;
pub mod session;
