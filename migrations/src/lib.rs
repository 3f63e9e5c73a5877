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
    Step { name: "m0006_places", both: include_str!("m0006_places.sql"), sqlite: "", postgres: "" },
    Step {
        name: "m0007_imports",
        both: include_str!("m0007_imports.sql"),
        sqlite: "",
        postgres: "",
    },
    Step { name: "m0010_ties", both: include_str!("m0010_ties.sql"), sqlite: "", postgres: "" },
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

/// Brings a database up to date. Several processes may try at once.
pub async fn migrate(connection: &DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(connection, None).await
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

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("a step is never taken back; restore a backup".to_owned()))
    }
}
