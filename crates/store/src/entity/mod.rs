//! One file per table, its columns only.

pub mod acceptance;
pub mod account;
pub mod account_role;
pub mod agreement;
pub mod agreement_document;
pub mod agreement_download;
pub mod agreement_version;
pub mod company;
pub mod customer_agreement;
pub mod customer_invitation;
pub mod customer_relationship;
pub mod enrollment;
pub mod idempotency;
pub mod invitation;
pub mod ledger;
pub mod ledger_personal;
pub mod link;
pub mod location;
pub mod organisation;
pub mod outbox;
pub mod partner;
pub mod partner_number;
pub mod relationship;
pub mod relationship_grant;
pub mod session;
pub mod timer;
