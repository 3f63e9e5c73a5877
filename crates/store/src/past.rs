//! What was so until when: written by what changes it, in the same transaction, and read as of a
//! moment that has passed. A fact of which nothing is remembered after the moment holds still. A change
//! counts from its transaction's instant on: who asked between that and the commit may have been
//! answered without it.

use std::collections::HashMap;

use domain::{Error, Result, Timestamp};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
    prelude::Uuid, sea_query::OnConflict,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Tx, View,
    entity::{
        ledger,
        past::{Column, Entity, Model},
        past_start,
    },
    fault::fault,
};

/// Of a table's row what can change and what an answer about the past follows from.
pub(crate) trait Fact: Serialize + DeserializeOwned + PartialEq {
    const KIND: &'static str;
    type Row;

    fn of(row: &Self::Row) -> Self;

    /// The row as it is now, with the fact as it was.
    fn put(self, row: Self::Row) -> Result<Self::Row>;
}

impl Tx {
    /// What a change puts an end to, if it does.
    pub(crate) async fn remember<F: Fact>(
        &self,
        subject: Uuid,
        was: &F::Row,
        is: &F::Row,
    ) -> Result<()> {
        let was = F::of(was);
        match was == F::of(is) {
            true => Ok(()),
            false => self.remember_as(F::KIND, subject, Some(&was)).await,
        }
    }

    /// That there was nothing of this kind until now.
    pub(crate) async fn remember_nothing<F: Fact>(&self, subject: Uuid) -> Result<()> {
        self.remember_as::<F>(F::KIND, subject, None).await
    }

    /// What was so until now. Of several changes at one instant the first counts: what was in between
    /// never held.
    pub(crate) async fn remember_as<T: Serialize>(
        &self,
        kind: &str,
        subject: Uuid,
        was: Option<&T>,
    ) -> Result<()> {
        let body = was.map(serde_json::to_string).transpose().map_err(Error::internal)?;
        let (subject_id, kind, until_time) = (subject, kind.to_owned(), self.now());
        let row = Model { subject_id, kind, until_time, body };
        Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}

impl View {
    /// Of each subject what held at this view's moment and does no longer; None where there was
    /// nothing. What is left out holds still.
    pub(crate) async fn was<F: Fact>(
        &self,
        subjects: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Option<F>>> {
        let mut found = HashMap::new();
        let subjects: Vec<Uuid> = subjects.into_iter().collect();
        if !self.is_past() || subjects.is_empty() {
            return Ok(found);
        }
        let query = self.any::<Entity>().filter(Column::SubjectId.is_in(subjects));
        let query = query.filter(Column::Kind.eq(F::KIND));
        let query = query.filter(Column::UntilTime.gt(self.now()));
        let query = query.order_by_desc(Column::UntilTime);
        for row in query.all(&self.conn).await.map_err(fault)? {
            let body = row.body.as_deref().map(serde_json::from_str).transpose();
            found.insert(row.subject_id, body.map_err(Error::internal)?);
        }
        Ok(found)
    }

    /// Whether something that was made then is there at this view's moment.
    pub(crate) fn has_begun(&self, create_time: Timestamp) -> bool {
        !self.is_past() || create_time <= self.now()
    }

    /// Whether something that ended then has not yet at this view's moment.
    pub(crate) fn goes_on(&self, end_time: Option<Timestamp>) -> bool {
        self.is_past() && end_time.is_some_and(|it| self.now() < it)
    }

    /// FIELD_INVALID for a moment that has not passed, or of which nothing is known.
    pub(crate) async fn check_moment(&self, as_of: Timestamp) -> Result<()> {
        let first = self.any::<ledger::Entity>().filter(ledger::Column::Seq.gt(0));
        let first = first.order_by_asc(ledger::Column::Seq).one(&self.conn).await.map_err(fault)?;
        let kept = self.any::<past_start::Entity>().filter(past_start::Column::Id.eq(1));
        let kept = kept.one(&self.conn).await.map_err(fault)?.map(|it| it.time);
        let beginning = kept.or(first.map(|it| it.create_time));
        if self.now() < as_of {
            return Err(Error::field("as_of", "IN_FUTURE", "must have passed"));
        }
        match beginning.is_some_and(|it| it <= as_of) {
            true => Ok(()),
            false => Err(Error::field("as_of", "BEFORE_BEGINNING", "nothing is known of then")),
        }
    }
}

/// A row as it was at the moment of what was remembered; None where there was nothing yet.
pub(crate) fn then<F: Fact>(
    was: &mut HashMap<Uuid, Option<F>>,
    subject: Uuid,
    row: F::Row,
) -> Result<Option<F::Row>> {
    match was.remove(&subject) {
        None => Ok(Some(row)),
        Some(None) => Ok(None),
        Some(Some(fact)) => fact.put(row).map(Some),
    }
}
