//! Partners: one per company, added by a start or an appointment.

use domain::{
    Error, Reason, Result,
    id::{CompanyId, PartnerId, partner_name},
    partner::Kind,
    relationship::State,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QuerySelect as _, sea_query::OnConflict,
};

use crate::{
    Tx, View,
    entity::{
        partner::{Column, Entity, Model},
        relationship,
    },
    fault::fault,
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

    /// What kind of partner a company has, whoever asks: for the gate.
    pub(crate) async fn any_kind_of(&self, company: CompanyId) -> Result<Option<Kind>> {
        Ok(self.any_partner_of(company).await?.map(|it| it.kind))
    }

    /// The partner of a company, whoever asks.
    pub(crate) async fn any_partner_of(&self, company: CompanyId) -> Result<Option<Model>> {
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
        let seen = [Column::Id.eq(seen.id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }
}
