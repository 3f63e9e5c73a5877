//! One binary for all tests that need a server.

mod agreements;
mod attestations;
mod bad_input;
mod changes;
mod customer_links;
mod customers;
mod delivery;
mod enrollment;
mod grants;
mod hostile;
mod invitations;
mod matrix;
mod orders;
mod plans;
mod reach;
mod relationships;
mod secrets;
mod signatures;
mod thread;
mod tidy;
mod users;
mod worlds;
