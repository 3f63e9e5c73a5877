//! One binary for all tests that need a server.

mod agreements;
mod bad_input;
mod changes;
mod enrollment;
mod matrix;
mod reach;
mod signatures;
mod thread;
mod tidy;
mod users;
