//! Invitations: of providers to resellers, and of resellers to customers (M6).

use domain::{
    Error, Reason, Result,
    id::{
        CustomerInvitationId, InvitationId, PartnerId, customer_invitation_name, invitation_name,
    },
    invitation::{Action, State},
    link::{self, Purpose},
    timer::Timer,
};
use event::{CustomerInvitationExpired, Event, InvitationExpired, event::Kind};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, sea_query::OnConflict,
};

use crate::{
    Tx, View,
    entity::{
        customer_invitation as to_customer,
        invitation::{Column, Entity, Model},
    },
    fault::fault,
};

impl View {
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

    /// The PENDING invitations of a provider that name this PartnerID.
    pub async fn any_pending_invitations(
        &self,
        provider: PartnerId,
        number: &str,
    ) -> Result<Vec<Model>> {
        let query = self.any::<Entity>().filter(Column::ProviderId.eq(provider));
        let query = query.filter(Column::NamedNumber.eq(number));
        let query = query.filter(Column::State.eq(State::Pending.to_value()));
        query.order_by_asc(Column::Id).all(&self.conn).await.map_err(fault)
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
        let row = self.change_invitation(seen, Model { state, ..seen.clone() }).await?;
        self.end_link(Purpose::Invitation, seen.id.0, link::State::Expired).await?;
        self.unwind(Timer::InvitationExpiry, seen.id.0).await?;
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
        let to = to_customer::Model { state, ..seen.clone() };
        let row = self.change_customer_invitation(seen, to).await?;
        self.end_link(Purpose::CustomerInvitation, seen.id.0, link::State::Expired).await?;
        self.unwind(Timer::CustomerInvitationExpiry, seen.id.0).await?;
        let name = customer_invitation_name(seen.id);
        let what = CustomerInvitationExpired { customer_invitation: name.clone() };
        let event = Event::of(name, Kind::CustomerInvitationExpired(what));
        let event = event.changed("state", seen.state.as_str(), state.as_str());
        self.record_by_time(event, &[seen.reseller_company_id, seen.provider_company_id]);
        Ok(row)
    }
}
