//! Service accounts and their keys: machines that act for companies.

use domain::{
    Caller, Credential, Error, Principal, Reason, Result, Role, ServiceCaller, Timestamp, Who,
    id::{CompanyId, KeyId, ServiceAccountId},
    service_account::{State, is_live},
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Page, Tx, View,
    entity::{
        service_account::{Column, Entity, Model},
        service_account_key as key,
    },
    fault::fault,
    view::found,
};

/// A key that is good now, and whose it is.
pub struct LiveKey {
    pub account: Model,
    pub key: key::Model,
}

/// What a service account may do.
pub fn roles_of(account: &Model) -> Vec<Role> {
    account.roles.split(' ').filter_map(Role::of).collect()
}

impl View {
    /// The key by which an account says that it signs: live, and the account ACTIVE.
    pub async fn any_live_key(
        &self,
        account: ServiceAccountId,
        thumbprint: &str,
    ) -> Result<Option<LiveKey>> {
        let query = self.any::<key::Entity>();
        let query = query.filter(key::Column::ServiceAccountId.eq(account));
        let query = query.filter(key::Column::Thumbprint.eq(thumbprint));
        self.live(query.one(&self.conn).await.map_err(fault)?).await
    }

    async fn live(&self, key: Option<key::Model>) -> Result<Option<LiveKey>> {
        let live = key.filter(|it| is_live(it.expire_time, it.revoke_time, self.now()));
        let Some(key) = live else {
            return Ok(None);
        };
        let account = self.any_service_account(key.service_account_id).await?;
        let account = account.filter(|it| it.state == State::Active);
        Ok(account.map(|account| LiveKey { account, key }))
    }

    /// The caller that a token of this key makes, with the roles held now (U5).
    pub async fn service_caller(
        &self,
        live: &LiveKey,
        token: String,
        expire_time: Timestamp,
    ) -> Result<Caller> {
        let company = live.account.company_id;
        let principal = Principal {
            who: Who::ServiceAccount(live.account.id),
            company,
            partner: self.any_kind_of(company).await?,
            // The gate says so, once it knows which RPC is asked for.
            as_platform: false,
            roles: roles_of(&live.account),
            credential: Credential::Key { key: live.key.id, token },
            expire_time,
        };
        let (account, maker) = (live.account.id, live.account.maker_id);
        Ok(Caller::Service(ServiceCaller { principal, account, maker }))
    }

    /// What the key's account may do now; refused when either has ended since the gate.
    pub(crate) async fn roles_by_key(&self, id: KeyId) -> Result<Vec<Role>> {
        let query = self.any::<key::Entity>().filter(key::Column::Id.eq(id));
        let live = self.live(query.one(&self.conn).await.map_err(fault)?).await?;
        let live = live.ok_or_else(|| Error::new(Reason::CredentialInvalid))?;
        Ok(roles_of(&live.account))
    }

    pub async fn any_service_account(&self, id: ServiceAccountId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }

    /// One within reach, deleted ones included.
    pub async fn service_account(&self, company: CompanyId, id: ServiceAccountId) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::Id.eq(id));
        let query = query.filter(Column::CompanyId.eq(company));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// Those of a company within reach, after `after`, in the order they were made.
    pub async fn service_accounts(
        &self,
        company: CompanyId,
        show_deleted: bool,
        after: Option<ServiceAccountId>,
        n: u64,
    ) -> Result<Page<Model>> {
        let mut query = self.find::<Entity>().filter(Column::CompanyId.eq(company));
        if !show_deleted {
            query = query.filter(Column::State.ne(State::Deleted.to_value()));
        }
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        let query = query.order_by_asc(Column::Id).limit(n + 1);
        Ok(Page::cut(query.all(&self.conn).await.map_err(fault)?, n))
    }

    /// A key of an account, good or ended.
    pub async fn service_account_key(&self, of: &Model, id: KeyId) -> Result<key::Model> {
        let query = self.find::<key::Entity>().filter(key::Column::Id.eq(id));
        let query = query.filter(key::Column::ServiceAccountId.eq(of.id));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// The keys of an account, good and ended, after `after`, in the order they were added.
    pub async fn service_account_keys(
        &self,
        of: &Model,
        after: Option<KeyId>,
        n: u64,
    ) -> Result<Page<key::Model>> {
        let query = self.find::<key::Entity>();
        let mut query = query.filter(key::Column::ServiceAccountId.eq(of.id));
        if let Some(after) = after {
            query = query.filter(key::Column::Id.gt(after));
        }
        let query = query.order_by_asc(key::Column::Id).limit(n + 1);
        Ok(Page::cut(query.all(&self.conn).await.map_err(fault)?, n))
    }

    /// How many keys of an account are good now.
    pub async fn n_live_keys(&self, of: &Model) -> Result<usize> {
        let query = self.find::<key::Entity>().select_only().column(key::Column::Id);
        let query = query.filter(key::Column::ServiceAccountId.eq(of.id));
        let query = query.filter(key::Column::RevokeTime.is_null());
        let query = query.filter(key::Column::ExpireTime.gt(self.now()));
        let live: Vec<KeyId> = query.into_tuple().all(&self.conn).await.map_err(fault)?;
        Ok(live.len())
    }
}

impl Tx {
    pub async fn add_service_account(&self, row: &Model) -> Result<()> {
        Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Puts `to` in the place of an account as it was seen.
    pub async fn change_service_account(&self, seen: &Model, to: Model) -> Result<Model> {
        let row = Model { version: seen.version + 1, update_time: self.now(), ..to };
        let which = [Column::Id.eq(seen.id), Column::Version.eq(seen.version)];
        self.replace(row.clone().into_active_model(), which).await?;
        Ok(row)
    }

    /// Adds a key, unless the account ever had it.
    pub async fn add_service_account_key(&self, row: &key::Model) -> Result<bool> {
        let unique = [key::Column::ServiceAccountId, key::Column::Thumbprint];
        let n = key::Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::columns(unique).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(n == 1)
    }

    pub async fn revoke_service_account_key(&self, seen: &key::Model) -> Result<key::Model> {
        key::Entity::update_many()
            .col_expr(key::Column::RevokeTime, Expr::value(self.now()))
            .filter(key::Column::Id.eq(seen.id))
            .filter(key::Column::RevokeTime.is_null())
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(key::Model { revoke_time: Some(self.now()), ..seen.clone() })
    }
}
