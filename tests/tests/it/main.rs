//! One binary for all tests that need a server.

mod bad_input;
mod changes;
mod delivery;
mod enrollment;
mod hostile;
mod matrix;
mod plans;
mod reach;
mod secrets;
mod thread;
mod tidy;
mod users;
mod worlds;
