//! A unit of work: the change, its ledger entries and the memory of the call, or nothing.

use std::{collections::BTreeMap, ops::Deref};

use domain::{
    Call, Caller, Error, Outcome, Plan, Reason, Result, UserCaller,
    id::{CompanyId, LinkId},
};
use event::Event;
use sea_orm::{ActiveModelTrait, EntityTrait as _, QueryFilter as _, sea_query::Expr};

use crate::{View, fault::fault};

/// What the ledger is to remember, once per company concerned.
pub(crate) struct Recorded {
    pub event: Event,
    pub companies: Vec<CompanyId>,
    pub personal: BTreeMap<String, String>,
    /// Whose act it was, where not the caller's: time's, while the caller did something else.
    pub by_system: Option<&'static str>,
}

/// A write in progress. Reads like a [`View`] of the same caller and instant.
pub struct Tx {
    view: View,
    pub(crate) call: Call,
    pub(crate) recorded: Vec<Recorded>,
    /// Mails to be sent: template and recipient.
    pub(crate) mails: Vec<(&'static str, String)>,
    pub(crate) has_timers: bool,
    /// What is kept for a repetition of the call, where not the reply itself.
    pub(crate) kept: Option<Vec<u8>>,
    refused: bool,
}

impl Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl Tx {
    pub(crate) fn new(view: View, call: Call) -> Self {
        let (recorded, mails) = (Vec::new(), Vec::new());
        Self { view, call, recorded, mails, has_timers: false, kept: None, refused: false }
    }

    /// From here on acts as the holder of a mailed secret, where that is the whole credential.
    pub fn enter(&mut self, link: LinkId) {
        if matches!(self.view.caller(), Caller::Anonymous) {
            self.view.become_link(link);
        }
    }

    pub(crate) fn become_user(&mut self, user: UserCaller) {
        self.view.become_user(user);
    }

    /// Whether mails or timers wait for the delivery once this is committed.
    pub(crate) fn leaves_work(&self) -> bool {
        !self.mails.is_empty() || self.has_timers
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
        let (companies, personal) = (companies.to_vec(), personal.collect());
        self.recorded.push(Recorded { event, companies, personal, by_system: None });
    }

    /// Remembers what time did, found out on the way of another's act.
    pub fn record_by_time(&mut self, event: Event, companies: &[CompanyId]) {
        let (companies, personal) = (companies.to_vec(), BTreeMap::new());
        self.recorded.push(Recorded { event, companies, personal, by_system: Some("time") });
    }

    /// Keeps `reply` for a repetition of the call, in the place of one that shows a secret.
    pub fn withhold(&mut self, reply: &impl prost::Message) {
        self.kept = Some(reply.encode_to_vec());
    }

    /// Answers `error`, yet commits what was recorded: failed sign-ins, used-up tries.
    pub fn refuse(&mut self, error: Error) -> Error {
        self.refused = true;
        error
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Puts a row in the place of the one that was seen. If that is gone or has another version, a
    /// race is lost.
    pub(crate) async fn replace<A: ActiveModelTrait>(&self, row: A, seen: [Expr; 2]) -> Result<()> {
        let [key, version] = seen;
        let query = A::Entity::update_many().set(row.reset_all()).filter(key).filter(version);
        match query.exec(&self.conn).await.map_err(fault)?.rows_affected {
            0 => Err(Error::new(Reason::Contention)),
            _ => Ok(()),
        }
    }

    /// Takes everything back and reports what would have happened.
    pub(crate) async fn plan(self) -> Result<()> {
        let names = self.recorded.iter().filter_map(|it| it.event.kind.as_ref());
        let (events, mails) = (names.map(|it| it.name()).collect(), self.mails.clone());
        let plan = Plan { events, mails };
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
