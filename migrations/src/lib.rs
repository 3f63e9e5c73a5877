//! The tables, step by step. A step that was released is never edited; a test holds its checksum.

use sea_orm_migration::{
    async_trait::async_trait,
    prelude::*,
    sea_orm::{DatabaseConnection, DbBackend},
};

/// The steps in their order: name, text for both engines, text for SQLite, text for PostgreSQL.
pub const STEPS: &[Step] = &[
    Step {
        name: "m0001_floor",
        both: include_str!("m0001_floor.sql"),
        sqlite: include_str!("m0001_insert_only.sqlite.sql"),
        postgres: include_str!("m0001_insert_only.postgres.sql"),
    },
    Step {
        name: "m0002_enrollment",
        both: include_str!("m0002_enrollment.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        name: "m0003_channel",
        both: include_str!("m0003_channel.sql"),
        sqlite: include_str!("m0003_guards.sqlite.sql"),
        postgres: include_str!("m0003_guards.postgres.sql"),
    },
    Step { name: "m0004_life", both: include_str!("m0004_life.sql"), sqlite: "", postgres: "" },
    Step { name: "m0005_review", both: include_str!("m0005_review.sql"), sqlite: "", postgres: "" },
    Step { name: "m0006_places", both: include_str!("m0006_places.sql"), sqlite: "", postgres: "" },
    Step {
        name: "m0007_imports",
        both: include_str!("m0007_imports.sql"),
        sqlite: "",
        postgres: "",
    },
    Step { name: "m0010_ties", both: include_str!("m0010_ties.sql"), sqlite: "", postgres: "" },
    Step {
        name: "m0011_agree",
        both: include_str!("m0011_agree.sql"),
        sqlite: include_str!("m0011_guards.sqlite.sql"),
        postgres: include_str!("m0011_guards.postgres.sql"),
    },
    Step { name: "m0012_people", both: include_str!("m0012_people.sql"), sqlite: "", postgres: "" },
    Step { name: "m0013_past", both: include_str!("m0013_past.sql"), sqlite: "", postgres: "" },
    Step {
        name: "m0014_directory",
        both: include_str!("m0014_directory.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        name: "m0015_service_accounts",
        both: include_str!("m0015_service_accounts.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        name: "m0017_issuers",
        both: include_str!("m0017_issuers.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        name: "m0018_appointments",
        both: include_str!("m0018_appointments.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        name: "m0018_ties",
        both: include_str!("m0018_ties.sql"),
        sqlite: include_str!("m0018_domains.sqlite.sql"),
        postgres: include_str!("m0018_domains.postgres.sql"),
    },
    Step {
        name: "m0019_persons",
        both: include_str!("m0019_persons.sql"),
        sqlite: "",
        postgres: "",
    },
    Step {
        name: "m0020_standing",
        both: include_str!("m0020_standing.sql"),
        sqlite: "",
        postgres: "",
    },
];

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub name: &'static str,
    pub both: &'static str,
    pub sqlite: &'static str,
    pub postgres: &'static str,
}

/// How each engine spells a type.
const SPELLINGS: &[(&str, &str, &str)] = &[
    ("{uuid}", "BLOB", "UUID"),
    ("{time}", "TEXT", "TIMESTAMPTZ"),
    ("{bytes}", "BLOB", "BYTEA"),
    ("{text}", "TEXT", "TEXT COLLATE \"C\""),
    ("{flag}", "INTEGER", "BOOLEAN"),
    ("{false}", "0", "FALSE"),
    ("BIGINT", "INTEGER", "BIGINT"),
    (
        "{serial}",
        "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
        "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    ),
    ("{strict}", " STRICT", ""),
];

/// How often a process tries again that lost the race for a step.
const TRIES: usize = 20;

/// Brings a database up to date. Several processes may try at once: each step is taken whole or not
/// at all, so who comes second fails, looks again, and goes on behind it.
pub async fn migrate(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let mut n_left = pending(connection).await;
    let mut n_tries = 0;
    loop {
        match Migrator::up(connection, None).await {
            Ok(()) => return Ok(()),
            Err(err) => {
                let now_left = pending(connection).await;
                let goes_on = matches!((&n_left, &now_left), (Ok(was), Ok(is)) if is < was);
                n_tries = if goes_on { 0 } else { n_tries + 1 };
                if n_tries > TRIES {
                    return Err(err);
                }
                n_left = now_left;
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// How many steps a database still lacks.
pub async fn pending(connection: &DatabaseConnection) -> Result<usize, DbErr> {
    Ok(Migrator::get_pending_migrations(connection).await?.len())
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|it| -> Box<dyn MigrationTrait> { Box::new(*it) }).collect()
    }
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[expect(elided_lifetimes_in_paths, reason = "the trait leaves them out, and async_trait compares")]
#[async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let mut sql = self.both.to_owned();
        for (word, sqlite, postgres) in SPELLINGS {
            sql = sql.replace(word, if is_postgres { postgres } else { sqlite });
        }
        let connection = manager.get_connection();
        connection.execute_unprepared(&sql).await?;
        let own = if is_postgres { self.postgres } else { self.sqlite };
        if !own.is_empty() {
            connection.execute_unprepared(own).await?;
        }
        Ok(())
    }

    /// Whole or not at all, on both engines: half a step could never be taken again.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("a step is never taken back; restore a backup".to_owned()))
    }
}
