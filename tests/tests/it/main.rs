//! One binary for all tests that need a server.

mod agreements;
mod bad_input;
mod changes;
mod customers;
mod enrollment;
mod invitations;
mod matrix;
mod orders;
mod reach;
mod relationships;
mod signatures;
mod thread;
mod tidy;
mod users;
