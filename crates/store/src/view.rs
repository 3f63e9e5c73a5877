//! What a call sees: one snapshot, one instant, one reach.

use std::sync::Arc;

use domain::{
    Caller, Error, Programme, Reach, Result, Timestamp, UserCaller, facts::Facts, id::LinkId,
};
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter as _, Select};

use crate::{Reachable, fault::fault};

/// A snapshot of the database as its caller may see it.
pub struct View {
    pub(crate) conn: DatabaseTransaction,
    caller: Caller,
    reach: Reach,
    now: Timestamp,
    /// The instant has passed: what is seen is what was so then.
    is_past: bool,
    pub(crate) programme: Arc<Programme>,
    facts: Arc<Facts>,
}

impl View {
    pub(crate) fn new(
        conn: DatabaseTransaction,
        caller: Caller,
        now: Timestamp,
        programme: Arc<Programme>,
        facts: Arc<Facts>,
    ) -> Self {
        let reach = caller.reach();
        Self { conn, caller, reach, now, is_past: false, programme, facts }
    }

    /// From here on shows what was so at a moment that has passed, by the tables in force then. Taught
    /// are the reads of orders, relationships, their grants and parties, and customers' rows; every
    /// other read goes on showing what is.
    pub(crate) fn go_back(&mut self, to: Timestamp, facts: Arc<Facts>) {
        (self.now, self.is_past, self.facts) = (to, true, facts);
    }

    pub(crate) fn is_past(&self) -> bool {
        self.is_past
    }

    pub(crate) fn become_link(&mut self, link: LinkId) {
        self.caller = Caller::Link(link);
    }

    /// From here on the caller is this person.
    pub(crate) fn become_user(&mut self, user: UserCaller) {
        self.caller = Caller::User(user);
        self.reach = self.caller.reach();
    }

    /// What is the same for every call.
    pub fn programme(&self) -> &Programme {
        &self.programme
    }

    /// The tables of markets, calendars, addresses and mail domains in force.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The one instant at which everything in this call happens.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// The rows of a table within the caller's reach.
    pub(crate) fn find<E: Reachable>(&self) -> Select<E> {
        E::find().filter(E::within(self.reach))
    }

    /// The rows of a table within the caller's reach, by each way in which it sees some: together
    /// those of `find`, some of them perhaps twice.
    pub(crate) fn find_by_way<E: Reachable>(&self) -> Vec<Select<E>> {
        match self.reach {
            Reach::Company(company) => {
                E::ways(company).into_iter().map(|it| E::find().filter(it)).collect()
            }
            Reach::Everything | Reach::Nothing => vec![self.find()],
        }
    }

    /// All rows of a table: for keys that the caller proved, and for the gate.
    pub(crate) fn any<E: EntityTrait>(&self) -> Select<E> {
        E::find()
    }

    pub(crate) async fn commit(self) -> Result<()> {
        self.conn.commit().await.map_err(fault)
    }

    pub(crate) async fn end(self) -> Result<()> {
        self.conn.rollback().await.map_err(fault)
    }
}

/// What was found, or the one answer for what is unknown or out of reach.
pub(crate) fn found<T>(row: Option<T>) -> Result<T> {
    row.ok_or_else(Error::not_found)
}
