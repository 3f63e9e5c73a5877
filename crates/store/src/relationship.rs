//! Partnerships of providers and resellers, and the powers they carry (M7).

use std::collections::{BTreeMap, HashMap};

use domain::{
    Error, Reach, Reason, Result, Timestamp,
    id::{CompanyId, GrantId, PartnerId, RelationshipId},
    readiness::{Bond, Turn},
    relationship::{Grant, GrantState, Holds, Side, State},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, sea_query::OnConflict,
};

use crate::{
    Page, Party, Tx, View,
    channel::{Pair, Tie},
    entity::{
        partner,
        relationship::{Column, Entity, Model},
        relationship_grant as grant,
    },
    fault::fault,
    page::is_not,
    past::then,
    past_facts::RelationshipFact,
    view::found,
};

impl View {
    /// A relationship within reach: of either side, also an ended one.
    pub async fn relationship(&self, id: RelationshipId) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::Id.eq(id));
        let row = query.one(&self.conn).await.map_err(fault)?;
        found(self.relationships_then(row.into_iter().collect()).await?.pop())
    }

    /// The relationships as they were at this view's moment; those that came later are left out.
    async fn relationships_then(&self, rows: Vec<Model>) -> Result<Vec<Model>> {
        if !self.is_past() {
            return Ok(rows);
        }
        let mut was = self.was::<RelationshipFact>(rows.iter().map(|it| it.id.0)).await?;
        let rows = rows.into_iter().filter(|it| self.has_begun(it.create_time));
        let rows = rows.filter_map(|it| then(&mut was, it.id.0, it).transpose());
        rows.collect()
    }

    /// Relationships within reach, after `after`.
    pub async fn relationships(
        &self,
        show_ended: bool,
        with: Option<PartnerId>,
        only: Option<Vec<RelationshipId>>,
        after: Option<RelationshipId>,
        n: u64,
    ) -> Result<Page<Model>> {
        let mut rows = BTreeMap::new();
        for mut query in self.ways_with(with).await? {
            if !show_ended {
                query = query.filter(is_not(Column::State, State::Ended.to_value()));
            }
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

    /// By each way in which the caller sees relationships, those with a partner: its own are all.
    async fn ways_with(&self, with: Option<PartnerId>) -> Result<Vec<Select<Entity>>> {
        let Some(with) = with else { return Ok(self.find_by_way::<Entity>()) };
        let (provider, reseller) = (Column::ProviderId.eq(with), Column::ResellerId.eq(with));
        let Reach::Company(company) = self.reach() else {
            return Ok(vec![
                self.find::<Entity>().filter(provider),
                self.find::<Entity>().filter(reseller),
            ]);
        };
        let row = self.any::<partner::Entity>().filter(partner::Column::Id.eq(with));
        let row = row.one(&self.conn).await.map_err(fault)?;
        if row.is_some_and(|it| it.company_id == company) {
            return Ok(self.find_by_way::<Entity>());
        }
        // The company is the provider by the first way, and the reseller by the other.
        let ways = self.find_by_way::<Entity>().into_iter().zip([reseller, provider]);
        Ok(ways.map(|(query, other)| query.filter(other)).collect())
    }

    /// What each two have, or had, with each other; nothing for who never was connected.
    pub async fn any_ties(&self, pairs: &[Pair]) -> Result<HashMap<Pair, Tie>> {
        if pairs.is_empty() {
            return Ok(HashMap::new());
        }
        // Two lists and no list of pairs: so both engines look up by key, whatever they count.
        let query = self.any::<Entity>();
        let query = query.filter(Column::ProviderId.is_in(pairs.iter().map(|it| it.0)));
        let query = query.filter(Column::ResellerId.is_in(pairs.iter().map(|it| it.1)));
        let query = query.order_by_asc(Column::Id);
        let rows = query.all(&self.conn).await.map_err(fault)?;
        let rows = self.relationships_then(rows).await?;
        let mut newest: HashMap<Pair, Model> =
            rows.into_iter().map(|it| ((it.provider_id, it.reseller_id), it)).collect();
        newest.retain(|it, _| pairs.contains(it));
        let ids: Vec<RelationshipId> = newest.values().map(|it| it.id).collect();
        let grants = self.grants(&ids).await?;
        let is_in_force = |it: &grant::Model, kind: Grant| {
            it.kind == kind && it.state.at(it.expire_time, self.now()) == GrantState::Active
        };
        let tie = |relationship: Model| {
            let grants = grants.get(&relationship.id).map_or(&[][..], Vec::as_slice);
            let has = |kind: Grant| grants.iter().any(|it| is_in_force(it, kind));
            let has_order_grant = has(Grant::OrderOnBehalf);
            let has_admin_grant = has(Grant::DelegatedAdmin);
            Tie { relationship, has_order_grant, has_admin_grant }
        };
        Ok(newest.into_iter().map(|(pair, it)| (pair, tie(it))).collect())
    }

    /// The one between the two that has not ended.
    pub async fn any_standing_relationship(
        &self,
        provider: PartnerId,
        reseller: PartnerId,
    ) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::ProviderId.eq(provider));
        let query = query.filter(Column::ResellerId.eq(reseller));
        let query = query.filter(Column::State.ne(State::Ended.to_value()));
        query.one(&self.conn).await.map_err(fault)
    }

    /// The grants of relationships that the caller has read: of each kind the newest.
    pub async fn grants(
        &self,
        of: &[RelationshipId],
    ) -> Result<HashMap<RelationshipId, Vec<grant::Model>>> {
        let mut grants: HashMap<RelationshipId, Vec<grant::Model>> = HashMap::new();
        if of.is_empty() {
            return Ok(grants);
        }
        let query = self.any::<grant::Entity>();
        let query = query.filter(grant::Column::RelationshipId.is_in(of.iter().copied()));
        let rows = query.order_by_asc(grant::Column::Id).all(&self.conn).await.map_err(fault)?;
        for it in rows.into_iter().filter(|it| self.has_begun(it.create_time)) {
            // A grant is given once and ends once: its own row says when.
            let it = match self.goes_on(it.end_time) {
                true => grant::Model { state: GrantState::Active, end_time: None, ..it },
                false => it,
            };
            let newest = grants.entry(it.relationship_id).or_default();
            newest.retain(|former| former.kind != it.kind);
            newest.push(it);
        }
        Ok(grants)
    }

    /// A grant by itself: for its timer.
    pub async fn any_grant(&self, id: GrantId) -> Result<Option<grant::Model>> {
        let query = self.any::<grant::Entity>().filter(grant::Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }
}

impl Model {
    /// Who holds it.
    pub fn holds(&self) -> Holds {
        Holds {
            provider: self.held_by_provider,
            reseller: self.held_by_reseller,
            operator: self.held_by_operator,
        }
    }

    /// The same relationship, held so.
    pub fn held(self, holds: Holds, state: State) -> Self {
        Self {
            state,
            held_by_provider: holds.provider,
            held_by_reseller: holds.reseller,
            held_by_operator: holds.operator,
            ..self
        }
    }

    /// For whom a person of this company acts: a side, or the platform.
    pub fn side_of(&self, company: CompanyId) -> Side {
        match company {
            it if it == self.provider_company_id => Side::Provider,
            it if it == self.reseller_company_id => Side::Reseller,
            _ => Side::Operator,
        }
    }

    /// Whose turn it is while the relationship is held.
    pub fn bond(&self) -> Bond {
        match self.state {
            State::Active => Bond::Active,
            State::Ended => Bond::None { invited: false },
            State::Suspended if self.held_by_operator => Bond::Suspended(Turn::Operator),
            State::Suspended if self.held_by_reseller => Bond::Suspended(Turn::Reseller),
            State::Suspended => Bond::Suspended(Turn::Provider),
        }
    }
}

impl Tx {
    /// RELATIONSHIP_ALREADY_EXISTS, naming the first, if the two are connected.
    pub async fn add_relationship(&self, provider: &Party, reseller: &Party) -> Result<Model> {
        let row = Model {
            id: RelationshipId::mint(self.now()),
            provider_id: provider.partner.id,
            provider_company_id: provider.company.id,
            reseller_id: reseller.partner.id,
            reseller_company_id: reseller.company.id,
            version: 1,
            create_time: self.now(),
            update_time: self.now(),
            state: State::Active,
            held_by_provider: false,
            held_by_reseller: false,
            held_by_operator: false,
            end_time: None,
            provider_then: None,
            reseller_then: None,
        };
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        match n {
            0 => Err(Error::new(Reason::Contention)),
            _ => Ok(row),
        }
    }

    /// Puts `to` in the place of what was `seen`, with a new version.
    pub async fn change_relationship(&self, seen: &Model, to: Model) -> Result<Model> {
        let row = Model { version: seen.version + 1, update_time: self.now(), ..to };
        self.remember::<RelationshipFact>(seen.id.0, seen, &row).await?;
        let seen = [Column::Id.eq(seen.id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }

    /// A new ACTIVE grant.
    pub async fn add_grant(
        &self,
        of: RelationshipId,
        kind: Grant,
        expire_time: Option<Timestamp>,
    ) -> Result<grant::Model> {
        let row = grant::Model {
            id: GrantId::mint(self.now()),
            relationship_id: of,
            kind,
            state: GrantState::Active,
            create_time: self.now(),
            expire_time,
            end_time: None,
        };
        grant::Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(row)
    }

    /// Ends an ACTIVE grant.
    pub async fn end_grant(&self, seen: &grant::Model, state: GrantState) -> Result<grant::Model> {
        let row = grant::Model { state, end_time: Some(self.now()), ..seen.clone() };
        let seen =
            [grant::Column::Id.eq(seen.id), grant::Column::State.eq(GrantState::Active.to_value())];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }
}
