//! The second telling of who may order: a Python program over an export of the tables.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use store::sea_orm::{ConnectionTrait as _, Statement};

use super::Trade;
use crate::World;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/oracle/orders.py");

/// What is exported: ids as hexadecimal digits, all else as the engine spells it.
const TABLES: &[(&str, &[&str], &[&str])] = &[
    ("company", &["id"], &["region_code"]),
    ("partner", &["id", "company_id"], &["kind", "suspend_reason", "deauthorize_reason"]),
    ("enrollment", &["partner_id"], &["state"]),
    ("location", &["partner_id"], &["number", "state", "region_code"]),
    ("agreement_version", &["id"], &["audience", "state", "effective_time", "grace_end_time"]),
    ("acceptance", &["company_id", "version_id"], &["audience"]),
    (
        "relationship",
        &["id", "provider_id", "reseller_id"],
        &["state", "held_by_provider", "held_by_reseller", "held_by_operator"],
    ),
    ("relationship_grant", &["relationship_id"], &["kind", "state", "expire_time"]),
    ("invitation", &["provider_id"], &["named_number", "state", "expire_time"]),
    ("customer_relationship", &["customer_id", "partner_id", "via_id"], &["state"]),
    ("customer_agreement", &["customer_id", "provider_id"], &["state"]),
];

/// A running Python that answers line by line.
pub struct Second {
    python: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

impl Second {
    pub fn start() -> Self {
        let mut python = Command::new("python3");
        python.arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut python = python.spawn().expect("python3 can be started");
        let ask = python.stdin.take().unwrap();
        let answer = BufReader::new(python.stdout.take().unwrap());
        Self { python, ask, answer }
    }

    /// Asks it over the tables as they are now; it thinks while others do.
    pub async fn ask(&mut self, world: &World, trade: &Trade, asked: &[Value]) {
        let mut facts = export(world).await;
        facts["now"] = json!(world.clock.now().to_rfc3339());
        facts["markets"] = json!(trade.markets);
        facts["asked"] = json!(asked);
        writeln!(self.ask, "{facts}").unwrap();
        self.ask.flush().unwrap();
    }

    /// What it answers to all that was asked.
    pub fn answers(&mut self) -> Vec<Vec<Value>> {
        let mut line = String::new();
        self.answer.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the second telling has ended");
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        // It ends by itself when nobody asks any more, unless the test is failing.
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}

async fn export(world: &World) -> Value {
    let connection = world.app.db.connection();
    let backend = connection.get_database_backend();
    let is_sqlite = world.engine == "sqlite";
    let mut facts = json!({});
    for (table, ids, texts) in TABLES {
        let id = |it: &&str| match is_sqlite {
            true => format!("lower(hex({it}))"),
            false => format!("replace({it}::text, '-', '')"),
        };
        let text = |it: &&str| match is_sqlite {
            true => format!("CAST({it} AS TEXT)"),
            false => format!("{it}::text"),
        };
        let columns: Vec<String> = ids.iter().map(id).chain(texts.iter().map(text)).collect();
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        let found = connection.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
        let names: Vec<&&str> = ids.iter().chain(*texts).collect();
        let row = |row: &store::sea_orm::QueryResult| {
            let mut it = json!({});
            for (place, name) in names.iter().enumerate() {
                let value: Option<String> = row.try_get_by_index(place).unwrap();
                // SQLite spells the digits of nothing as nothing.
                it[**name] = json!(value.filter(|it| !(it.is_empty() && name.ends_with("_id"))));
            }
            it
        };
        facts[*table] = found.iter().map(row).collect();
    }
    facts
}
