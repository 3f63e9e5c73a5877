//! What a call reads: its statements, and how the engine goes about each of them.

use std::sync::{Arc, Mutex};

use store::sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use tonic::transport::Channel;

use crate::{World, serve};

/// A server over a world's database whose reads are told.
pub struct Watched {
    pub channel: Channel,
    seen: Arc<Mutex<Vec<Statement>>>,
}

impl Watched {
    /// What was selected from a table since this was last asked.
    pub fn of(&self, table: &str) -> Vec<Statement> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        let is_of = |it: &Statement| {
            let from = it.sql.split(" FROM ").nth(1).and_then(|it| it.split_whitespace().next());
            it.sql.starts_with("SELECT") && from.is_some_and(|it| it.trim_matches('"') == table)
        };
        seen.into_iter().filter(is_of).collect()
    }
}

/// A step that throws away more rows than this does not look them up.
const FEW: u64 = 30;

impl World {
    /// One more server over the same database, which ends with the world.
    pub async fn watched(&self) -> Watched {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (mut app, into) = (self.app.clone(), seen.clone());
        app.db.watch_reads(move |it| into.lock().unwrap().push(it.clone()));
        let channel = serve(&app, &self.config, self.end.subscribe()).await;
        Watched { channel, seen }
    }

    /// The engine's plan of a statement, step by step; PostgreSQL takes the steps and counts rows.
    pub async fn plan_of(&self, statement: &Statement) -> Vec<String> {
        let (explain, place) = match statement.db_backend {
            DbBackend::Sqlite => ("EXPLAIN QUERY PLAN", 3),
            _ => ("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)", 0),
        };
        let mut asked = statement.clone();
        asked.sql = format!("{explain} {}", asked.sql);
        let rows = self.app.db.connection().query_all_raw(asked).await.unwrap();
        rows.iter().map(|it| it.try_get_by_index(place).unwrap()).collect()
    }

    /// The statement reads few rows: on SQLite, which does not count, by an index whose name holds one
    /// of these; on PostgreSQL, which chooses by what it knows of the rows, whatever the index.
    pub async fn assert_reads_few(&self, statement: &Statement, by: &[&str]) {
        let steps = self.plan_of(statement).await;
        let what = format!("{}: {steps:#?}", statement.sql);
        if statement.db_backend == DbBackend::Sqlite {
            assert!(!steps.iter().any(|it| it.contains("SCAN ")), "{what}");
            let is_wanted = |it: &String| by.iter().any(|by| it.contains(by));
            assert!(steps.iter().any(is_wanted), "{what}");
            return;
        }
        assert!(!steps.iter().any(|it| it.contains("Seq Scan")), "{what}");
        for step in &steps {
            for count in ["rows=", "Rows Removed by Filter: "] {
                let n =
                    step.split(count).nth(1).map(|it| it.chars().take_while(char::is_ascii_digit));
                let n: Option<u64> = n.map(|it| it.collect::<String>().parse().unwrap());
                assert!(n.unwrap_or(0) <= FEW, "{what}");
            }
        }
    }
}
