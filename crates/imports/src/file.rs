//! A CSV file, read record by record and never more than one record at a time.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use sha2::{Digest as _, Sha256};

use crate::{Bad, Refused};

/// Most bytes of one record.
pub const RECORD: u64 = 64 * 1024;
/// What the CSV reader takes from the file at a time.
const BUFFER: usize = 16 * 1024;

/// A file whose head has been read.
pub struct File {
    reader: Reader<Guard>,
    record: ByteRecord,
    names: Vec<&'static str>,
    /// Where each named column stands in a record.
    at: Vec<Option<usize>>,
    width: usize,
    is_over: bool,
}

/// A row: the named columns in their order, trimmed; what the file lacks is empty.
#[derive(Debug)]
pub struct Row {
    pub line: u64,
    names: Vec<&'static str>,
    fields: Vec<String>,
}

impl File {
    /// Opens a file with these columns. `optional` ones may be missing; columns of other names are
    /// an error unless `others`.
    pub fn open(
        path: &Path,
        required: &[&'static str],
        optional: &[&'static str],
        others: bool,
    ) -> Result<Self, Refused> {
        let shown = path.display().to_string();
        let unreadable = |error| Refused::Unreadable { path: shown.clone(), error };
        let file = fs::File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        if about.is_dir() {
            return Err(Refused::Directory { path: shown });
        }
        let (n_left, hash) = (RECORD + u64::try_from(BUFFER).unwrap_or(0), Sha256::new());
        let guard = Guard { file, n_read: 0, n_left, size: about.len(), hash };
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(guard);
        let names: Vec<_> = required.iter().chain(optional).copied().collect();
        let mut file = Self {
            reader,
            record: ByteRecord::new(),
            names,
            at: Vec::new(),
            width: 0,
            is_over: false,
        };
        file.read_head(required, others)?;
        Ok(file)
    }

    fn read_head(&mut self, required: &[&'static str], others: bool) -> Result<(), Refused> {
        let is_there = self
            .reader
            .read_byte_record(&mut self.record)
            .map_err(|err| Refused::Head(problem(&err)))?;
        if !is_there {
            return Err(Refused::Empty);
        }
        let first = self.record.get(0).unwrap_or_default();
        if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
            return Err(Refused::Encoding);
        }
        let head: Result<Vec<&str>, _> = self.record.iter().map(std::str::from_utf8).collect();
        let head: Vec<&str> =
            head.map_err(|_| Refused::Encoding)?.into_iter().map(str::trim).collect();
        let place = |name: &&str| head.iter().position(|it| it == name);
        let missing: Vec<&str> =
            required.iter().filter(|it| place(it).is_none()).copied().collect();
        if !missing.is_empty() {
            let found = head.iter().take(20).copied().collect::<Vec<_>>().join(", ");
            let found = found.chars().take(500).collect::<String>();
            return Err(Refused::Head(format!("missing {}; found {found}", missing.join(", "))));
        }
        for (n, name) in head.iter().enumerate() {
            let is_known = self.names.contains(name);
            if is_known && place(name) != Some(n) {
                return Err(Refused::Head(format!("{name} is there twice")));
            }
            if !is_known && !others {
                return Err(Refused::Head(format!("{name:?} is no column of this table")));
            }
        }
        self.at = self.names.iter().map(place).collect();
        self.width = head.len();
        Ok(())
    }

    /// The next row, a bad one, or none at the end.
    pub fn next_row(&mut self) -> Option<Result<Row, Bad>> {
        if self.is_over {
            return None;
        }
        let start = self.reader.position().clone();
        let guard = self.reader.get_mut();
        guard.n_left = RECORD + u64::try_from(BUFFER).unwrap_or(0);
        let bad = |line, what| Bad { line, column: String::new(), what };
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => {
                self.is_over = true;
                return None;
            }
            Err(err) => {
                // Where the next record begins is unknown.
                self.is_over = true;
                return Some(Err(bad(start.line(), problem(&err))));
            }
        }
        let line = self.record.position().map_or(start.line(), csv::Position::line);
        let n_bytes = self.reader.position().byte().saturating_sub(start.byte());
        if n_bytes > RECORD {
            return Some(Err(bad(line, too_long())));
        }
        if self.record.len() != self.width {
            let what = format!("has {} columns, the head has {}", self.record.len(), self.width);
            return Some(Err(bad(line, what)));
        }
        Some(self.row(line))
    }

    fn row(&self, line: u64) -> Result<Row, Bad> {
        let mut fields = Vec::with_capacity(self.names.len());
        for (name, at) in self.names.iter().zip(&self.at) {
            let bytes = at.and_then(|it| self.record.get(it)).unwrap_or_default();
            let bad = |what: &str| Bad { line, column: (*name).to_owned(), what: what.to_owned() };
            let text = std::str::from_utf8(bytes).map_err(|_| bad("is not UTF-8"))?;
            let text = text.trim();
            if text.chars().any(|it| it.is_control() && !matches!(it, '\t' | '\r' | '\n')) {
                return Err(bad("holds a control character"));
            }
            fields.push(text.replace(['\t', '\r', '\n'], " "));
        }
        Ok(Row { line, names: self.names.clone(), fields })
    }

    /// Bytes read so far, and the size of the file.
    pub fn progress(&self) -> (u64, u64) {
        let guard = self.reader.get_ref();
        (guard.n_read, guard.size)
    }

    /// SHA-256 of what was read, in hexadecimal.
    pub fn sha256(&self) -> String {
        let hash = self.reader.get_ref().hash.clone().finalize();
        hash.iter().map(|it| format!("{it:02x}")).collect()
    }
}

impl Row {
    /// A column's text.
    pub fn get(&self, name: &str) -> &str {
        let at = self.names.iter().position(|it| *it == name);
        at.and_then(|it| self.fields.get(it)).map_or("", String::as_str)
    }

    /// All columns, in the order they were asked for.
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// Says what is wrong with a column.
    pub fn bad(&self, column: &str, what: impl Into<String>) -> Bad {
        Bad { line: self.line, column: column.to_owned(), what: what.into() }
    }
}

/// Reads on only as long as one record may last, and hashes what it reads.
struct Guard {
    file: fs::File,
    n_read: u64,
    n_left: u64,
    size: u64,
    hash: Sha256,
}

impl Read for Guard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.n_left).unwrap_or(usize::MAX));
        if most == 0 && !buffer.is_empty() {
            return Err(io::Error::other(too_long()));
        }
        let n = self.file.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.hash.update(buffer.get(..n).unwrap_or_default());
        let n_bytes = u64::try_from(n).unwrap_or(u64::MAX);
        self.n_read += n_bytes;
        self.n_left = self.n_left.saturating_sub(n_bytes);
        Ok(n)
    }
}

fn too_long() -> String {
    format!("a record is longer than {RECORD} bytes")
}

fn problem(err: &csv::Error) -> String {
    if let ErrorKind::Io(err) = err.kind() {
        return err.to_string();
    }
    err.to_string()
}
