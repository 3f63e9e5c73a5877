//! People: their accounts and roles.

use domain::{
    Error, Reason, Result, Role, Timestamp,
    id::{CompanyId, UserId},
    user::State,
};
use sea_orm::{
    ActiveEnum as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Set,
    sea_query::{Expr, Func, OnConflict},
};

use crate::{
    Tx, View,
    entity::{
        account::{Column, Entity, Model},
        account_role, company,
    },
    fault::{fault, is_duplicate},
    view::found,
};

/// What a person begins with.
#[derive(Debug)]
pub struct NewAccount<'a> {
    pub company: CompanyId,
    pub sign_in_name: &'a str,
    pub given_name: &'a str,
    pub family_name: &'a str,
    pub email: &'a str,
    pub language_code: &'a str,
    pub password_hash: String,
    pub one_time_expire_time: Timestamp,
    pub roles: &'a [Role],
}

impl View {
    /// A person within reach.
    pub async fn account(&self, id: UserId) -> Result<Model> {
        let query = self.find::<Entity>().filter(Column::Id.eq(id));
        found(query.one(&self.conn).await.map_err(fault)?)
    }

    /// Whoever signs in with this name, whoever asks.
    pub async fn any_account_by_sign_in_name(&self, name: &str) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::SignInName.eq(name));
        query.one(&self.conn).await.map_err(fault)
    }

    /// Whether a person of the company, gone ones included, has this address.
    pub async fn any_person_with_address(&self, company: CompanyId, key: &str) -> Result<bool> {
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        let query = query.filter(Func::lower(Expr::col(Column::Email)).eq(key));
        Ok(query.one(&self.conn).await.map_err(fault)?.is_some())
    }

    /// Any person, for keys that a row within reach names.
    pub async fn any_account(&self, id: UserId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }

    /// The active global admins of a company, for mails to them.
    pub async fn any_global_admins(&self, company: CompanyId) -> Result<Vec<Model>> {
        let admins = self.any::<account_role::Entity>().select_only();
        let admins = admins.column(account_role::Column::AccountId);
        let admins = admins.filter(account_role::Column::Role.eq(Role::GlobalAdmin.to_value()));
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        let query = query.filter(Column::State.eq(State::Active.to_value()));
        let query = query.filter(Column::Id.in_subquery(admins.into_query()));
        query.order_by_asc(Column::Id).all(&self.conn).await.map_err(fault)
    }

    pub async fn roles(&self, id: UserId) -> Result<Vec<Role>> {
        let query = self.any::<account_role::Entity>();
        let query = query.filter(account_role::Column::AccountId.eq(id));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        let mut roles: Vec<Role> = rows.into_iter().map(|it| it.role).collect();
        roles.sort_unstable();
        Ok(roles)
    }
}

impl Tx {
    /// An INVITED person with a one-time password.
    pub async fn add_account(&self, new: NewAccount<'_>) -> Result<Model> {
        let row = Model {
            id: UserId::mint(self.now()),
            company_id: new.company,
            version: 1,
            create_time: self.now(),
            update_time: self.now(),
            state: State::Invited,
            sign_in_name: new.sign_in_name.to_owned(),
            given_name: new.given_name.to_owned(),
            family_name: new.family_name.to_owned(),
            email: new.email.to_owned(),
            language_code: new.language_code.to_owned(),
            password_hash: new.password_hash,
            one_time_expire_time: Some(new.one_time_expire_time),
        };
        let insert = Entity::insert(row.clone().into_active_model())
            .exec_without_returning(&self.conn)
            .await;
        match insert {
            Ok(_) => {}
            Err(err) if is_duplicate(&err) => {
                return Err(Error::new(Reason::DomainTaken).with("domainPrefix", new.sign_in_name));
            }
            Err(err) => return Err(fault(err)),
        }
        for role in new.roles {
            self.add_role(row.id, *role).await?;
        }
        Ok(row)
    }

    /// Gives a role; giving it twice changes nothing.
    pub async fn add_role(&self, account: UserId, role: Role) -> Result<()> {
        let row = account_role::ActiveModel { account_id: Set(account), role: Set(role) };
        let key = [account_role::Column::AccountId, account_role::Column::Role];
        account_role::Entity::insert(row)
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Takes every role from a person.
    pub async fn clear_roles(&self, account: UserId) -> Result<()> {
        account_role::Entity::delete_many()
            .filter(account_role::Column::AccountId.eq(account))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Takes a new password; an INVITED global admin now counts for its company (U3).
    pub async fn set_password(
        &self,
        seen: &Model,
        state: State,
        password_hash: String,
    ) -> Result<Model> {
        let row = Model {
            version: seen.version + 1,
            update_time: self.now(),
            state,
            password_hash,
            one_time_expire_time: None,
            ..seen.clone()
        };
        let changed = Entity::update_many()
            .col_expr(Column::Version, Expr::value(row.version))
            .col_expr(Column::UpdateTime, Expr::value(row.update_time))
            .col_expr(Column::State, Expr::value(row.state.to_value()))
            .col_expr(Column::PasswordHash, Expr::value(row.password_hash.clone()))
            .col_expr(Column::OneTimeExpireTime, Expr::value(row.one_time_expire_time))
            .filter(Column::Id.eq(seen.id))
            .filter(Column::Version.eq(seen.version))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        if changed.rows_affected == 0 {
            return Err(Error::new(Reason::Contention));
        }
        let begins = seen.state == State::Invited && state == State::Active;
        if begins && self.roles(seen.id).await?.contains(&Role::GlobalAdmin) {
            let n = company::Column::NGlobalAdmins;
            company::Entity::update_many()
                .col_expr(n, Expr::col(n).add(1))
                .filter(company::Column::Id.eq(seen.company_id))
                .exec(&self.conn)
                .await
                .map_err(fault)?;
        }
        Ok(row)
    }
}
