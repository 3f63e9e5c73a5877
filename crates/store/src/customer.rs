//! Customers: whom each authorised (M8), and what a provider attests of it (A8).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    Error, Reason, Result,
    agreement::AttestationState,
    id::{CompanyId, CustomerRelationshipId, PartnerId},
    relationship::CustomerState,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, sea_query::OnConflict,
};

use crate::{
    Page, Party, PartyThen, Tx, View,
    entity::{
        company, customer_agreement as agreement,
        customer_relationship::{Column, Entity, Model},
    },
    fault::fault,
    page::is,
    past::then,
    past_facts::AttestationFact,
    view::found,
};

impl View {
    /// Customers of which the caller sees a row, after the customer `after`, with those rows.
    pub async fn customers(
        &self,
        show_ended: bool,
        only: Option<Vec<CompanyId>>,
        after: Option<CompanyId>,
        n: u64,
    ) -> Result<Page<Vec<Model>>> {
        let mut ids: BTreeSet<CompanyId> = BTreeSet::new();
        for mut query in self.shown_rows(show_ended) {
            if let Some(only) = &only {
                query = query.filter(Column::CustomerId.is_in(only.iter().copied()));
            }
            ids.extend(self.first_customers(query, after, n).await?);
        }
        let page = Page::cut(ids.into_iter().collect(), n);
        let mut rows: BTreeMap<CompanyId, Vec<Model>> = BTreeMap::new();
        for it in self.rows_of(&page.rows, show_ended).await? {
            rows.entry(it.customer_id).or_default().push(it);
        }
        page.map(|id| Ok(rows.remove(&id).unwrap_or_default()))
    }

    /// More than `n` customers of these rows, if there are, after `after`. Row by row in the order of
    /// the index, without DISTINCT: for that a plan that knows no company sorts all its rows.
    async fn first_customers(
        &self,
        rows: Select<Entity>,
        after: Option<CompanyId>,
        n: u64,
    ) -> Result<BTreeSet<CompanyId>> {
        let (mut ids, mut after) = (BTreeSet::new(), after);
        let most = usize::try_from(n).map_err(Error::internal)?;
        let batch = most * 2 + 2;
        loop {
            let mut query = rows.clone();
            if let Some(after) = after {
                query = query.filter(Column::CustomerId.gt(after));
            }
            let query = query.select_only().column(Column::CustomerId);
            let query = query.order_by_asc(Column::CustomerId).order_by_asc(Column::Id);
            let query = query.limit(n * 2 + 2).into_tuple();
            let found: Vec<CompanyId> = query.all(&self.conn).await.map_err(fault)?;
            let is_last = found.len() < batch;
            after = found.last().copied();
            ids.extend(found);
            if is_last || ids.len() > most {
                return Ok(ids);
            }
        }
    }

    /// The ACTIVE rows of a customer that the caller sees, the oldest first.
    pub async fn customer_rows(&self, customer: CompanyId) -> Result<Vec<Model>> {
        self.rows_of(&[customer], false).await
    }

    /// Every row of a customer that the caller sees, ended ones too, the oldest first.
    pub async fn customer_history(&self, customer: CompanyId) -> Result<Vec<Model>> {
        let rows = self.rows_of(&[customer], true).await?;
        Ok(rows.into_iter().filter_map(|it| self.row_then(it)).collect())
    }

    /// The row as it was at this view's moment: it begins once and ends once, and says itself when.
    fn row_then(&self, row: Model) -> Option<Model> {
        let goes_on = self.goes_on(row.end_time);
        let row = Some(row).filter(|it| self.has_begun(it.create_time))?;
        Some(match goes_on {
            true => Model { state: CustomerState::Active, end_time: None, ..row },
            false => row,
        })
    }

    /// What the caller sees of these customers. Between the first and the last, which a plan that knows
    /// no company takes for few rows: of a list of them alone it fears that it costs more than all rows
    /// of an average company.
    async fn rows_of(&self, customers: &[CompanyId], show_ended: bool) -> Result<Vec<Model>> {
        let (Some(first), Some(last)) = (customers.iter().min(), customers.iter().max()) else {
            return Ok(Vec::new());
        };
        let mut rows = BTreeMap::new();
        for query in self.shown_rows(show_ended) {
            let query = query.filter(Column::CustomerId.gte(*first));
            let query = query.filter(Column::CustomerId.lte(*last));
            let query = query.filter(Column::CustomerId.is_in(customers.iter().copied()));
            let found = query.all(&self.conn).await.map_err(fault)?;
            rows.extend(found.into_iter().map(|it| (it.id, it)));
        }
        Ok(rows.into_values().collect())
    }

    /// The ACTIVE rows of a customer via one reseller: its own, and its providers'.
    pub async fn any_rows_via(&self, customer: CompanyId, via: PartnerId) -> Result<Vec<Model>> {
        let query = self.any::<Entity>().filter(Column::CustomerId.eq(customer));
        let query = query.filter(Column::ViaId.eq(via));
        let query = query.filter(Column::State.eq(CustomerState::Active.to_value()));
        query.order_by_asc(Column::Id).all(&self.conn).await.map_err(fault)
    }

    /// ACTIVE rows within reach of the customer itself, after `after`, the oldest first.
    pub async fn own_rows(
        &self,
        customer: CompanyId,
        show_ended: bool,
        after: Option<CustomerRelationshipId>,
        n: u64,
    ) -> Result<Page<Model>> {
        let mut rows = BTreeMap::new();
        for mut query in self.shown_rows(show_ended) {
            query = query.filter(Column::CustomerId.eq(customer));
            if let Some(after) = after {
                query = query.filter(Column::Id.gt(after));
            }
            let query = query.order_by_asc(Column::Id).limit(n + 1);
            let found = query.all(&self.conn).await.map_err(fault)?;
            rows.extend(found.into_iter().map(|it| (it.id, it)));
        }
        Ok(Page::cut(rows.into_values().collect(), n))
    }

    /// A row within reach: of the partner that was authorised, of the reseller through whom, or of
    /// the customer itself.
    pub async fn customer_row(&self, id: CustomerRelationshipId) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::Id.eq(id));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// By each way in which the caller sees rows.
    fn shown_rows(&self, show_ended: bool) -> Vec<Select<Entity>> {
        let queries = self.find_by_way::<Entity>().into_iter();
        let active = || is(Column::State, CustomerState::Active.to_value());
        queries.map(|it| if show_ended { it } else { it.filter(active()) }).collect()
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

    /// All rows of each customer with each partner, ended ones too, the oldest first.
    pub(crate) async fn any_rows_of(
        &self,
        of: &[(CompanyId, PartnerId)],
    ) -> Result<HashMap<(CompanyId, PartnerId), Vec<Model>>> {
        let mut found: HashMap<_, Vec<Model>> = HashMap::new();
        if of.is_empty() {
            return Ok(found);
        }
        let query = self.any::<Entity>();
        let query = query.filter(Column::CustomerId.is_in(of.iter().map(|it| it.0)));
        let query = query.filter(Column::PartnerId.is_in(of.iter().map(|it| it.1)));
        let query = query.order_by_asc(Column::Id);
        let rows = query.all(&self.conn).await.map_err(fault)?;
        for it in rows.into_iter().filter_map(|it| self.row_then(it)) {
            found.entry((it.customer_id, it.partner_id)).or_default().push(it);
        }
        Ok(found)
    }

    /// Of customers with providers those where an attestation stands.
    pub(crate) async fn any_attested(
        &self,
        of: &[(CompanyId, PartnerId)],
    ) -> Result<HashSet<(CompanyId, PartnerId)>> {
        if of.is_empty() {
            return Ok(HashSet::new());
        }
        let query = self.any::<agreement::Entity>();
        let query = query.filter(agreement::Column::CustomerId.is_in(of.iter().map(|it| it.0)));
        let query = query.filter(agreement::Column::ProviderId.is_in(of.iter().map(|it| it.1)));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        let mut was = self.was::<AttestationFact>(rows.iter().map(|it| it.id.0)).await?;
        let rows = rows.into_iter().map(|it| then(&mut was, it.id.0, it));
        let rows: Vec<agreement::Model> =
            rows.filter_map(Result::transpose).collect::<Result<_>>()?;
        let stands = rows.into_iter().filter(|it| it.state == AttestationState::Attested);
        Ok(stands.map(|it| (it.customer_id, it.provider_id)).collect())
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

impl View {
    /// What providers attested of a customer, the oldest first: any, or these.
    pub async fn any_attestations(
        &self,
        customer: CompanyId,
        providers: Option<Vec<PartnerId>>,
        n: u64,
    ) -> Result<Vec<agreement::Model>> {
        let query = self.any::<agreement::Entity>();
        let mut query = query.filter(agreement::Column::CustomerId.eq(customer));
        if let Some(providers) = providers {
            query = query.filter(agreement::Column::ProviderId.is_in(providers));
        }
        query.order_by_asc(agreement::Column::Id).limit(n).all(&self.conn).await.map_err(fault)
    }
}

impl Model {
    pub fn is_active(&self) -> bool {
        self.state == CustomerState::Active
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
            partner_then: None,
        };
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok((n == 1).then_some(row))
    }

    /// Ends an ACTIVE row; the customer goes on seeing its partner as it is now (R13).
    pub async fn end_customer_row(&self, seen: &Model) -> Result<Model> {
        let (state, end_time) = (CustomerState::Ended, Some(self.now()));
        let partner = found(self.any_party(seen.partner_id).await?)?;
        let partner_then = Some(PartyThen::of(&partner).to_text()?);
        let row = Model { state, end_time, partner_then, ..seen.clone() };
        let seen = [Column::Id.eq(seen.id), Column::State.eq(CustomerState::Active.to_value())];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
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
            self.remember_nothing::<AttestationFact>(to.id.0).await?;
            return if n == 1 { Ok(to) } else { Err(Error::new(Reason::Contention)) };
        };
        let row = agreement::Model { id: seen.id, version: seen.version + 1, ..to };
        self.remember::<AttestationFact>(seen.id.0, seen, &row).await?;
        let seen = [agreement::Column::Id.eq(seen.id), agreement::Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }
}
