//! One binary for all tests that need a server.

mod bad_input;
mod changes;
mod contact;
mod enrollment;
mod matrix;
mod partner_ids;
mod reach;
mod review;
mod review_clock;
mod stories;
mod submission;
mod thread;
mod tidy;
mod users;
