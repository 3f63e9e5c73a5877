//! What the beginning and the end of a relationship leave without ground: invitations, taken back in
//! batches (M6), and how the parties looked when they parted (R7, R13).

use std::collections::HashSet;

use domain::{
    EmailAddress, Error, Result, Timestamp,
    constants::INVITATIONS_AT_A_TIME,
    id::{
        CustomerInvitationId, PartnerId, RelationshipId, customer_invitation_name, invitation_name,
    },
    invitation::{Action, State},
    link,
    relationship::{Action as TieAction, State as TieState},
};
use event::{CustomerInvitationCancelled, Event, InvitationCancelled, event::Kind};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use serde::{Deserialize, Serialize};

use crate::{
    Party, Tx, View,
    entity::{customer_invitation as to_customer, invitation, relationship},
    fault::fault,
};

/// A partner as it was when something ended: what the other side goes on seeing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyThen {
    pub display_name: String,
    pub legal_name: String,
    pub region_code: String,
    /// Its PartnerID; empty for none.
    pub number: String,
    pub is_active: bool,
}

impl PartyThen {
    pub fn of(party: &Party) -> Self {
        Self {
            display_name: party.company.display_name.clone(),
            legal_name: party.legal_name().to_owned(),
            region_code: party.company.region_code.clone(),
            number: party.location.as_ref().map(|it| it.number.clone()).unwrap_or_default(),
            is_active: party.is_active(),
        }
    }

    /// What was kept at the end; of what ended before anything was kept, nothing that changes by the
    /// day.
    pub fn kept(text: Option<&str>, party: &Party) -> Result<Self> {
        match text {
            Some(text) => serde_json::from_str(text).map_err(Error::internal),
            None => Ok(Self { number: String::new(), is_active: false, ..Self::of(party) }),
        }
    }

    pub(crate) fn to_text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }
}

impl View {
    /// Of customer invitations those that wait on a relationship that has ended: they are over, whether
    /// or not that is written yet.
    pub async fn any_groundless(
        &self,
        rows: &[to_customer::Model],
    ) -> Result<HashSet<CustomerInvitationId>> {
        let waiting = || rows.iter().filter(|it| it.state == State::Pending);
        let ties: HashSet<RelationshipId> = waiting().filter_map(|it| it.relationship_id).collect();
        if ties.is_empty() {
            return Ok(HashSet::new());
        }
        use relationship::Column;
        let query = self.any::<relationship::Entity>().filter(Column::Id.is_in(ties));
        let ended = query.all(&self.conn).await.map_err(fault)?;
        let ended: HashSet<RelationshipId> =
            ended.into_iter().filter(|it| it.state == TieState::Ended).map(|it| it.id).collect();
        let is_over =
            |it: &&to_customer::Model| it.relationship_id.is_some_and(|it| ended.contains(&it));
        Ok(waiting().filter(is_over).map(|it| it.id).collect())
    }

    /// Where a customer invitation stands now, written yet or not.
    pub async fn any_state_of(&self, row: &to_customer::Model) -> Result<State> {
        let state = row.state.at(row.expire_time, self.now());
        let is_groundless = self.any_groundless(std::slice::from_ref(row)).await?.contains(&row.id);
        match state == State::Pending && is_groundless {
            true => state.after(Action::Supplant),
            false => Ok(state),
        }
    }

    /// PENDING customer invitations that stand on a relationship.
    async fn any_standing_on(&self, id: RelationshipId, n: u64) -> Result<Vec<to_customer::Model>> {
        use to_customer::Column;
        let query = self.any::<to_customer::Entity>().filter(Column::RelationshipId.eq(id));
        let query = query.filter(Column::State.eq(State::Pending.to_value()));
        query.order_by_asc(Column::Id).limit(n).all(&self.conn).await.map_err(fault)
    }

    /// PENDING invitations of a provider that name this PartnerID, made until then.
    async fn any_pending_invitations(
        &self,
        provider: PartnerId,
        number: &str,
        until: Timestamp,
        n: u64,
    ) -> Result<Vec<invitation::Model>> {
        use invitation::Column;
        let query = self.any::<invitation::Entity>().filter(Column::ProviderId.eq(provider));
        let query = query.filter(Column::NamedNumber.eq(number));
        let query = query.filter(Column::State.eq(State::Pending.to_value()));
        let query = query.filter(Column::CreateTime.lte(until));
        query.order_by_asc(Column::EmailKey).limit(n).all(&self.conn).await.map_err(fault)
    }

    /// PENDING invitations of a provider to addresses of this domain that name no PartnerID, made until
    /// then.
    async fn any_pending_invitations_to_domain(
        &self,
        provider: PartnerId,
        domain: &str,
        until: Timestamp,
        n: u64,
    ) -> Result<Vec<invitation::Model>> {
        use invitation::Column;
        let query = self.any::<invitation::Entity>().filter(Column::ProviderId.eq(provider));
        let query = query.filter(Column::EmailDomain.eq(domain));
        let query = query.filter(Column::State.eq(State::Pending.to_value()));
        let query = query.filter(Column::NamedNumber.eq(""));
        let query = query.filter(Column::CreateTime.lte(until));
        query.order_by_asc(Column::Id).limit(n).all(&self.conn).await.map_err(fault)
    }
}

/// What came of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batch {
    /// There was nothing to do.
    Empty,
    /// That was all.
    Last,
    /// There may be more.
    More,
}

impl Batch {
    fn of(n: usize) -> Self {
        match u64::try_from(n) {
            Ok(0) => Self::Empty,
            Ok(n) if n < INVITATIONS_AT_A_TIME => Self::Last,
            Ok(_) | Err(_) => Self::More,
        }
    }
}

impl Tx {
    /// Ends a relationship; both go on seeing each other as they are now, and no more of each other
    /// (R7).
    pub async fn end_relationship(
        &self,
        seen: &relationship::Model,
    ) -> Result<relationship::Model> {
        let state = seen.state.after(TieAction::End)?;
        let parties = self.any_parties(&[seen.provider_id, seen.reseller_id]).await?;
        let then = |id: PartnerId| {
            let party = parties.get(&id).ok_or_else(Error::not_found)?;
            PartyThen::of(party).to_text().map(Some)
        };
        let to = relationship::Model {
            state,
            end_time: Some(self.now()),
            provider_then: then(seen.provider_id)?,
            reseller_then: then(seen.reseller_id)?,
            ..seen.clone()
        };
        self.change_relationship(seen, to).await
    }

    /// What customers were asked for through a relationship that has ended: SYSTEM takes it back, so
    /// many at a time. Those that are left cannot be accepted, and are shown as what they are.
    pub async fn cancel_groundless(&mut self, of: RelationshipId) -> Result<Batch> {
        let rows = self.any_standing_on(of, INVITATIONS_AT_A_TIME).await?;
        for seen in &rows {
            self.cancel_by_end(seen).await?;
        }
        Ok(Batch::of(rows.len()))
    }

    /// Writes down that a customer invitation is over, if it is: by time, or with its relationship.
    pub async fn clear_customer_invitation(&mut self, seen: &to_customer::Model) -> Result<bool> {
        match self.any_state_of(seen).await? {
            State::Pending => return Ok(false),
            State::Expired => drop(self.expire_customer_invitation(seen).await?),
            State::Accepted | State::Declined | State::Cancelled => {
                self.cancel_by_end(seen).await?;
            }
        }
        Ok(true)
    }

    async fn cancel_by_end(&mut self, seen: &to_customer::Model) -> Result<()> {
        if seen.expire_time <= self.now() {
            self.expire_customer_invitation(seen).await?;
            return Ok(());
        }
        let state = seen.state.after(Action::Supplant)?;
        self.close_customer_invitation(seen, state, link::State::Void).await?;
        let name = customer_invitation_name(seen.id);
        let what = CustomerInvitationCancelled { customer_invitation: name.clone() };
        let event = Event::of(name, Kind::CustomerInvitationCancelled(what));
        let event = event.because("RELATIONSHIP_ENDED");
        let event = event.changed("state", seen.state.as_str(), state.as_str());
        self.record_by_time(event, &[seen.reseller_company_id, seen.provider_company_id]);
        Ok(())
    }

    /// Other invitations of a pair that is connected have become pointless: to the reseller's
    /// PartnerID, to its contact's own address, to the domain that it proved, to the address that the
    /// acceptor did (R4). SYSTEM ends those made until then, so many at a time.
    pub async fn supplant_invitations(
        &mut self,
        provider: &Party,
        reseller: &Party,
        acceptor: Option<&EmailAddress>,
        until: Timestamp,
    ) -> Result<Batch> {
        let (of, proven) = (provider.partner.id, reseller.proven_contact()?);
        let most = INVITATIONS_AT_A_TIME;
        let mut others = Vec::new();
        for address in acceptor.into_iter().chain(&proven.confirmed) {
            let asked = self.any_pending_invitation(of, "", address.key()).await?;
            others.extend(asked.filter(|it| it.create_time <= until));
        }
        if let Some(location) = &reseller.location {
            let number = &location.number;
            others.extend(self.any_pending_invitations(of, number, until, most).await?);
        }
        if let Some(domain) = proven.domain(&self.facts().mail_domains) {
            others.extend(self.any_pending_invitations_to_domain(of, domain, until, most).await?);
        }
        let mut met = HashSet::new();
        others.retain(|it| met.insert(it.id));
        others.truncate(usize::try_from(most).map_err(Error::internal)?);
        for other in &others {
            self.supplant(other).await?;
        }
        Ok(Batch::of(others.len()))
    }

    async fn supplant(&mut self, other: &invitation::Model) -> Result<()> {
        if other.expire_time <= self.now() {
            self.expire_invitation(other).await?;
            return Ok(());
        }
        let state = other.state.after(Action::Supplant)?;
        self.close_invitation(other, state, link::State::Void).await?;
        let name = invitation_name(other.id);
        let what = InvitationCancelled { invitation: name.clone() };
        let event = Event::of(name, Kind::InvitationCancelled(what));
        let event = event.changed("state", other.state.as_str(), state.as_str());
        self.record_by_time(event, &[other.provider_company_id]);
        Ok(())
    }
}
