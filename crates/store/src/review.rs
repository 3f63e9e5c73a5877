//! The queue of reviews, and what is known beside what a company stated.

use std::{fmt, str::FromStr};

use domain::{
    Error, Reason, Result, Timestamp,
    constants::REVIEWER_DISTANCE,
    email::EmailAddress,
    enrollment::State,
    id::{CompanyId, PartnerId, UserId},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};

use crate::{
    Page, Tx, View,
    entity::{
        account,
        enrollment::{Column, Entity, Model},
        former_contact as former,
    },
    fault::fault,
};

/// Which enrolments are wanted; what is given holds together.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    pub state: Option<State>,
    pub is_overdue: bool,
    pub region_code: Option<String>,
    pub started_before: Option<Timestamp>,
    pub claimed_by: Option<UserId>,
    pub order: Order,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As they were started.
    #[default]
    Start,
    /// By the end that is expected of their review; only those that have one.
    Due,
}

/// Where a page ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    due: Option<Timestamp>,
    partner: PartnerId,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.due {
            Some(due) => write!(f, "{}_{}", self.partner, due.timestamp_micros()),
            None => self.partner.fmt(f),
        }
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((partner, due)) = text.split_once('_') else {
            return Ok(Self { due: None, partner: text.parse()? });
        };
        let micros = due.parse().ok();
        let due = micros.and_then(Timestamp::from_timestamp_micros);
        let due = due.ok_or_else(|| Error::new(Reason::PageTokenInvalid))?;
        Ok(Self { due: Some(due), partner: partner.parse()? })
    }
}

impl Queue {
    /// The key of a row in this order.
    pub fn key(&self, row: &Model) -> Key {
        let due = row.expected_by_time.filter(|_| self.order == Order::Due);
        Key { due, partner: row.partner_id }
    }

    fn condition(&self, now: Timestamp) -> Condition {
        let by_due = self.order == Order::Due;
        Condition::all()
            .add_option(self.state.map(|it| Column::State.eq(it.to_value())))
            .add_option(self.is_overdue.then(|| Column::ExpectedByTime.lte(now)))
            .add_option(by_due.then(|| Column::ExpectedByTime.is_not_null()))
            .add_option(self.region_code.as_ref().map(|it| Column::RegionCode.eq(it.as_str())))
            .add_option(self.started_before.map(|it| Column::CreateTime.lt(it)))
            .add_option(self.claimed_by.map(|it| Column::ReviewerId.eq(it)))
    }
}

/// The rows behind a key, spelled so that an index finds the first.
fn behind(key: Key) -> Condition {
    let later = Column::PartnerId.gt(key.partner);
    match key.due {
        None => Condition::all().add(later),
        Some(due) => Condition::all()
            .add(Column::ExpectedByTime.gte(due))
            .add(Condition::any().add(Column::ExpectedByTime.gt(due)).add(later)),
    }
}

impl View {
    /// Enrolments within reach, behind the one with the key `after`.
    pub async fn enrollments(
        &self,
        queue: &Queue,
        after: Option<Key>,
        n: u64,
    ) -> Result<Page<Model>> {
        let mut query = self.find::<Entity>().filter(queue.condition(self.now()));
        if let Some(after) = after {
            query = query.filter(behind(after));
        }
        if queue.order == Order::Due {
            query = query.order_by_asc(Column::ExpectedByTime);
        }
        let query = query.order_by_asc(Column::PartnerId).limit(n + 1);
        Ok(Page::cut(query.all(&self.conn).await.map_err(fault)?, n))
    }

    /// Other enrolments with the same registration id or D-U-N-S number (E11).
    pub async fn any_duplicates(&self, of: &Model, n: u64) -> Result<Vec<Model>> {
        let mut found: Vec<Model> = Vec::new();
        for (column, value) in
            [(Column::RegistrationKey, &of.registration_key), (Column::DunsNumber, &of.duns_number)]
        {
            if value.is_empty() {
                continue;
            }
            let query = self.any::<Entity>().filter(column.eq(value.as_str()));
            // As the index has it.
            let query = query.filter(column.ne("")).filter(Column::PartnerId.ne(of.partner_id));
            let query = query.order_by_asc(Column::PartnerId).limit(n);
            for row in query.all(&self.conn).await.map_err(fault)? {
                if found.iter().all(|it| it.partner_id != row.partner_id) {
                    found.push(row);
                }
            }
        }
        found.truncate(usize::try_from(n).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// The addresses of a company's people, gone ones included.
    pub async fn any_addresses(&self, company: CompanyId) -> Result<Vec<String>> {
        let query = self.any::<account::Entity>();
        let query = query.filter(account::Column::CompanyId.eq(company));
        let query = query.select_only().column(account::Column::Email);
        query.into_tuple().all(&self.conn).await.map_err(fault)
    }

    /// Whether the address was a contact's of the partner within the last 12 months (E11).
    pub async fn any_former_contact(&self, partner: PartnerId, key: &str) -> Result<bool> {
        let query = self.any::<former::Entity>();
        let query = query.filter(former::Column::PartnerId.eq(partner));
        let query = query.filter(former::Column::EmailKey.eq(key));
        let found = query.one(&self.conn).await.map_err(fault)?;
        Ok(found.is_some_and(|it| self.now() < it.end_time + REVIEWER_DISTANCE))
    }
}

impl Tx {
    /// Remembers that an address was a contact's until now.
    pub async fn add_former_contact(&self, partner: PartnerId, address: &str) -> Result<()> {
        let Ok(address) = address.parse::<EmailAddress>() else {
            return Ok(());
        };
        let row = former::Model {
            partner_id: partner,
            email_key: address.key().to_owned(),
            end_time: self.now(),
        };
        let key = [former::Column::PartnerId, former::Column::EmailKey];
        let mut again = OnConflict::columns(key);
        former::Entity::insert(row.into_active_model())
            .on_conflict(again.update_column(former::Column::EndTime).to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
