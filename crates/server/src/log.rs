//! Where logs go: standard error, as text on a terminal, else as JSON.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

pub(crate) fn start(how: &str, least: &str) {
    let as_text = match how {
        "text" => true,
        "json" => false,
        _ => std::io::stderr().is_terminal(),
    };
    let quiet =
        EnvFilter::new(format!("{least},sqlx=warn,h2=warn,hyper=warn,sea_orm_migration=warn"));
    let filter = EnvFilter::try_from_default_env().unwrap_or(quiet);
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process, as in tests, keeps the first.
    let _ = match as_text {
        true => logs.try_init(),
        false => logs.json().try_init(),
    };
}
