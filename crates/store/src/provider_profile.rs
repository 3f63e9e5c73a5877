//! The directory of providers: what each says of itself, and who is in it now (R1).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Error, Reason, Result, directory::Offer, id::PartnerId, partner::Kind};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, QueryTrait as _, Select, sea_query::OnConflict,
};

use crate::{
    Page, Party, Tx, View,
    entity::{
        company, partner, provider_offer as offer,
        provider_profile::{Column, Entity, Model},
    },
    fault::fault,
};

/// How often a list reads on for rows that are shown, before it answers what it has.
const ROUNDS: usize = 4;

/// What a profile offers: values by kind.
pub type Offers = BTreeMap<Offer, BTreeSet<String>>;

/// A provider that the directory shows.
#[derive(Clone, Debug)]
pub struct Listed {
    pub profile: Model,
    pub offers: Offers,
    pub party: Party,
}

/// Which providers of the directory.
#[derive(Clone, Debug, Default)]
pub struct ProviderFilter {
    /// All of these.
    pub offers: Vec<(Offer, String)>,
    /// In one of these countries.
    pub in_regions: Option<Vec<String>>,
}

impl View {
    /// A provider that the directory shows.
    pub async fn listed_provider(&self, id: PartnerId) -> Result<Listed> {
        let query = self.published().filter(Column::PartnerId.eq(id));
        let row = query.one(&self.conn).await.map_err(fault)?;
        let rows = row.into_iter().collect();
        self.shown(rows).await?.pop().ok_or_else(Error::not_found)
    }

    /// Providers that the directory shows, after `after`. A page may be short although more follow.
    pub async fn listed_providers(
        &self,
        filter: &ProviderFilter,
        after: Option<PartnerId>,
        n: u64,
    ) -> Result<(Vec<Listed>, Option<PartnerId>)> {
        let (mut found, mut after) = (Vec::new(), after);
        let most = usize::try_from(n).map_err(Error::internal)?;
        for _ in 0..ROUNDS {
            let mut query = self.matching(filter);
            if let Some(after) = after {
                query = query.filter(Column::PartnerId.gt(after));
            }
            let query = query.order_by_asc(Column::PartnerId).limit(n + 1);
            let page = Page::cut(query.all(&self.conn).await.map_err(fault)?, n);
            after = page.rows.last().map(|it| it.partner_id).filter(|_| page.has_more);
            found.extend(self.shown(page.rows).await?);
            if after.is_none() {
                break;
            }
            if found.len() >= most {
                found.truncate(most);
                after = found.last().map(|it| it.profile.partner_id);
                break;
            }
        }
        Ok((found, after))
    }

    /// What suspends a provider for good or for a while is seen at once, what its standing follows
    /// from when the rows are read.
    fn published(&self) -> Select<Entity> {
        let standing = self
            .any::<partner::Entity>()
            .select_only()
            .column(partner::Column::Id)
            .filter(partner::Column::Kind.eq(Kind::Provider.to_value()))
            .filter(partner::Column::SuspendReason.is_null())
            .filter(partner::Column::DeauthorizeReason.is_null())
            .filter(partner::Column::AcceptedVersionId.is_not_null());
        self.any::<Entity>()
            .filter(Column::IsPublished.eq(true))
            .filter(Column::PartnerId.in_subquery(standing.into_query()))
    }

    fn matching(&self, filter: &ProviderFilter) -> Select<Entity> {
        let mut query = self.published();
        for (kind, value) in &filter.offers {
            let offering = self
                .any::<offer::Entity>()
                .select_only()
                .column(offer::Column::PartnerId)
                .filter(offer::Column::Kind.eq(kind.to_value()))
                .filter(offer::Column::Value.eq(value.as_str()));
            query = query.filter(Column::PartnerId.in_subquery(offering.into_query()));
        }
        if let Some(regions) = &filter.in_regions {
            let there = self
                .any::<company::Entity>()
                .select_only()
                .column(company::Column::Id)
                .filter(company::Column::RegionCode.is_in(regions.iter().map(String::as_str)));
            query = query.filter(Column::CompanyId.in_subquery(there.into_query()));
        }
        query
    }

    /// Those of published profiles whose providers are ACTIVE now.
    async fn shown(&self, rows: Vec<Model>) -> Result<Vec<Listed>> {
        let ids: Vec<PartnerId> = rows.iter().map(|it| it.partner_id).collect();
        let mut parties = self.any_parties(&ids).await?;
        let mut offers = self.any_offers(&ids).await?;
        let listed = rows.into_iter().filter_map(|profile| {
            let party = parties.remove(&profile.partner_id).filter(Party::is_active)?;
            let offers = offers.remove(&profile.partner_id).unwrap_or_default();
            Some(Listed { profile, offers, party })
        });
        Ok(listed.collect())
    }

    /// What profiles offer.
    pub async fn any_offers(&self, of: &[PartnerId]) -> Result<HashMap<PartnerId, Offers>> {
        let query = self.any::<offer::Entity>();
        let query = query.filter(offer::Column::PartnerId.is_in(of.iter().copied()));
        let mut found: HashMap<PartnerId, Offers> = HashMap::new();
        for it in query.all(&self.conn).await.map_err(fault)? {
            let offers = found.entry(it.partner_id).or_default();
            offers.entry(it.kind).or_default().insert(it.value);
        }
        Ok(found)
    }

    /// The profile of a provider within reach, if it has written one.
    pub async fn provider_profile(&self, of: PartnerId) -> Result<Option<Model>> {
        let query = self.find::<Entity>().filter(Column::PartnerId.eq(of));
        query.one(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    /// Puts a profile in the place of what was `seen`, if anything was.
    pub async fn put_provider_profile(&self, seen: Option<&Model>, to: Model) -> Result<Model> {
        let Some(seen) = seen else {
            let n = Entity::insert(to.clone().into_active_model())
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&self.conn)
                .await
                .map_err(fault)?;
            return if n == 1 { Ok(to) } else { Err(Error::new(Reason::Contention)) };
        };
        let row = Model { version: seen.version + 1, update_time: self.now(), ..to };
        let seen = [Column::PartnerId.eq(seen.partner_id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), seen).await?;
        Ok(row)
    }

    /// Puts what a profile offers of one kind in the place of what it offered.
    pub async fn set_offers(
        &self,
        of: PartnerId,
        kind: Offer,
        values: &BTreeSet<String>,
    ) -> Result<()> {
        offer::Entity::delete_many()
            .filter(offer::Column::PartnerId.eq(of))
            .filter(offer::Column::Kind.eq(kind.to_value()))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        let rows = values.iter().map(|value| {
            let row = offer::Model { partner_id: of, kind, value: value.clone() };
            row.into_active_model()
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        offer::Entity::insert_many(rows).exec_without_returning(&self.conn).await.map_err(fault)?;
        Ok(())
    }
}
