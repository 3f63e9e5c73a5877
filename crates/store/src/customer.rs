//! Customers: whom each authorised (M8), and what a provider attests of it (A8).

use domain::{
    Error, Reason, Result,
    id::{CompanyId, CustomerRelationshipId, PartnerId},
    relationship::CustomerState,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, sea_query::OnConflict,
};

use crate::{
    Page, Party, Tx, View,
    entity::{
        company, customer_agreement as agreement,
        customer_relationship::{Column, Entity, Model},
    },
    fault::fault,
};

impl View {
    /// Customers of which the caller sees a row, after the customer `after`, with those rows.
    pub async fn customers(
        &self,
        show_ended: bool,
        after: Option<CompanyId>,
        n: u64,
    ) -> Result<Page<Vec<Model>>> {
        let mut query = self.shown_rows(show_ended);
        if let Some(after) = after {
            query = query.filter(Column::CustomerId.gt(after));
        }
        let query = query.select_only().column(Column::CustomerId).distinct();
        let query = query.order_by_asc(Column::CustomerId).limit(n + 1);
        let ids: Vec<CompanyId> = query.into_tuple().all(&self.conn).await.map_err(fault)?;
        let page = Page::cut(ids, n);

        let rows = self.shown_rows(show_ended);
        let rows = rows.filter(Column::CustomerId.is_in(page.rows.iter().copied()));
        let rows = rows.order_by_asc(Column::CustomerId).order_by_asc(Column::Id);
        let rows = rows.all(&self.conn).await.map_err(fault)?;
        let of = |id: CompanyId| rows.iter().filter(|it| it.customer_id == id).cloned().collect();
        page.map(|id| Ok(of(id)))
    }

    /// The ACTIVE rows of a customer that the caller sees, the oldest first.
    pub async fn customer_rows(&self, customer: CompanyId) -> Result<Vec<Model>> {
        let query = self.shown_rows(false).filter(Column::CustomerId.eq(customer));
        query.order_by_asc(Column::Id).all(&self.conn).await.map_err(fault)
    }

    fn shown_rows(&self, show_ended: bool) -> Select<Entity> {
        let query = self.find::<Entity>();
        match show_ended {
            true => query,
            false => query.filter(Column::State.eq(CustomerState::Active.to_value())),
        }
    }

    /// All rows of a customer with one partner, ended ones too, the oldest first.
    pub async fn any_customer_rows(
        &self,
        customer: CompanyId,
        partner: PartnerId,
    ) -> Result<Vec<Model>> {
        let query = self.any::<Entity>().filter(Column::CustomerId.eq(customer));
        let query = query.filter(Column::PartnerId.eq(partner));
        query.order_by_asc(Column::Id).all(&self.conn).await.map_err(fault)
    }

    /// What the provider attested of a customer.
    pub async fn any_attestation(
        &self,
        customer: CompanyId,
        provider: PartnerId,
    ) -> Result<Option<agreement::Model>> {
        let query = self.any::<agreement::Entity>();
        let query = query.filter(agreement::Column::CustomerId.eq(customer));
        let query = query.filter(agreement::Column::ProviderId.eq(provider));
        query.one(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    /// The customer authorises a partner via a reseller; nothing if it had already (M8).
    pub async fn add_customer_row(
        &self,
        customer: &company::Model,
        partner: &Party,
        via: &Party,
    ) -> Result<Option<Model>> {
        let row = Model {
            id: CustomerRelationshipId::mint(self.now()),
            customer_id: customer.id,
            partner_id: partner.partner.id,
            partner_company_id: partner.company.id,
            via_id: via.partner.id,
            via_company_id: via.company.id,
            customer_name: customer.display_name.clone(),
            customer_region_code: customer.region_code.clone(),
            state: CustomerState::Active,
            create_time: self.now(),
            end_time: None,
        };
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok((n == 1).then_some(row))
    }

    /// Puts an attestation in the place of what was `seen`, if anything was.
    pub async fn put_attestation(
        &self,
        seen: Option<&agreement::Model>,
        to: agreement::Model,
    ) -> Result<agreement::Model> {
        let Some(seen) = seen else {
            let n = agreement::Entity::insert(to.clone().into_active_model())
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&self.conn)
                .await
                .map_err(fault)?;
            return if n == 1 { Ok(to) } else { Err(Error::new(Reason::Contention)) };
        };
        let row = agreement::Model { id: seen.id, version: seen.version + 1, ..to };
        let seen = [agreement::Column::Id.eq(seen.id), agreement::Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }
}
