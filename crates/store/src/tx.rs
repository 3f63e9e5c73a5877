//! A unit of work: the change, its ledger entries and the memory of the call, or nothing.

use std::{collections::BTreeMap, ops::Deref};

use domain::{Call, Error, Outcome, Plan, Reason, Result, id::CompanyId};
use event::Event;
use sea_orm::DatabaseTransaction;

use crate::{View, fault::fault};

/// What the ledger is to remember, once per company concerned.
pub(crate) struct Recorded {
    pub event: Event,
    pub companies: Vec<CompanyId>,
    pub personal: BTreeMap<String, String>,
}

/// A write in progress. Reads like a [`View`] of the same caller and instant.
pub struct Tx {
    view: View,
    pub(crate) call: Call,
    pub(crate) recorded: Vec<Recorded>,
    refused: bool,
}

impl Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl Tx {
    pub(crate) fn new(conn: DatabaseTransaction, call: Call, now: domain::Timestamp) -> Self {
        let view = View::new(conn, call.caller.clone(), now);
        Self { view, call, recorded: Vec::new(), refused: false }
    }

    /// Remembers what happened, for each of `companies`.
    pub fn record(&mut self, event: Event, companies: &[CompanyId]) {
        self.record_personal(event, companies, &[]);
    }

    /// Remembers what happened, with names, addresses and the like beside it, where they can be
    /// erased.
    pub fn record_personal(
        &mut self,
        event: Event,
        companies: &[CompanyId],
        personal: &[(&str, &str)],
    ) {
        let personal = personal.iter().map(|(key, value)| ((*key).into(), (*value).into()));
        let companies = companies.to_vec();
        self.recorded.push(Recorded { event, companies, personal: personal.collect() });
    }

    /// Answers `error`, yet commits what was recorded: failed sign-ins, used-up tries.
    pub fn refuse(&mut self, error: Error) -> Error {
        self.refused = true;
        error
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Takes everything back and reports what would have happened.
    pub(crate) async fn plan(self) -> Result<()> {
        let names = self.recorded.iter().filter_map(|it| it.event.kind.as_ref());
        let plan = Plan { events: names.map(|it| it.name()).collect(), mails: Vec::new() };
        self.call.report(Outcome { plan, ..Outcome::default() });
        self.view.end().await
    }

    pub(crate) async fn roll_back(self) -> Result<()> {
        self.view.end().await
    }

    /// Writes the entries beside the change and makes both visible at once.
    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.recorded.is_empty() {
            return Err(Error::internal(Unrecorded));
        }
        self.write_ledger().await?;
        // An answer lost on the way leaves the outcome unknown: never say that it failed.
        self.view.conn.commit().await.map_err(|err| {
            let fault = fault(err);
            match fault.reason == Reason::Contention {
                true => fault,
                false => Error::new(Reason::Unavailable).caused_by(fault),
            }
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a write must record what happened")]
struct Unrecorded;
