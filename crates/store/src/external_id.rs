//! What a company calls things in its own systems: of each company by itself, for things of any kind.

use std::collections::{BTreeMap, HashMap};

use domain::{Error, Reason, Result, id::CompanyId};
use event::{Event, ExternalIdsSet, event::Kind as What};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::OnConflict,
};

use crate::{
    Tx, View,
    entity::external_id::{Column, Entity, Model},
    fault::fault,
};

/// Namespace to id.
type Ids = BTreeMap<String, String>;

impl View {
    /// What the caller's own company calls each of these things.
    pub async fn own_external_ids(&self, resources: &[String]) -> Result<HashMap<String, Ids>> {
        let Some(caller) = self.caller().principal() else {
            return Ok(HashMap::new());
        };
        // The company by itself as well: whose reach is everything still has its own ids only.
        let query = self.find::<Entity>().filter(Column::CompanyId.eq(caller.company));
        let query = query.filter(Column::Resource.is_in(resources.iter().map(String::as_str)));
        let mut found: HashMap<String, Ids> = HashMap::new();
        for it in query.all(&self.conn).await.map_err(fault)? {
            found.entry(it.resource).or_default().insert(it.namespace, it.value);
        }
        Ok(found)
    }

    /// The thing that a company within reach calls so.
    pub async fn resource_by_external_id(
        &self,
        company: CompanyId,
        namespace: &str,
        value: &str,
    ) -> Result<Option<String>> {
        let query = self.find::<Entity>().filter(Column::CompanyId.eq(company));
        let query = query.filter(Column::Namespace.eq(namespace)).filter(Column::Value.eq(value));
        Ok(query.one(&self.conn).await.map_err(fault)?.map(|it| it.resource))
    }
}

impl Tx {
    /// Puts `ids` in the place of all that the company called a thing before, which the caller has to
    /// have read. EXTERNAL_ID_TAKEN if one of them names another thing of the company.
    pub async fn name_externally(
        &mut self,
        company: CompanyId,
        resource: &str,
        ids: &Ids,
    ) -> Result<()> {
        let former = self.set_external_ids(company, resource, ids).await?;
        let what = ExternalIdsSet { resource: resource.to_owned() };
        let mut event = Event::of(resource.to_owned(), What::ExternalIdsSet(what));
        let mut namespaces: Vec<&String> = former.keys().chain(ids.keys()).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        for namespace in namespaces {
            let [before, after] =
                [&former, ids].map(|it| it.get(namespace).cloned().unwrap_or_default());
            event = event.changed(namespace, before, after);
        }
        self.record(event, &[company]);
        Ok(())
    }

    async fn set_external_ids(&self, company: CompanyId, resource: &str, ids: &Ids) -> Result<Ids> {
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        let query = query.filter(Column::Resource.eq(resource));
        let former = query.all(&self.conn).await.map_err(fault)?;
        Entity::delete_many()
            .filter(Column::CompanyId.eq(company))
            .filter(Column::Resource.eq(resource))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        for (namespace, value) in ids {
            let row = Model {
                company_id: company,
                resource: resource.to_owned(),
                namespace: namespace.clone(),
                value: value.clone(),
            };
            let n = Entity::insert(row.into_active_model())
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_without_returning(&self.conn)
                .await
                .map_err(fault)?;
            if n == 0 {
                return Err(self.taken(company, namespace, value).await?);
            }
        }
        Ok(former.into_iter().map(|it| (it.namespace, it.value)).collect())
    }

    async fn taken(&self, company: CompanyId, namespace: &str, value: &str) -> Result<Error> {
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        let query = query.filter(Column::Namespace.eq(namespace)).filter(Column::Value.eq(value));
        // A twin that is faster wins the race: the next try names what it named.
        let Some(first) = query.one(&self.conn).await.map_err(fault)? else {
            return Ok(Error::new(Reason::Contention));
        };
        Ok(Error::new(Reason::ExternalIdTaken)
            .with("externalId", value)
            .with("namespace", namespace)
            .with("resource", first.resource))
    }
}
