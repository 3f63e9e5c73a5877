//! What an import says while it runs, and why it came to nothing.

use std::fmt;

/// How many bad rows are shown; the others are counted.
pub const SHOWN: usize = 20;

/// A row that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub line: u64,
    /// The column's name; empty where the whole row is wrong.
    pub column: String,
    pub what: String,
}

/// What was read so far.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub n_rows: u64,
    pub n_bad: u64,
    /// The first of the bad rows.
    pub bad: Vec<Bad>,
}

/// Why nothing became current.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("{path}: {error}")]
    Unreadable { path: String, error: std::io::Error },
    #[error("{path} is a directory")]
    Directory { path: String },
    #[error("the file is empty")]
    Empty,
    #[error("the file has a head and no rows")]
    NoRows,
    #[error("the file is not UTF-8")]
    Encoding,
    #[error("the head of the file is wrong: {0}")]
    Head(String),
    #[error("{0}")]
    BadRows(Report),
    #[error("another import of the same kind has begun since")]
    Overtaken,
    #[error(transparent)]
    Failed(#[from] domain::Error),
}

/// Sees how far the reading is.
pub trait Progress: Send {
    /// So many bytes of so many, 0 where the size is unknown, and so many rows.
    fn at(&mut self, bytes: u64, of: u64, rows: u64);
}

/// Says nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn at(&mut self, _: u64, _: u64, _: u64) {}
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.n_bad == 0
    }

    pub fn add(&mut self, bad: Bad) {
        self.n_bad += 1;
        if self.bad.len() < SHOWN {
            self.bad.push(bad);
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column.is_empty() {
            true => write!(f, "line {}: {}", self.line, self.what),
            false => write!(f, "line {}, {}: {}", self.line, self.column, self.what),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} rows are bad; nothing was imported", self.n_bad, self.n_rows)?;
        for bad in &self.bad {
            write!(f, "\n  {bad}")?;
        }
        let n_shown = u64::try_from(self.bad.len()).unwrap_or(u64::MAX);
        match self.n_bad.saturating_sub(n_shown) {
            0 => Ok(()),
            n => write!(f, "\n  and {n} more"),
        }
    }
}
