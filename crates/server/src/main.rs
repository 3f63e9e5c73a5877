//! `pacta`: the system of record for a two-tier sales channel.

use std::process::ExitCode;

use clap::Parser as _;
use server::commands::Command;

#[tokio::main]
async fn main() -> ExitCode {
    server::commands::run(Command::parse()).await
}
