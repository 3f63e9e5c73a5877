//! Holds the review clock to a second reckoning in another language over the same tables.

use std::{collections::BTreeMap, process::Command};

use domain::{Timestamp, facts::Facts};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/oracle/review_clock.py");
const TABLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/domain/data");

/// How many starts were compared.
#[derive(Debug, Default)]
pub struct Compared {
    pub n_countries: usize,
    pub n_starts: usize,
    /// By how they were chosen.
    pub by_kind: BTreeMap<String, usize>,
    /// Where the two differ: country, start, and both reckonings.
    pub differences: Vec<String>,
}

/// Compares this many starts in each market country. It ends the test when Python or the system's
/// time zones are missing: without them nothing is compared.
pub fn compare(n: usize, seed: u64) -> Compared {
    let mut python = Command::new("python3");
    python.args([SCRIPT, TABLES, &n.to_string(), &seed.to_string()]);
    let output = python.output().expect("python3 can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the second reckoning failed (are there time zones?): {said}");

    let facts = Facts::shipped();
    let mut compared = Compared::default();
    let mut last = String::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let parts: Vec<&str> = line.split(' ').collect();
        let [region, kind, start, from, by] = parts[..] else { panic!("{line}") };
        let at = |it: &str| Timestamp::from_timestamp_micros(it.parse().unwrap()).unwrap();
        let clock = facts.calendars.review_clock(&region.parse().unwrap(), at(start));
        if (clock.expected_from_time, clock.expected_by_time) != (at(from), at(by)) {
            let theirs = [at(start), at(from), at(by)];
            compared.differences.push(format!("{region} {kind}: {clock:?}, not {theirs:?}"));
        }
        compared.n_starts += 1;
        compared.n_countries += usize::from(last != region);
        region.clone_into(&mut last);
        *compared.by_kind.entry(kind.to_owned()).or_default() += 1;
    }
    compared
}
