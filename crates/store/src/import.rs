//! Imported tables: a new generation grows beside the current one, and takes its place at once.

use std::sync::Arc;

use domain::{Error, Result, facts::Table};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend,
    DbErr, EntityTrait as _, ExprTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, RuntimeErr, Set, Statement, Value, sea_query::Expr, sqlx,
};

use crate::{
    Chore, Db, Tx, View,
    entity::{
        import_current,
        import_generation::{ActiveModel, Column, Entity, Model},
    },
    fault::fault,
};

const LOADING: &str = "LOADING";
const CURRENT: &str = "CURRENT";
const REPLACED: &str = "REPLACED";
const ABANDONED: &str = "ABANDONED";
/// Most parameters of one statement; SQLite takes 32,766.
const PARAMETERS: usize = 30_000;
/// Most rows that one step of the clearing takes away.
const CLEARED_AT_ONCE: i64 = 20_000;

const SETTLE: &str = "VACUUM (ANALYZE) register_company, register_word, import_row";

/// A row of a small table.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// Its line in the file.
    pub n: i64,
    pub key: String,
    pub body: String,
}

/// What came of a chunk of rows.
#[derive(Debug, PartialEq, Eq)]
pub enum Written {
    /// All are there.
    All,
    /// Lines whose key another line has, with that line.
    Twice(Vec<(i64, i64)>),
    /// Another import of the same kind has begun since.
    Overtaken,
}

impl View {
    /// The generations in force, by kind.
    pub async fn current_imports(&self) -> Result<Vec<Model>> {
        let query = self.any::<Entity>().filter(Column::State.eq(CURRENT));
        query.order_by_asc(Column::Kind).all(&self.conn).await.map_err(fault)
    }

    /// The generation in force of a kind.
    pub(crate) async fn current_generation(&self, kind: &str) -> Result<Option<i64>> {
        let query = self.any::<import_current::Entity>();
        let query = query.filter(import_current::Column::Kind.eq(kind));
        let row = query.one(&self.conn).await.map_err(fault)?;
        Ok(row.map(|it| it.generation))
    }
}

impl Chore {
    /// A generation of its own for a new import; one of the same kind that still loads is over.
    pub async fn begin_import(&self, kind: &str, file_name: &str, principal: &str) -> Result<i64> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(ABANDONED))
            .filter(Column::Kind.eq(kind))
            .filter(Column::State.eq(LOADING))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        let row = ActiveModel {
            id: NotSet,
            kind: Set(kind.to_owned()),
            state: Set(LOADING.to_owned()),
            create_time: Set(self.view.now()),
            effect_time: Set(None),
            n_rows: Set(0),
            file_name: Set(file_name.to_owned()),
            file_sha256: Set(String::new()),
            principal: Set(principal.to_owned()),
            cleared: Set(false),
        };
        let made = Entity::insert(row).exec(&self.view.conn).await.map_err(fault)?;
        Ok(made.last_insert_id)
    }

    /// Adds rows of a small table.
    pub async fn add_import_rows(&self, generation: i64, rows: &[ImportRow]) -> Result<Written> {
        if !self.counts(generation, rows.len()).await? {
            return Ok(Written::Overtaken);
        }
        let values = rows.iter().map(|it| {
            vec![generation.into(), it.n.into(), it.key.clone().into(), it.body.clone().into()]
        });
        let columns = ["generation", "n", "key", "body"];
        let n = insert(&self.view.conn, "import_row", &columns, values.collect()).await?;
        let keys: Vec<(i64, &str)> = rows.iter().map(|it| (it.n, it.key.as_str())).collect();
        self.twice("import_row", generation, n, &keys).await
    }

    /// Whether the generation still loads; counts its rows, under a lock against its end.
    pub(crate) async fn counts(&self, generation: i64, n: usize) -> Result<bool> {
        let n = i64::try_from(n).map_err(Error::internal)?;
        let done = Entity::update_many()
            .col_expr(Column::NRows, Expr::col(Column::NRows).add(n))
            .filter(Column::Id.eq(generation))
            .filter(Column::State.eq(LOADING))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        Ok(done.rows_affected == 1)
    }

    /// Which of the rows were not added, because another line has their key.
    pub(crate) async fn twice(
        &self,
        table: &str,
        generation: i64,
        n_added: u64,
        keys: &[(i64, &str)],
    ) -> Result<Written> {
        if usize::try_from(n_added).is_ok_and(|it| it == keys.len()) {
            return Ok(Written::All);
        }
        let mut found = Vec::new();
        for (n, key) in keys {
            let sql = format!("SELECT n FROM {table} WHERE generation = $1 AND key = $2");
            let values = [generation.into(), (*key).into()];
            let row = one(&self.view.conn, &sql, values).await?;
            let first: Option<i64> =
                row.map(|it| it.try_get_by_index(0).map_err(fault)).transpose()?;
            found.extend(first.filter(|it| it != n).map(|it| (*n, it)));
        }
        Ok(Written::Twice(found))
    }

    /// The generation will never be current.
    pub async fn abandon_import(&self, generation: i64) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value(ABANDONED))
            .filter(Column::Id.eq(generation))
            .filter(Column::State.eq(LOADING))
            .exec(&self.view.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Takes away some rows of what is no longer current, or never was; whether more are left.
    pub async fn clear_imports(&self, kind: &str) -> Result<bool> {
        let query = self.view.any::<Entity>().filter(Column::Kind.eq(kind));
        // Former market tables stay, for answers about the past.
        let spent: &[&str] = match kind == Table::Markets.as_str() {
            true => &[ABANDONED],
            false => &[REPLACED, ABANDONED],
        };
        let query = query.filter(Column::State.is_in(spent.iter().copied()));
        let query = query.filter(Column::Cleared.eq(false)).order_by_asc(Column::Id);
        let Some(row) = query.one(&self.view.conn).await.map_err(fault)? else {
            return Ok(false);
        };
        for (table, key) in [
            ("register_word", "region_code, word, n"),
            ("register_company", "n"),
            ("import_row", "n"),
        ] {
            let sql = format!(
                "DELETE FROM {table} WHERE generation = $1 AND ({key}) IN \
                 (SELECT {key} FROM {table} WHERE generation = $1 LIMIT {CLEARED_AT_ONCE})"
            );
            let done = execute(&self.view.conn, &sql, [row.id.into()]).await?;
            if done > 0 {
                return Ok(true);
            }
        }
        let query = Entity::update_many().col_expr(Column::Cleared, Expr::value(true));
        query.filter(Column::Id.eq(row.id)).exec(&self.view.conn).await.map_err(fault)?;
        Ok(true)
    }
}

impl Db {
    /// Lets PostgreSQL go through what was loaded before anybody asks: it counts, for its plans, and
    /// marks what everybody sees, without which a look-up by index reads the table as well. Takes as
    /// long as it takes.
    pub async fn settle_imports(&self) -> Result<()> {
        if self.connection().get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let work = async {
            let pool = self.connection().get_postgres_connection_pool();
            // A connection of its own: no other call gets one without a time-out.
            let mut conn = pool.acquire().await?.detach();
            for sql in ["SET statement_timeout = 0", SETTLE] {
                sqlx::raw_sql(sql).execute(&mut conn).await?;
            }
            sqlx::Connection::close(conn).await
        };
        work.await.map_err(|err| fault(DbErr::Exec(RuntimeErr::SqlxError(Arc::new(err)))))
    }
}

impl Tx {
    /// Puts the generation in the place of the current one of its kind. None if it was abandoned.
    pub async fn make_current(&self, generation: i64, sha256: &str) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Id.eq(generation));
        let row = query.one(&self.conn).await.map_err(fault)?;
        let Some(row) = row.filter(|it| it.state == LOADING) else {
            return Ok(None);
        };
        let former = self.current_generation(&row.kind).await?;
        match former {
            Some(former) => {
                Entity::update_many()
                    .col_expr(Column::State, Expr::value(REPLACED))
                    .filter(Column::Id.eq(former))
                    .exec(&self.conn)
                    .await
                    .map_err(fault)?;
                import_current::Entity::update_many()
                    .col_expr(import_current::Column::Generation, Expr::value(generation))
                    .filter(import_current::Column::Kind.eq(row.kind.as_str()))
                    .exec(&self.conn)
                    .await
                    .map_err(fault)?;
            }
            None => {
                let current = import_current::Model { kind: row.kind.clone(), generation };
                import_current::Entity::insert(current.into_active_model())
                    .exec_without_returning(&self.conn)
                    .await
                    .map_err(fault)?;
            }
        }
        let to = Model {
            state: CURRENT.to_owned(),
            effect_time: Some(self.now()),
            file_sha256: sha256.to_owned(),
            ..row
        };
        Entity::update_many()
            .col_expr(Column::State, Expr::value(CURRENT))
            .col_expr(Column::EffectTime, Expr::value(self.now()))
            .col_expr(Column::FileSha256, Expr::value(sha256))
            .filter(Column::Id.eq(generation))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(Some(to))
    }
}

/// Adds rows in as few statements as may be, leaving out those whose key is taken; how many were
/// added.
pub(crate) async fn insert(
    conn: &DatabaseTransaction,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
) -> Result<u64> {
    let mut n_added = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<Vec<Value>> = rows.by_ref().take(PARAMETERS / columns.len()).collect();
        let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
        for row in 0..chunk.len() {
            let n = row * columns.len();
            let places = (1..=columns.len()).map(|it| place(conn.get_database_backend(), n + it));
            let places: Vec<String> = places.collect();
            sql.push_str(if row == 0 { "(" } else { ", (" });
            sql.push_str(&places.join(", "));
            sql.push(')');
        }
        sql.push_str(" ON CONFLICT DO NOTHING");
        n_added += execute(conn, &sql, chunk.into_iter().flatten()).await?;
    }
    Ok(n_added)
}

/// Where a value goes. SQLite looks each name up among all others, which with thousands of them takes
/// longer than the insertion; without names it counts.
fn place(backend: DbBackend, n: usize) -> String {
    match backend == DbBackend::Sqlite {
        true => "?".to_owned(),
        false => format!("${n}"),
    }
}

async fn execute(
    conn: &DatabaseTransaction,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64> {
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    Ok(conn.execute_raw(statement).await.map_err(fault)?.rows_affected())
}

async fn one(
    conn: &DatabaseTransaction,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<sea_orm::QueryResult>> {
    let statement = Statement::from_sql_and_values(conn.get_database_backend(), sql, values);
    conn.query_one_raw(statement).await.map_err(fault)
}
