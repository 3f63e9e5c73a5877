//! The tables in force, kept in memory until a transaction sees that another generation is current.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use domain::{
    Error, Programme, Result,
    facts::{Facts, Table},
};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, Statement};

use crate::fault::fault;

type Generations = BTreeMap<Table, i64>;

/// What this process last saw.
#[derive(Debug)]
pub(crate) struct InForce(RwLock<(Generations, Arc<Facts>)>);

const GENERATIONS: &str = "SELECT kind, generation FROM import_current \
     WHERE kind IN ('markets', 'calendars', 'holidays', 'mail-domains')";
const ROWS: &str = "SELECT body FROM import_row WHERE generation = $1 ORDER BY n";

impl InForce {
    pub fn new(programme: &Programme) -> Self {
        Self(RwLock::new((Generations::new(), programme.shipped.clone())))
    }

    /// As of the newest transaction of this process.
    pub fn last(&self) -> Arc<Facts> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).1.clone()
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
            let statement = Statement::from_sql_and_values(backend, ROWS, [(*generation).into()]);
            let mut text = String::new();
            for row in conn.query_all_raw(statement).await.map_err(fault)? {
                let body: String = row.try_get_by_index(0).map_err(fault)?;
                text.push_str(&body);
                text.push('\n');
            }
            facts = facts.with(*table, &text).map_err(Error::internal)?;
        }
        let facts = Arc::new(facts);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = (current, facts.clone());
        Ok(facts)
    }

    fn known(&self, current: &Generations) -> Option<Arc<Facts>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        (known.0 == *current).then(|| known.1.clone())
    }
}
