//! People: their accounts and roles.

use std::collections::HashMap;

use domain::{
    EmailAddress, Error, Reason, Result, Role, Timestamp,
    id::{CompanyId, UserId},
    user::State,
};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Page, Tx, View,
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
    /// The key of the address, or empty where several people may share it.
    pub email_key: &'a str,
    pub language_code: &'a str,
    pub password_hash: String,
    pub one_time_expire_time: Timestamp,
    pub roles: &'a [Role],
}

/// What a person of an external directory begins with.
#[derive(Debug)]
pub struct NewPerson<'a> {
    pub company: CompanyId,
    pub given_name: &'a str,
    pub family_name: &'a str,
    /// May be empty for the person who founds its company: its issuer need not tell.
    pub email: &'a str,
    pub language_code: &'a str,
    pub roles: &'a [Role],
}

/// How the sign-in name of a person begins who has none; no name that is given does.
pub const NAMELESS: &str = "external:";

/// Which people a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeopleFilter {
    pub role: Option<Role>,
    pub state: Option<State>,
    pub show_deleted: bool,
    /// Nobody but this one.
    pub only: Option<UserId>,
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

    /// Any person, for keys that a row within reach names.
    pub async fn any_account(&self, id: UserId) -> Result<Option<Model>> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        query.one(&self.conn).await.map_err(fault)
    }

    /// Of which company each of these people is.
    pub async fn any_companies_of(&self, ids: Vec<UserId>) -> Result<HashMap<UserId, CompanyId>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = self.any::<Entity>().filter(Column::Id.is_in(ids));
        let rows = query.all(&self.conn).await.map_err(fault)?;
        Ok(rows.into_iter().map(|it| (it.id, it.company_id)).collect())
    }

    /// The active global admins of a company, for mails to them.
    pub async fn any_global_admins(&self, company: CompanyId) -> Result<Vec<Model>> {
        self.any_active_holders(company, &[Role::GlobalAdmin]).await
    }

    /// The active people of a company who hold one of these roles, for mails to them.
    pub async fn any_active_holders(
        &self,
        company: CompanyId,
        roles: &[Role],
    ) -> Result<Vec<Model>> {
        let roles: Vec<String> = roles.iter().map(|it| it.to_value()).collect();
        let admins = self.any::<account_role::Entity>().select_only();
        let admins = admins.column(account_role::Column::AccountId);
        let admins = admins.filter(account_role::Column::CompanyId.eq(company));
        let admins = admins.filter(account_role::Column::Role.is_in(roles));
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        let query = query.filter(Column::State.eq(State::Active.to_value()));
        let query = query.filter(Column::Id.in_subquery(admins.into_query()));
        query.order_by_asc(Column::Id).all(&self.conn).await.map_err(fault)
    }

    /// The people of a company, after `after`, who hold the role and stand so.
    pub async fn any_people(
        &self,
        company: CompanyId,
        filter: PeopleFilter,
        after: Option<UserId>,
        n: u64,
    ) -> Result<Page<Model>> {
        let query = self.any::<Entity>().filter(Column::CompanyId.eq(company));
        let mut query = query.filter(Column::IsGone.eq(false));
        if let Some(only) = filter.only {
            query = query.filter(Column::Id.eq(only));
        }
        if let Some(state) = filter.state {
            query = query.filter(Column::State.eq(state.to_value()));
        } else if !filter.show_deleted {
            query = query.filter(Column::State.ne(State::Deleted.to_value()));
        }
        if let Some(role) = filter.role {
            let holders = self.any::<account_role::Entity>().select_only();
            let holders = holders.column(account_role::Column::AccountId);
            let holders = holders.filter(account_role::Column::CompanyId.eq(company));
            let holders = holders.filter(account_role::Column::Role.eq(role.to_value()));
            query = query.filter(Column::Id.in_subquery(holders.into_query()));
        }
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        let query = query.order_by_asc(Column::Id).limit(n + 1);
        Ok(Page::cut(query.all(&self.conn).await.map_err(fault)?, n))
    }

    /// What each of these people holds.
    pub async fn any_roles_of(&self, ids: Vec<UserId>) -> Result<HashMap<UserId, Vec<Role>>> {
        let query = self.any::<account_role::Entity>();
        let query = query.filter(account_role::Column::AccountId.is_in(ids));
        let mut roles: HashMap<UserId, Vec<Role>> = HashMap::new();
        for row in query.all(&self.conn).await.map_err(fault)? {
            roles.entry(row.account_id).or_default().push(row.role);
        }
        roles.values_mut().for_each(|it| it.sort_unstable());
        Ok(roles)
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
    /// An INVITED person with a one-time password: USER_ALREADY_EXISTS if somebody has its sign-in
    /// name, or within the company its address.
    pub async fn add_account(&self, new: NewAccount<'_>) -> Result<Model> {
        let row = Model {
            sign_in_name: new.sign_in_name.to_owned(),
            given_name: new.given_name.to_owned(),
            family_name: new.family_name.to_owned(),
            email: new.email.to_owned(),
            language_code: new.language_code.to_owned(),
            password_hash: new.password_hash,
            one_time_expire_time: Some(new.one_time_expire_time),
            email_key: new.email_key.to_owned(),
            ..self.nobody(new.company)
        };
        self.insert_account(row, new.roles).await
    }

    /// An INVITED person without password and sign-in name, whom its own directory vouches for:
    /// USER_ALREADY_EXISTS if somebody of the company has its address.
    pub async fn add_person(&self, new: NewPerson<'_>) -> Result<Model> {
        let nobody = self.nobody(new.company);
        let email: Option<EmailAddress> = new.email.parse().ok();
        let row = Model {
            sign_in_name: format!("{NAMELESS}{}", nobody.id),
            given_name: new.given_name.to_owned(),
            family_name: new.family_name.to_owned(),
            email: email.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default(),
            language_code: new.language_code.to_owned(),
            email_key: email.map(|it| it.key().to_owned()).unwrap_or_default(),
            ..nobody
        };
        self.insert_account(row, new.roles).await
    }

    fn nobody(&self, company: CompanyId) -> Model {
        Model {
            id: UserId::mint(self.now()),
            company_id: company,
            version: 1,
            create_time: self.now(),
            update_time: self.now(),
            state: State::Invited,
            sign_in_name: String::new(),
            given_name: String::new(),
            family_name: String::new(),
            email: String::new(),
            language_code: String::new(),
            password_hash: String::new(),
            one_time_expire_time: None,
            suspended_from: None,
            deleted_from: None,
            delete_time: None,
            former_name: String::new(),
            is_gone: false,
            email_key: String::new(),
            email_verify_time: None,
            email_asks: None,
            totp_id: None,
            totp_pending_id: None,
            totp_step: 0,
            tokens_end_time: None,
        }
    }

    async fn insert_account(&self, row: Model, roles: &[Role]) -> Result<Model> {
        let n = Entity::insert(row.clone().into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if n == 0 {
            let has_name = self.any_account_by_sign_in_name(&row.sign_in_name).await?.is_some();
            return Err(already_exists(if has_name { "sign_in_name" } else { "email" }));
        }
        for role in roles {
            self.insert_role(&row, *role).await?;
        }
        Ok(row)
    }

    /// Gives a role that is not GLOBAL_ADMIN; giving it twice changes nothing.
    pub async fn add_role(&self, account: &Model, role: Role) -> Result<()> {
        match role == Role::GlobalAdmin {
            true => Err(Error::internal(Uncounted)),
            false => self.insert_role(account, role).await,
        }
    }

    async fn insert_role(&self, account: &Model, role: Role) -> Result<()> {
        let row =
            account_role::Model { account_id: account.id, role, company_id: account.company_id };
        let key = [account_role::Column::AccountId, account_role::Column::Role];
        account_role::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    async fn delete_roles(&self, account: UserId, roles: &[Role]) -> Result<()> {
        let roles: Vec<String> = roles.iter().map(|it| it.to_value()).collect();
        account_role::Entity::delete_many()
            .filter(account_role::Column::AccountId.eq(account))
            .filter(account_role::Column::Role.is_in(roles))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Puts `to`, with `roles`, in the place of a person as it was `seen`, and keeps the count of its
    /// company's global admins: every change of a person's standing or roles goes through here, so
    /// LAST_GLOBAL_ADMIN is decided here alone (U3). Nobody is counted: of two that leave at once,
    /// one finds the company's row changed.
    pub async fn change_account(&self, seen: &Model, to: Model, roles: &[Role]) -> Result<Model> {
        let (row, by) = self.put_account(seen, to, roles).await?;
        if by < 0 {
            self.check_global_admins(seen.company_id, by).await?;
        } else if by > 0 {
            self.shift_global_admins(seen.company_id, by, i64::MIN).await?;
        }
        Ok(row)
    }

    /// The same without the guard: for worlds of tests, whose people get their roles past the API.
    pub async fn force_roles(&self, seen: &Model, roles: &[Role]) -> Result<Model> {
        let (row, by) = self.put_account(seen, seen.clone(), roles).await?;
        self.shift_global_admins(seen.company_id, by, i64::MIN).await?;
        Ok(row)
    }

    /// The person as it is then, and by how much its company's global admins become more.
    async fn put_account(&self, seen: &Model, to: Model, roles: &[Role]) -> Result<(Model, i64)> {
        let held = self.roles(seen.id).await?;
        let row = Model { version: seen.version + 1, update_time: self.now(), ..to };
        let which = [Column::Id.eq(seen.id), Column::Version.eq(seen.version)];
        let query = Entity::update_many().set(row.clone().into_active_model().reset_all());
        let query = which.into_iter().fold(query, |query, it| query.filter(it));
        match query.exec(&self.conn).await {
            Ok(it) if it.rows_affected == 0 => return Err(Error::new(Reason::Contention)),
            Ok(_) => {}
            Err(err) if is_duplicate(&err) => {
                let is_renamed = row.sign_in_name != seen.sign_in_name;
                return Err(already_exists(if is_renamed { "sign_in_name" } else { "email" }));
            }
            Err(err) => return Err(fault(err)),
        }
        let taken: Vec<Role> = held.iter().copied().filter(|it| !roles.contains(it)).collect();
        if !taken.is_empty() {
            self.delete_roles(seen.id, &taken).await?;
        }
        for role in roles.iter().filter(|it| !held.contains(it)) {
            self.insert_role(seen, *role).await?;
        }
        let counts = |state: State, roles: &[Role]| i64::from(state.counts_as_global_admin(roles));
        let by = counts(row.state, roles) - counts(seen.state, &held);
        Ok((row, by))
    }

    async fn check_global_admins(&self, company: CompanyId, by: i64) -> Result<()> {
        match self.shift_global_admins(company, by, 1 - by).await? {
            0 => Err(Error::new(Reason::LastGlobalAdmin)),
            _ => Ok(()),
        }
    }

    /// Shifts the count if it is at least `least`; answers how many rows that were.
    async fn shift_global_admins(&self, company: CompanyId, by: i64, least: i64) -> Result<u64> {
        if by == 0 {
            return Ok(0);
        }
        let n = company::Column::NGlobalAdmins;
        let shifted = company::Entity::update_many()
            .col_expr(n, Expr::col(n).add(by))
            .filter(company::Column::Id.eq(company))
            .filter(n.gte(least))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(shifted.rows_affected)
    }

    /// Takes a new password; an INVITED global admin now counts for its company (U3).
    pub async fn set_password(
        &self,
        seen: &Model,
        state: State,
        password_hash: String,
    ) -> Result<Model> {
        let to = Model { state, password_hash, one_time_expire_time: None, ..seen.clone() };
        let roles = self.roles(seen.id).await?;
        self.change_account(seen, to, &roles).await
    }
}

/// USER_ALREADY_EXISTS, by which of the keys.
fn already_exists(field: &str) -> Error {
    Error::new(Reason::UserAlreadyExists).with("field", field)
}

#[derive(Debug, thiserror::Error)]
#[error("a global admin is counted when its role is given")]
struct Uncounted;
