//! The tables in force, kept in memory until a transaction sees that another generation is current.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use domain::{
    Error, Programme, Result, Timestamp,
    facts::{Facts, Markets, Table},
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Statement};

use crate::fault::fault;

type Generations = BTreeMap<Table, i64>;

/// What this process last saw.
pub(crate) struct InForce {
    now: RwLock<(Generations, Arc<Facts>)>,
    /// Market tables that were in force, by their generations, of which none ever changes.
    former: Mutex<BTreeMap<i64, Arc<Markets>>>,
}

impl fmt::Debug for InForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InForce").finish_non_exhaustive()
    }
}

/// Of so many former tables the process keeps what it read.
const FORMER: usize = 32;

const GENERATIONS: &str = "SELECT kind, generation FROM import_current \
     WHERE kind IN ('markets', 'calendars', 'holidays', 'mail-domains')";
const MARKETS_THEN: &str = "SELECT id FROM import_generation WHERE kind = 'markets' \
     AND effect_time <= $1 ORDER BY effect_time DESC, id DESC LIMIT 1";
const ROWS: &str = "SELECT body FROM import_row WHERE generation = $1 ORDER BY n";

impl InForce {
    pub fn new(programme: &Programme) -> Self {
        let now = RwLock::new((Generations::new(), programme.shipped.clone()));
        Self { now, former: Mutex::default() }
    }

    /// As of the newest transaction of this process.
    pub fn last(&self) -> Arc<Facts> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// The facts as the snapshot of this transaction has them.
    pub async fn of(
        &self,
        conn: &DatabaseTransaction,
        programme: &Programme,
    ) -> Result<Arc<Facts>> {
        let backend = conn.get_database_backend();
        let rows = conn.query_all_raw(Statement::from_string(backend, GENERATIONS)).await;
        let mut current = Generations::new();
        for row in rows.map_err(fault)? {
            let kind: String = row.try_get_by_index(0).map_err(fault)?;
            let generation = row.try_get_by_index(1).map_err(fault)?;
            current.extend(Table::of(&kind).map(|it| (it, generation)));
        }
        if let Some(facts) = self.known(&current) {
            return Ok(facts);
        }
        let mut facts = Facts::clone(&programme.shipped);
        for (table, generation) in &current {
            let text = text_of(conn, *generation).await?;
            facts = facts.with(*table, &text).map_err(Error::internal)?;
        }
        let facts = Arc::new(facts);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = (current, facts.clone());
        Ok(facts)
    }

    /// The facts as of the newest transaction, with the market table that was in force then.
    pub async fn of_past(
        &self,
        conn: &DatabaseTransaction,
        programme: &Programme,
        then: Timestamp,
    ) -> Result<Arc<Facts>> {
        let (current, facts) = {
            let known = self.now.read().unwrap_or_else(PoisonError::into_inner);
            (known.0.get(&Table::Markets).copied(), known.1.clone())
        };
        let backend = conn.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, MARKETS_THEN, [then.into()]);
        let row = conn.query_one_raw(statement).await.map_err(fault)?;
        let generation: Option<i64> =
            row.map(|it| it.try_get_by_index(0).map_err(fault)).transpose()?;
        let markets = match generation {
            it if it == current => return Ok(facts),
            None => programme.shipped.markets.clone(),
            Some(generation) => self.former(conn, &facts, generation).await?,
        };
        Ok(Arc::new(Facts { markets, ..Facts::clone(&facts) }))
    }

    /// The market table of a generation, read once.
    async fn former(
        &self,
        conn: &DatabaseTransaction,
        facts: &Facts,
        generation: i64,
    ) -> Result<Arc<Markets>> {
        let known = |it: &Self| {
            let former = it.former.lock().unwrap_or_else(PoisonError::into_inner);
            former.get(&generation).cloned()
        };
        if let Some(markets) = known(self) {
            return Ok(markets);
        }
        let text = text_of(conn, generation).await?;
        let markets = facts.with(Table::Markets, &text).map_err(Error::internal)?.markets;
        let mut former = self.former.lock().unwrap_or_else(PoisonError::into_inner);
        if former.len() >= FORMER {
            former.pop_first();
        }
        former.insert(generation, markets.clone());
        Ok(markets)
    }

    fn known(&self, current: &Generations) -> Option<Arc<Facts>> {
        let known = self.now.read().unwrap_or_else(PoisonError::into_inner);
        (known.0 == *current).then(|| known.1.clone())
    }
}

/// The rows of a generation, as lines of CSV.
async fn text_of(conn: &DatabaseTransaction, generation: i64) -> Result<String> {
    let backend = conn.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, ROWS, [generation.into()]);
    let mut text = String::new();
    for row in conn.query_all_raw(statement).await.map_err(fault)? {
        let body: String = row.try_get_by_index(0).map_err(fault)?;
        text.push_str(&body);
        text.push('\n');
    }
    Ok(text)
}
