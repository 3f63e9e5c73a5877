//! One process: configuration, wiring, subcommands.

pub mod app;
mod callers;
pub mod commands;
pub mod config;
pub mod evidence_key;
mod import;
pub mod key;
pub mod listen;
mod log;
mod mail;
mod mailer;
pub mod members;
pub mod operator;
pub mod partner_ids;
mod reload;
mod services;
mod specimens;
mod spiffe;
pub mod token;
pub mod tour;
pub mod verify;

use std::io::Write as _;

/// The process's memory: given back once it is free, however many connections there were.
#[global_allocator]
static MEMORY: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Prints a line for the person at the terminal. A closed pipe is not an error.
pub(crate) fn say(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
