//! Imports: a file is read row by row, checked, and becomes current at once or not at all.

mod companies;
mod file;
mod report;
mod run;
mod tables;

pub use file::{File, Row};
pub use report::{Bad, Progress, Quiet, Refused, Report};
pub use run::{Done, Kind, run};
