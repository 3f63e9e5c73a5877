//! The second verifier of evidence, in another language: one process for all that is asked.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/verify/evidence.py");

/// It ends with this process, when nothing comes any more.
static VERIFIER: Mutex<Option<Verifier>> = Mutex::new(None);

struct Verifier {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    _child: Child,
}

/// What it says of each pack: `good ACCEPTANCE`, or `bad` and why.
pub fn second_opinion(keys: &Path, packs: &[Vec<u8>]) -> Vec<String> {
    second_opinion_by(&std::fs::read_to_string(keys).unwrap(), packs)
}

/// The same by the text of a key file.
pub fn second_opinion_by(keys: &str, packs: &[Vec<u8>]) -> Vec<String> {
    let mut verifier = VERIFIER.lock().unwrap_or_else(PoisonError::into_inner);
    // One that fails is not used again.
    let mut it = verifier.take().unwrap_or_else(Verifier::start);
    let lines = it.ask(keys, packs);
    *verifier = Some(it);
    lines
}

impl Verifier {
    fn start() -> Self {
        let mut python = Command::new("python3");
        let python = python.arg(SCRIPT).arg("--rounds");
        let python = python.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().expect("python3 can be started");
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { stdin, stdout, _child: child }
    }

    fn ask(&mut self, keys: &str, packs: &[Vec<u8>]) -> Vec<String> {
        let n = |it: usize| u32::try_from(it).unwrap().to_be_bytes();
        let mut input = Vec::new();
        input.extend(n(keys.len()));
        input.extend(keys.as_bytes());
        input.extend(n(packs.len()));
        for it in packs {
            input.extend(n(it.len()));
            input.extend(it);
        }
        let Self { stdin, stdout, .. } = self;
        std::thread::scope(|scope| {
            // Lines come while packs still go.
            let writer = scope.spawn(move || stdin.write_all(&input).and_then(|()| stdin.flush()));
            let mut lines = Vec::new();
            for _ in packs {
                let mut line = String::new();
                let n = stdout.read_line(&mut line).unwrap();
                assert!(n > 0, "the second verifier failed");
                lines.push(line.trim_end().to_owned());
            }
            writer.join().unwrap().unwrap();
            lines
        })
    }
}
