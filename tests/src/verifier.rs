//! The second verifier of evidence, in another language, for many packs at once.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/verify/evidence.py");

/// What it says of each pack: `good ACCEPTANCE`, or `bad` and why.
pub fn second_opinion(keys: &Path, packs: &[Vec<u8>]) -> Vec<String> {
    let mut python = Command::new("python3");
    python.arg(SCRIPT).arg("--keys").arg(keys).arg("--batch");
    let python = python.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().expect("python3 can be started");
    let mut stdin = child.stdin.take().unwrap();
    let mut input = Vec::new();
    for it in packs {
        input.extend(u32::try_from(it.len()).unwrap().to_be_bytes());
        input.extend(it);
    }
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the second verifier failed");
    let lines: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), packs.len(), "one line for each pack");
    lines
}
