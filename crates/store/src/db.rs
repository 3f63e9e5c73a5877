//! Connecting, and the one way to read and to write.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{
    Call, Caller, Clock, Error, Outcome, Programme, Reason, Result, Timestamp, facts::Facts,
};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _,
};
use tokio::sync::Notify;

use crate::{Chore, Tx, View, fault::fault, in_force::InForce};

/// Where the data lie.
#[derive(Clone, Debug)]
pub enum Options {
    /// A file, made if missing.
    Sqlite(PathBuf),
    /// A server, with the greatest number of connections of each of the two pools.
    Postgres { url: String, connections: u32 },
}

/// The database of one server.
#[derive(Clone, Debug)]
pub struct Db {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    clock: Clock,
    programme: Arc<Programme>,
    in_force: Arc<InForce>,
    /// Rung after a commit that left mails or timers.
    bell: Arc<Notify>,
    /// Writes that lost a race, since the start of the process.
    n_lost: Arc<AtomicU64>,
}

const ACQUIRE: Duration = Duration::from_secs(1);
const WRITER: Duration = Duration::from_secs(10);
/// Versions before lose data on a WAL reset.
const SQLITE_LEAST: (u32, u32, u32) = (3, 51, 3);

impl Db {
    pub async fn connect(
        options: &Options,
        clock: Clock,
        programme: Arc<Programme>,
    ) -> Result<Self> {
        let (writer, reader) = match options {
            Options::Sqlite(path) => {
                let url = format!("sqlite://{}?mode=rwc", path.display());
                let writer = sqlite(&url, 1, WRITER).await?;
                assert_sqlite(&writer).await?;
                (writer, sqlite(&url, 4, ACQUIRE).await?)
            }
            Options::Postgres { url, connections } => (
                postgres(url, *connections, "serializable").await?,
                postgres(url, *connections, "repeatable read").await?,
            ),
        };
        let in_force = Arc::new(InForce::new(&programme));
        let (bell, n_lost) = Default::default();
        Ok(Self { writer, reader, clock, programme, in_force, bell, n_lost })
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The tables of markets, calendars, addresses and mail domains as the newest transaction of
    /// this process saw them: for a caller with a credential that is the look at its session, or a
    /// later one. What no credential precedes asks its own view.
    pub fn facts(&self) -> Arc<Facts> {
        self.in_force.last()
    }

    /// Closes every connection; calls under way have ended before.
    pub async fn close(&self) -> Result<()> {
        self.writer.clone().close().await.map_err(fault)?;
        self.reader.clone().close().await.map_err(fault)
    }

    /// What is the same for every call.
    pub fn programme(&self) -> &Programme {
        &self.programme
    }

    /// How many writes have lost a race since the start, each to be tried again.
    pub fn lost_races(&self) -> u64 {
        self.n_lost.load(Ordering::Relaxed)
    }

    /// Waits until something was committed for the delivery to do.
    pub async fn work_waits(&self) {
        self.bell.notified().await;
    }

    /// Tells of each statement of a read from here on, by this value only: for proofs of what reads
    /// cost.
    pub fn watch_reads(&mut self, told: impl Fn(&Statement) + Send + Sync + 'static) {
        self.reader.set_metric_callback(move |it| told(it.statement));
    }

    /// For the migrations.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.writer
    }

    async fn view(&self, conn: DatabaseTransaction, caller: Caller) -> Result<View> {
        let facts = self.in_force.of(&conn, &self.programme).await?;
        Ok(View::new(conn, caller, self.clock.now(), self.programme.clone(), facts))
    }

    /// Shows `work` one snapshot of what the caller may see.
    pub async fn read<T>(
        &self,
        call: &Call,
        work: impl AsyncFnOnce(&View) -> Result<T>,
    ) -> Result<T> {
        let conn = self.reader.begin().await.map_err(fault)?;
        let view = self.view(conn, call.caller.clone()).await?;
        let res = work(&view).await;
        view.end().await?;
        res
    }

    /// Shows `work` the same as of a moment that has passed, if one is given; FIELD_INVALID for one that
    /// has not, or from before the beginning.
    pub async fn read_as_of<T>(
        &self,
        call: &Call,
        as_of: Option<Timestamp>,
        work: impl AsyncFnOnce(&View) -> Result<T>,
    ) -> Result<T> {
        let Some(as_of) = as_of else {
            return self.read(call, work).await;
        };
        let conn = self.reader.begin().await.map_err(fault)?;
        let mut view = self.view(conn, call.caller.clone()).await?;
        let res = match self.take_back(&mut view, as_of).await {
            Ok(()) => work(&view).await,
            Err(err) => Err(err),
        };
        view.end().await?;
        res
    }

    async fn take_back(&self, view: &mut View, as_of: Timestamp) -> Result<()> {
        view.check_moment(as_of).await?;
        let facts = self.in_force.of_past(&view.conn, &self.programme, as_of).await?;
        view.go_back(as_of, facts);
        Ok(())
    }

    /// Runs `work` as if no other write ran beside it, then commits it with its ledger entries
    /// and, for a call with a request id, with its reply.
    ///
    /// An error or a dropped future leaves nothing behind, except what [`Tx::refuse`] commits. A
    /// lost race surfaces as CONTENTION, which `gate::serve!` answers by running the slice again.
    pub async fn write<T: prost::Message + Default>(
        &self,
        call: &Call,
        work: impl AsyncFnOnce(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        let answer = self.write_once(call, work).await;
        if answer.as_ref().is_err_and(|it| it.reason == Reason::Contention) {
            self.n_lost.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    async fn write_once<T: prost::Message + Default>(
        &self,
        call: &Call,
        work: impl AsyncFnOnce(&mut Tx) -> Result<T>,
    ) -> Result<T> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let conn = self.writer.begin_with_options(options).await.map_err(fault)?;
        let view = self.view(conn, call.caller.clone()).await?;
        let mut tx = Tx::new(view, call.clone());
        tx.still_holds().await?;

        if let Some(idempotency) = &call.idempotency
            && let Some(reply) = tx.claim(idempotency).await?
        {
            tx.roll_back().await?;
            call.report(Outcome { replayed: true, ..Outcome::default() });
            return T::decode(reply.as_slice()).map_err(Error::internal);
        }
        match work(&mut tx).await {
            Ok(res) if call.validate_only => {
                tx.plan().await?;
                Ok(res)
            }
            Ok(res) => {
                if let Some(idempotency) = &call.idempotency {
                    let reply = tx.kept.take().unwrap_or_else(|| res.encode_to_vec());
                    tx.keep(idempotency, reply).await?;
                }
                let leaves_work = tx.leaves_work();
                tx.commit().await?;
                if leaves_work {
                    self.bell.notify_one();
                }
                Ok(res)
            }
            Err(err) if tx.is_refused() && !call.validate_only => {
                // Only a success is remembered for a repetition.
                if let Some(idempotency) = &call.idempotency {
                    tx.forget(idempotency).await?;
                }
                tx.commit().await?;
                Err(err)
            }
            Err(err) => {
                // What went wrong first is what is answered.
                if let Err(also) = tx.roll_back().await {
                    tracing::warn!(error = ?also, "a transaction could not be rolled back");
                }
                Err(err)
            }
        }
    }
}

impl Db {
    /// Housekeeping that is no event of anybody: delivery marks and spent timers. `job` names it;
    /// each use is listed in the tests of the workspace's shape.
    pub async fn maintain<T>(
        &self,
        job: &'static str,
        work: impl AsyncFnOnce(&mut Chore) -> Result<T>,
    ) -> Result<T> {
        let is_postgres = self.writer.get_database_backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            // Rows are taken one by one, under a lock; a snapshot would only make workers collide.
            isolation_level: is_postgres.then_some(IsolationLevel::ReadCommitted),
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let conn = self.writer.begin_with_options(options).await.map_err(fault)?;
        let caller = Call::system(job).caller;
        let view = self.view(conn, caller).await?;
        let mut chore = Chore::new(view);
        match work(&mut chore).await {
            Ok(res) => {
                chore.commit().await?;
                Ok(res)
            }
            Err(err) => {
                chore.roll_back().await?;
                Err(err)
            }
        }
    }
}

async fn sqlite(url: &str, connections: u32, acquire: Duration) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(acquire).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|it| {
        it.pragma("journal_mode", "WAL")
            .pragma("synchronous", "FULL")
            .pragma("foreign_keys", "ON")
            .pragma("busy_timeout", "5000")
    });
    Database::connect(options).await.map_err(fault)
}

async fn postgres(url: &str, connections: u32, isolation: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(ACQUIRE * 5).sqlx_logging(false);
    let isolation = isolation.to_owned();
    // BEGIN and SET TRANSACTION would be two round trips; a default of the connection is none.
    options.map_sqlx_postgres_opts(move |it| {
        it.options([
            ("default_transaction_isolation", isolation.as_str()),
            ("statement_timeout", "10s"),
            // A scan of a small table would lock the whole of it against every other write.
            ("enable_seqscan", "off"),
        ])
    });
    Database::connect(options).await.map_err(fault)
}

/// Refuses to start on a SQLite that was not set up as asked.
async fn assert_sqlite(db: &DatabaseConnection) -> Result<()> {
    for (question, answer) in
        [("PRAGMA journal_mode", "wal"), ("PRAGMA synchronous", "2"), ("PRAGMA foreign_keys", "1")]
    {
        let found = ask(db, question).await?;
        if found != answer {
            return Err(Error::internal(Unsafe(format!("{question} is {found}, not {answer}"))));
        }
    }
    let version = ask(db, "SELECT sqlite_version()").await?;
    let mut parts = version.split('.').map(|it| it.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    match (next(), next(), next()) >= SQLITE_LEAST {
        true => Ok(()),
        false => Err(Error::internal(Unsafe(format!("SQLite {version} is too old")))),
    }
}

async fn ask(db: &DatabaseConnection, question: &str) -> Result<String> {
    let statement = Statement::from_string(DbBackend::Sqlite, question);
    let row = db.query_one_raw(statement).await.map_err(fault)?;
    let row = row.ok_or_else(|| Error::internal(Unsafe(format!("{question}: no answer"))))?;
    match row.try_get_by_index::<String>(0) {
        Ok(text) => Ok(text),
        Err(_) => Ok(row.try_get_by_index::<i64>(0).map_err(fault)?.to_string()),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unsafe(String);
