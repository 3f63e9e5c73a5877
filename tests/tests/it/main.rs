//! One binary for all tests that need a server.

mod agreements;
mod attestations;
mod bad_input;
mod changes;
mod customer_links;
mod customers;
mod enrollment;
mod grants;
mod invitations;
mod matrix;
mod orders;
mod reach;
mod relationships;
mod signatures;
mod thread;
mod tidy;
mod users;
