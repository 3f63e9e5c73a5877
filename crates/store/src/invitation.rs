//! Invitations: of providers to resellers, and of resellers to customers (M6).

use std::collections::{BTreeMap, HashSet};

use domain::{
    Error, Reason, Result, Timestamp,
    id::{
        CompanyId, CustomerInvitationId, InvitationId, PartnerId, customer_invitation_name,
        invitation_name,
    },
    invitation::{Action, State},
    link::{self, Purpose},
    timer::Timer,
};
use event::{CustomerInvitationExpired, Event, InvitationExpired, event::Kind};
use sea_orm::{
    ActiveEnum as _, ColumnTrait, Condition, EntityTrait, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::{
    Page, Tx, View,
    entity::{
        customer_invitation as to_customer,
        invitation::{Column, Entity, Model},
    },
    fault::fault,
    page::is,
    view::found,
};

impl View {
    /// An invitation within reach: sent by the caller's company, or to it.
    pub async fn invitation(&self, id: InvitationId) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::Id.eq(id));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// Invitations within reach, after `after`; the stored state may lag behind time.
    pub async fn invitations(
        &self,
        state: Option<State>,
        only: Option<Vec<InvitationId>>,
        after: Option<InvitationId>,
        n: u64,
    ) -> Result<Page<Model>> {
        let mut rows = BTreeMap::new();
        let cases = in_state(state, Column::State, Column::ExpireTime, self.now());
        for mut query in each(&self.find_by_way::<Entity>(), &cases) {
            if let Some(only) = &only {
                query = query.filter(Column::Id.is_in(only.iter().copied()));
            }
            if let Some(after) = after {
                query = query.filter(Column::Id.gt(after));
            }
            let query = query.order_by_asc(Column::Id).limit(n + 1);
            let found = query.all(&self.conn).await.map_err(fault)?;
            rows.extend(found.into_iter().map(|it| (it.id, it)));
        }
        Ok(Page::cut(rows.into_values().collect(), n))
    }

    /// A customer invitation within reach: sent by the caller's company, or naming it.
    pub async fn customer_invitation(
        &self,
        id: CustomerInvitationId,
    ) -> Result<to_customer::Model> {
        let query = self.find::<to_customer::Entity>().filter(to_customer::Column::Id.eq(id));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// Customer invitations within reach, after `after`.
    pub async fn customer_invitations(
        &self,
        state: Option<State>,
        only: Option<Vec<CustomerInvitationId>>,
        after: Option<CustomerInvitationId>,
        n: u64,
    ) -> Result<Page<to_customer::Model>> {
        use to_customer::Column;
        let mut rows = BTreeMap::new();
        let cases = in_state(state, Column::State, Column::ExpireTime, self.now());
        for mut query in each(&self.find_by_way::<to_customer::Entity>(), &cases) {
            if let Some(only) = &only {
                query = query.filter(Column::Id.is_in(only.iter().copied()));
            }
            if let Some(after) = after {
                query = query.filter(Column::Id.gt(after));
            }
            let query = query.order_by_asc(Column::Id).limit(n + 1);
            let found = query.all(&self.conn).await.map_err(fault)?;
            rows.extend(found.into_iter().map(|it| (it.id, it)));
        }
        Ok(Page::cut(rows.into_values().collect(), n))
    }

    /// When the address last declined an invitation of the provider, whatever PartnerID it named.
    pub async fn any_decline_time(
        &self,
        provider: PartnerId,
        email_key: &str,
    ) -> Result<Option<Timestamp>> {
        let query = self.any::<Entity>().filter(Column::ProviderId.eq(provider));
        let query = query.filter(Column::EmailKey.eq(email_key));
        let query = query.filter(Column::State.eq(State::Declined.to_value()));
        let last = query.order_by_desc(Column::EndTime).one(&self.conn).await.map_err(fault)?;
        Ok(last.and_then(|it| it.end_time))
    }

    /// An invitation whose link the caller holds, or that its timer names.
    pub async fn any_invitation(&self, id: InvitationId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }

    /// A customer invitation whose link the caller holds, or that its timer names.
    pub async fn any_customer_invitation(
        &self,
        id: CustomerInvitationId,
    ) -> Result<Option<to_customer::Model>> {
        let query = self.any::<to_customer::Entity>().filter(to_customer::Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }

    /// Of providers with PartnerIDs those where a pending invitation names the number.
    pub(crate) async fn any_invited(
        &self,
        of: &[(PartnerId, String)],
    ) -> Result<HashSet<(PartnerId, String)>> {
        if of.is_empty() {
            return Ok(HashSet::new());
        }
        let query = self.any::<Entity>();
        let query = query.filter(Column::ProviderId.is_in(of.iter().map(|it| it.0)));
        let query = query.filter(Column::NamedNumber.is_in(of.iter().map(|it| it.1.as_str())));
        let query = match self.is_past() {
            true => query.filter(Expr::cust("named_number <> ''")),
            false => query.filter(Column::State.eq(State::Pending.to_value())),
        };
        let rows = query.all(&self.conn).await.map_err(fault)?;
        // One that was sent again has the end that it got last; it was PENDING all the while.
        let waited = |it: &Model| {
            let is_pending = it.state == State::Pending || self.goes_on(it.end_time);
            is_pending && self.has_begun(it.create_time) && self.now() < it.expire_time
        };
        let waits = rows.into_iter().filter(waited);
        Ok(waits.map(|it| (it.provider_id, it.named_number)).collect())
    }

    /// The PENDING invitation with this natural key.
    pub async fn any_pending_invitation(
        &self,
        provider: PartnerId,
        number: &str,
        email_key: &str,
    ) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::ProviderId.eq(provider));
        let query = query.filter(Column::NamedNumber.eq(number));
        let query = query.filter(Column::EmailKey.eq(email_key));
        let query = query.filter(Column::State.eq(State::Pending.to_value()));
        query.one(&self.conn).await.map_err(fault)
    }

    /// The newest accepted customer invitation of the two to an address.
    pub async fn any_accepted_customer_invitation(
        &self,
        reseller: PartnerId,
        provider: PartnerId,
        email_key: &str,
    ) -> Result<Option<to_customer::Model>> {
        let query = self.any::<to_customer::Entity>();
        let query = query.filter(to_customer::Column::ResellerId.eq(reseller));
        let query = query.filter(to_customer::Column::ProviderId.eq(provider));
        let query = query.filter(to_customer::Column::EmailKey.eq(email_key));
        let query = query.filter(to_customer::Column::State.eq(State::Accepted.to_value()));
        query.order_by_desc(to_customer::Column::Id).one(&self.conn).await.map_err(fault)
    }
}

impl Model {
    /// Until when it can be answered: no longer than the powers that it asks for would last.
    pub fn end(&self) -> Timestamp {
        self.grants_expire_time.map_or(self.expire_time, |it| Ord::min(it, self.expire_time))
    }
}

/// A query for each case of each way.
fn each<E: EntityTrait>(ways: &[Select<E>], cases: &[Condition]) -> Vec<Select<E>> {
    let mut queries = Vec::new();
    for way in ways {
        queries.extend(cases.iter().map(|it| way.clone().filter(it.clone())));
    }
    queries
}

/// Rows that stand in this state now, by each case that has an index of its own: time ends an
/// invitation whether or not that is written yet.
fn in_state(
    state: Option<State>,
    column: impl ColumnTrait,
    expire_time: impl ColumnTrait,
    now: Timestamp,
) -> Vec<Condition> {
    let Some(state) = state else { return vec![Condition::all()] };
    let stored = |it: State| Condition::all().add(is(column, it.to_value()));
    match state {
        // In its order, and not by the index of what is over: NOT keeps SQLite from that.
        State::Pending => vec![stored(state).add(expire_time.lte(now).not())],
        State::Expired => vec![stored(state), stored(State::Pending).add(expire_time.lte(now))],
        State::Accepted | State::Declined | State::Cancelled => vec![stored(state)],
    }
}

impl Tx {
    /// Adds a PENDING invitation, or answers the one that has its natural key.
    pub async fn add_invitation(&self, row: &Model) -> Result<Option<Model>> {
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if n == 1 {
            return Ok(None);
        }
        let (number, key) = (row.named_number.as_str(), row.email_key.as_str());
        let first = self.any_pending_invitation(row.provider_id, number, key).await?;
        first.map(Some).ok_or_else(|| Error::new(Reason::Contention))
    }

    /// Adds a PENDING customer invitation, or answers the one that has its natural key.
    pub async fn add_customer_invitation(
        &self,
        row: &to_customer::Model,
    ) -> Result<Option<to_customer::Model>> {
        let n = to_customer::Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if n == 1 {
            return Ok(None);
        }
        let query = self.any::<to_customer::Entity>();
        let query = query.filter(to_customer::Column::ResellerId.eq(row.reseller_id));
        let query = query.filter(to_customer::Column::ProviderId.eq(row.provider_id));
        let query = query.filter(to_customer::Column::EmailKey.eq(row.email_key.as_str()));
        let query = query.filter(to_customer::Column::State.eq(State::Pending.to_value()));
        let first = query.one(&self.conn).await.map_err(fault)?;
        first.map(Some).ok_or_else(|| Error::new(Reason::Contention))
    }

    /// An invitation that the caller's company sent; one that it merely got is not its to change.
    pub async fn sent_invitation(&self, id: InvitationId) -> Result<Model> {
        let row = self.invitation(id).await?;
        let is_sender = self.is_of(row.provider_company_id);
        found(Some(row).filter(|_| is_sender))
    }

    /// A customer invitation that the caller's company sent.
    pub async fn sent_customer_invitation(
        &self,
        id: CustomerInvitationId,
    ) -> Result<to_customer::Model> {
        let row = self.customer_invitation(id).await?;
        let is_sender = self.is_of(row.reseller_company_id);
        found(Some(row).filter(|_| is_sender))
    }

    fn is_of(&self, company: CompanyId) -> bool {
        self.caller().principal().is_some_and(|it| it.company == company)
    }

    /// An invitation that is over, and its link with it. Whose PartnerID it named then goes on seeing
    /// it, whoever has that later.
    pub async fn close_invitation(
        &mut self,
        seen: &Model,
        state: State,
        how: link::State,
    ) -> Result<Model> {
        let reseller_company_id = self.any_company_with_number(&seen.named_number).await?;
        let to = Model { state, end_time: Some(self.now()), reseller_company_id, ..seen.clone() };
        let row = self.change_invitation(seen, to).await?;
        self.end_link(Purpose::Invitation, seen.id.0, how).await?;
        self.unwind(Timer::InvitationExpiry, seen.id.0).await?;
        Ok(row)
    }

    /// A customer invitation that is over, and its link with it.
    pub async fn close_customer_invitation(
        &mut self,
        seen: &to_customer::Model,
        state: State,
        how: link::State,
    ) -> Result<to_customer::Model> {
        let to = to_customer::Model { state, end_time: Some(self.now()), ..seen.clone() };
        let row = self.change_customer_invitation(seen, to).await?;
        self.end_link(Purpose::CustomerInvitation, seen.id.0, how).await?;
        self.unwind(Timer::CustomerInvitationExpiry, seen.id.0).await?;
        Ok(row)
    }

    /// Puts `to` in the place of what was `seen`, with a new version.
    pub async fn change_invitation(&self, seen: &Model, to: Model) -> Result<Model> {
        let row = Model { version: seen.version + 1, update_time: self.now(), ..to };
        let seen = [Column::Id.eq(seen.id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }

    /// Puts `to` in the place of what was `seen`, with a new version.
    pub async fn change_customer_invitation(
        &self,
        seen: &to_customer::Model,
        to: to_customer::Model,
    ) -> Result<to_customer::Model> {
        let row = to_customer::Model { version: seen.version + 1, update_time: self.now(), ..to };
        let seen =
            [to_customer::Column::Id.eq(seen.id), to_customer::Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }

    /// Writes down that an invitation's time is over (M6): by time, whoever found it out.
    pub async fn expire_invitation(&mut self, seen: &Model) -> Result<Model> {
        let state = seen.state.after(Action::Expire)?;
        let row = self.close_invitation(seen, state, link::State::Expired).await?;
        let name = invitation_name(seen.id);
        let what = InvitationExpired { invitation: name.clone() };
        let event = Event::of(name, Kind::InvitationExpired(what));
        let event = event.changed("state", seen.state.as_str(), state.as_str());
        self.record_by_time(event, &[seen.provider_company_id]);
        Ok(row)
    }

    /// Writes down that a customer invitation's time is over (M6).
    pub async fn expire_customer_invitation(
        &mut self,
        seen: &to_customer::Model,
    ) -> Result<to_customer::Model> {
        let state = seen.state.after(Action::Expire)?;
        let row = self.close_customer_invitation(seen, state, link::State::Expired).await?;
        let name = customer_invitation_name(seen.id);
        let what = CustomerInvitationExpired { customer_invitation: name.clone() };
        let event = Event::of(name, Kind::CustomerInvitationExpired(what));
        let event = event.changed("state", seen.state.as_str(), state.as_str());
        self.record_by_time(event, &[seen.reseller_company_id, seen.provider_company_id]);
        Ok(row)
    }
}
