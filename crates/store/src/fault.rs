//! The single place where a database error becomes ours.

use domain::{Error, Reason};
use sea_orm::{DbErr, RuntimeErr};

/// A database error as the caller may know it. A lost race is private to this crate and its
/// retries: it surfaces as CONTENTION only when they are used up.
pub(crate) fn fault(err: DbErr) -> Error {
    match code(&err).as_deref() {
        // PostgreSQL: serialization failure, deadlock. SQLite: BUSY, LOCKED, BUSY_SNAPSHOT.
        Some("40001" | "40P01" | "5" | "6" | "517") => Error::new(Reason::Contention),
        // PostgreSQL: our own statement_timeout.
        Some("57014") => Error::new(Reason::DeadlineExceeded),
        // PostgreSQL: connection lost, resources short, shutting down or failing over.
        Some(it) if ["08", "53", "57P"].iter().any(|class| it.starts_with(class)) => {
            Error::new(Reason::Unavailable)
        }
        _ if is_unavailable(&err) => Error::new(Reason::Unavailable),
        _ => return Error::internal(err),
    }
    .caused_by(err)
}

/// Whether a statement ran into a unique index.
pub(crate) fn is_duplicate(err: &DbErr) -> bool {
    // PostgreSQL: unique violation. SQLite: CONSTRAINT_PRIMARYKEY, CONSTRAINT_UNIQUE.
    matches!(code(err).as_deref(), Some("23505" | "1555" | "2067"))
}

fn is_unavailable(err: &DbErr) -> bool {
    use sea_orm::sqlx::Error as Fault;
    let is_lost = |it: &RuntimeErr| match it {
        RuntimeErr::SqlxError(it) => matches!(
            it.as_ref(),
            Fault::Io(_)
                | Fault::Tls(_)
                | Fault::Protocol(_)
                | Fault::WorkerCrashed
                | Fault::PoolTimedOut
                | Fault::PoolClosed
        ),
        RuntimeErr::Internal(_) => false,
    };
    let has_lost = matches!(err, DbErr::Exec(it) | DbErr::Query(it) if is_lost(it));
    has_lost || matches!(err, DbErr::ConnectionAcquire(_) | DbErr::Conn(_))
}

fn code(err: &DbErr) -> Option<String> {
    let (DbErr::Conn(inner) | DbErr::Exec(inner) | DbErr::Query(inner)) = err else {
        return None;
    };
    let RuntimeErr::SqlxError(inner) = inner else {
        return None;
    };
    inner.as_database_error().and_then(|it| it.code()).map(|it| it.into_owned())
}
