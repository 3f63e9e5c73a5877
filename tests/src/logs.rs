//! What the servers of this process log, kept to be searched.

use std::{
    io,
    sync::{Mutex, Once, PoisonError},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static START: Once = Once::new();

/// Keeps everything from now on that our own code logs, and what libraries say above debug.
pub fn keep() {
    START.call_once(|| {
        let filter = EnvFilter::new(
            "info,api=trace,changes=trace,delivery=trace,domain=trace,enrollment=trace,gate=trace,\
             agreements=trace,relationships=trace,server=trace,store=trace,users=trace",
        );
        let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Kept).json();
        logs.init();
    });
}

/// Whether `text` was logged.
pub fn hold(text: &str) -> bool {
    0 < n_of(text)
}

/// How often `text` was logged.
pub fn n_of(text: &str) -> usize {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.windows(text.len()).filter(|it| *it == text.as_bytes()).count()
}

/// How many lines were logged that hold all of these.
pub fn n_lines(texts: &[&str]) -> usize {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = String::from_utf8_lossy(&lines);
    lines.lines().filter(|line| texts.iter().all(|it| line.contains(it))).count()
}

struct Kept;

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
