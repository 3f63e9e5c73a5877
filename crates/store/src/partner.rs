//! Partners: one per company, added by a start or an appointment.

use domain::{
    Error, Reason, Result,
    id::{CompanyId, PartnerId, partner_name},
    partner::Kind,
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::OnConflict,
};

use crate::{
    Tx, View,
    entity::partner::{Column, Entity, Model},
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
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        Ok(query.one(&self.conn).await.map_err(fault)?.map(|it| it.kind))
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
}
