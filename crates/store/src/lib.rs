//! The data layer: one way to read, one way to write, one query file per aggregate.

mod account;
mod company;
mod db;
mod enrollment;
pub mod entity;
mod fault;
mod idempotency;
mod ledger;
mod page;
mod partner;
mod reach;
mod session;
mod tries;
mod tx;
mod view;

pub use account::NewAccount;
pub use company::NewCompany;
pub use db::{Db, Options};
pub use event::Event;
pub use ledger::Entry;
pub use page::Page;
pub use reach::Reachable;
pub use sea_orm;
pub use tries::Tries;
pub use tx::Tx;
pub use view::View;
