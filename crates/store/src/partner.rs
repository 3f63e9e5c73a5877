//! Partners: one per company, added by a start or an appointment.

use std::collections::BTreeSet;

use domain::{
    Error, Reach, Reason, Result,
    id::{CompanyId, PartnerId, partner_name},
    partner::Kind,
    relationship::State,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::OnConflict,
};

use crate::{
    Page, Tx, View,
    entity::{
        partner::{Column, Entity, Model},
        relationship,
    },
    fault::fault,
    past_facts::PartnerFact,
    view::found,
};

impl View {
    pub async fn partner(&self, id: PartnerId) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::Id.eq(id));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// The partner of a company within reach.
    pub async fn partner_of(&self, company: CompanyId) -> Result<Option<Model>> {
        let query = self.find::<Entity>().filter(Column::CompanyId.eq(company));
        query.one(&self.conn).await.map_err(fault)
    }

    /// Ids of the partners that the caller may read, after `after`: all that there are where its
    /// reach is everything, else the own one and its counterparts.
    pub async fn partner_ids(
        &self,
        kind: Option<Kind>,
        after: Option<PartnerId>,
        n: u64,
    ) -> Result<Page<PartnerId>> {
        let mut query = self.find::<Entity>();
        if let Some(kind) = kind {
            query = query.filter(Column::Kind.eq(kind.to_value()));
        }
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        let query = query.order_by_asc(Column::Id).limit(n + 1);
        let rows = query.all(&self.conn).await.map_err(fault)?;
        let mut ids: BTreeSet<PartnerId> = rows.into_iter().map(|it| it.id).collect();
        if let Reach::Company(company) = self.reach() {
            ids.extend(self.counterparts_of(company, kind, after, n + 1).await?);
        }
        Ok(Page::cut(ids.into_iter().collect(), n))
    }

    /// The other sides of the company's relationships that have not ended.
    async fn counterparts_of(
        &self,
        company: CompanyId,
        kind: Option<Kind>,
        after: Option<PartnerId>,
        n: u64,
    ) -> Result<Vec<PartnerId>> {
        use relationship::Column as Of;
        let mut found = Vec::new();
        for (own, other, other_kind) in [
            (Of::ProviderCompanyId, Of::ResellerId, Kind::Reseller),
            (Of::ResellerCompanyId, Of::ProviderId, Kind::Provider),
        ] {
            if kind.is_some_and(|it| it != other_kind) {
                continue;
            }
            let mut query = self.find::<relationship::Entity>().select_only().column(other);
            query = query.filter(own.eq(company)).filter(Of::State.ne(State::Ended.to_value()));
            if let Some(after) = after {
                query = query.filter(other.gt(after));
            }
            let query = query.order_by_asc(other).limit(n);
            let ids: Vec<PartnerId> = query.into_tuple().all(&self.conn).await.map_err(fault)?;
            found.extend(ids);
        }
        Ok(found)
    }

    /// The partner of a company, for who may read it or not: its own reach says.
    pub async fn any_partner_id_of(&self, company: CompanyId) -> Result<Option<PartnerId>> {
        Ok(self.any_partner_of(company).await?.map(|it| it.id))
    }

    /// What kind of partner a company has, whoever asks.
    pub async fn any_kind_of(&self, company: CompanyId) -> Result<Option<Kind>> {
        Ok(self.any_partner_of(company).await?.map(|it| it.kind))
    }

    /// Any partner; what its name opens, the caller's reach says.
    pub async fn any_partner(&self, id: PartnerId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }

    /// The partner of a company, whoever asks.
    pub async fn any_partner_of(&self, company: CompanyId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        query.one(&self.conn).await.map_err(fault)
    }

    /// Whether a partner has a relationship with the caller's; one that ended opens nothing (R7).
    pub async fn is_counterpart(&self, id: PartnerId) -> Result<bool> {
        let either = Condition::any().add(relationship::Column::ProviderId.eq(id));
        let either = either.add(relationship::Column::ResellerId.eq(id));
        let query = self.find::<relationship::Entity>().filter(either);
        let query = query.filter(relationship::Column::State.ne(State::Ended.to_value())).limit(1);
        Ok(query.one(&self.conn).await.map_err(fault)?.is_some())
    }
}

impl Tx {
    /// ENROLLMENT_ALREADY_EXISTS, naming the first, if the company has a partner (E4).
    pub async fn add_partner(&self, company: CompanyId, kind: Kind) -> Result<Model> {
        let row = Model {
            id: PartnerId::mint(self.now()),
            company_id: company,
            version: 1,
            create_time: self.now(),
            update_time: self.now(),
            kind,
            suspend_reason: None,
            deauthorize_reason: None,
            accepted_version_id: None,
            accept_time: None,
            activate_time: None,
            accepted_place: 0,
            lapsed: false,
            noticed_place: 0,
            declined_version_id: None,
            decline_time: None,
        };
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::column(Column::CompanyId).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if n == 1 {
            return Ok(row);
        }
        let first = found(self.partner_of(company).await?)?;
        Err(Error::new(Reason::EnrollmentAlreadyExists).with("partner", partner_name(first.id)))
    }

    /// Puts `to` in the place of what was `seen`, with a new version.
    pub async fn change_partner(&self, seen: &Model, to: Model) -> Result<Model> {
        let row = Model { version: seen.version + 1, update_time: self.now(), ..to };
        self.remember::<PartnerFact>(seen.id.0, seen, &row).await?;
        let seen = [Column::Id.eq(seen.id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }
}
