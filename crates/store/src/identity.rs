//! People of external directories: found by their identity on every call, bound once.

use domain::{
    Caller, Credential, Error, Language, Newcomer, Reason, Result, Role, Timestamp, UserCaller,
    Vouched,
    caller::NEVER,
    id::{CompanyId, UserId, company_name, user_name},
    user::State,
};
use event::{CompanyFounded, Event, IdentityBound, UserCreated, event::Kind};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    NewCompany, NewPerson, Tx, View,
    entity::{account, company, identity, tenant},
    fault::fault,
    session::Proof,
};

/// What a company begins with that comes to exist by a call of its external directory (E2).
#[derive(Clone, Copy, Debug)]
pub struct Founding<'a> {
    pub display_name: &'a str,
    pub region_code: &'a str,
    /// Of mails to the person.
    pub language: Language,
}

impl View {
    /// Who this is here: a user with the roles held now (U5), or somebody who is none yet.
    pub async fn any_caller_by_vouched(&self, vouched: &Vouched) -> Result<Caller> {
        let company = self.any_company_of_tenant(&vouched.issuer, &vouched.tenant).await?;
        let account = match self.any_identity(&vouched.issuer, &vouched.subject).await? {
            Some(row) => self.any_account(row.account_id).await?,
            None => None,
        };
        // Who was removed is nobody here, and can be invited again.
        let Some(account) = account.filter(|it| it.state != State::Deleted) else {
            let vouched = vouched.clone();
            return Ok(Caller::Newcomer(Box::new(Newcomer { vouched, company })));
        };
        // Who has moved to another directory is not who was let in.
        let is_its = Some(account.company_id) == company;
        let account = Some(account).filter(|it| is_its && stands(it, vouched.issue_time));
        let account = account.ok_or_else(|| Error::new(Reason::SessionRevoked))?;
        let credential = Credential::Token {
            issuer: vouched.issuer.clone(),
            subject: vouched.subject.clone(),
            issue_time: vouched.issue_time,
        };
        let proof = Proof {
            credential,
            auth_time: vouched.auth_time.unwrap_or(NEVER),
            expire_time: vouched.expire_time,
            amr: vouched.amr.clone(),
        };
        self.user_caller(account, proof).await.map(Caller::User)
    }

    /// The company that a directory is.
    pub async fn any_company_of_tenant(
        &self,
        issuer: &str,
        tenant: &str,
    ) -> Result<Option<CompanyId>> {
        let query = self.any::<tenant::Entity>().filter(tenant::Column::Issuer.eq(issuer));
        let query = query.filter(tenant::Column::TenantId.eq(tenant));
        let row = query.one(&self.conn).await.map_err(fault)?;
        Ok(row.map(|it| it.company_id))
    }

    /// The directory that a company is.
    pub async fn any_tenant_of(&self, company: CompanyId) -> Result<Option<tenant::Model>> {
        let query = self.any::<tenant::Entity>().filter(tenant::Column::CompanyId.eq(company));
        query.one(&self.conn).await.map_err(fault)
    }

    /// Whose identity this is.
    pub async fn any_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<identity::Model>> {
        let query = self.any::<identity::Entity>().filter(identity::Column::Issuer.eq(issuer));
        let query = query.filter(identity::Column::Subject.eq(subject));
        query.one(&self.conn).await.map_err(fault)
    }

    /// By which identity a person is known.
    pub async fn any_identity_of(&self, account: UserId) -> Result<Option<identity::Model>> {
        let query = self.any::<identity::Entity>();
        let query = query.filter(identity::Column::AccountId.eq(account));
        query.one(&self.conn).await.map_err(fault)
    }
}

/// Whether a token that was made then is good for the person.
fn stands(account: &account::Model, issue_time: Timestamp) -> bool {
    let is_ended = account.tokens_end_time.is_some_and(|end| issue_time <= end);
    account.state == State::Active && !is_ended
}

impl Tx {
    /// Whoever was nobody at the gate may have become somebody since, by a twin of this very call.
    pub(crate) async fn still_new(&mut self, vouched: &Vouched) -> Result<()> {
        if let Caller::User(user) = self.any_caller_by_vouched(vouched).await? {
            self.become_user(user);
        }
        Ok(())
    }

    /// What a person with such a token may do now.
    pub(crate) async fn any_roles_by_token(
        &self,
        (issuer, subject): (&str, &str),
        issue_time: Timestamp,
    ) -> Result<Vec<Role>> {
        let account = match self.any_identity(issuer, subject).await? {
            Some(row) => self.any_account(row.account_id).await?,
            None => None,
        };
        let revoked = || Error::new(Reason::SessionRevoked);
        let user = self.caller().user().ok_or_else(revoked)?;
        let is_its = |it: &account::Model| it.id == user.user && stands(it, issue_time);
        let account = account.filter(is_its).ok_or_else(revoked)?;
        let proof = Proof {
            credential: user.credential.clone(),
            auth_time: user.auth_time,
            expire_time: user.expire_time,
            amr: user.amr.clone(),
        };
        Ok(self.user_caller(account, proof).await?.principal.roles)
    }

    /// The person asking. Where it is none yet, and its directory calls it a global admin, the company
    /// comes to exist by this very call, with this person (E2).
    pub async fn founder(&mut self, founding: Founding<'_>) -> Result<UserCaller> {
        let newcomer = match self.caller() {
            Caller::User(user) if user.roles.contains(&Role::GlobalAdmin) => {
                return Ok(user.clone());
            }
            // Who became somebody since the gate is asked there again.
            Caller::User(_) => return Err(Error::new(Reason::Contention)),
            Caller::Newcomer(it) => it.clone(),
            Caller::Anonymous
            | Caller::Link(_)
            | Caller::Service(_)
            | Caller::Internal(_)
            | Caller::System(_) => return Err(Error::not_found()),
        };
        let vouched = &newcomer.vouched;
        let company = self.any_company_of_tenant(&vouched.issuer, &vouched.tenant).await?;
        let newcomer = Newcomer { company, vouched: vouched.clone() };
        if !newcomer.may_found() {
            return Err(newcomer.refusal(true));
        }
        if founding.display_name.is_empty() {
            return Err(Error::field("display_name", "REQUIRED", "must not be empty"));
        }
        domain::invitation::check_name("display_name", founding.display_name)?;
        self.facts().served_region(founding.region_code)?;
        self.found(&newcomer.vouched, founding).await
    }

    async fn found(&mut self, vouched: &Vouched, founding: Founding<'_>) -> Result<UserCaller> {
        let new = NewCompany {
            display_name: founding.display_name,
            region_code: founding.region_code,
            domain: None,
            n_global_admins: 0,
        };
        let company = self.add_company(new).await?;
        self.bind_tenant(&company, vouched).await?;
        let given_name = match vouched.given_name.as_str() {
            "" => "Global admin",
            it => it,
        };
        let new = NewPerson {
            company: company.id,
            given_name,
            family_name: &vouched.family_name,
            email: &vouched.email,
            language_code: founding.language.tag(),
            roles: &[Role::GlobalAdmin],
        };
        let person = self.add_person(new).await?;
        let name = company_name(company.id);
        let what = CompanyFounded {
            company: name.clone(),
            issuer: vouched.issuer.clone(),
            tenant_id: vouched.tenant.clone(),
            region_code: company.region_code,
        };
        self.record(Event::of(name, Kind::CompanyFounded(what)), &[company.id]);
        let name = user_name(company.id, person.id);
        let what = UserCreated { user: name.clone(), roles: vec![Role::GlobalAdmin.to_string()] };
        self.record_personal(
            Event::of(name, Kind::UserCreated(what)),
            &[company.id],
            &[
                ("given_name", given_name),
                ("family_name", &vouched.family_name),
                ("email", &vouched.email),
            ],
        );
        let to = account::Model { state: State::Active, ..person.clone() };
        let person = self.change_account(&person, to, &[Role::GlobalAdmin]).await?;
        self.bind(&person, State::Invited, vouched).await
    }

    /// From now on this identity is that person, who is the caller, too. An identity whose person is
    /// gone is free.
    pub async fn bind(
        &mut self,
        person: &account::Model,
        before: State,
        vouched: &Vouched,
    ) -> Result<UserCaller> {
        if let Some(row) = self.any_identity(&vouched.issuer, &vouched.subject).await? {
            let holder = self.any_account(row.account_id).await?;
            if holder.is_some_and(|it| it.state != State::Deleted) {
                return Err(Error::new(Reason::IdentityAlreadyBound));
            }
            self.release(&row).await?;
        }
        let row = identity::Model {
            issuer: vouched.issuer.clone(),
            subject: vouched.subject.clone(),
            account_id: person.id,
            create_time: self.now(),
        };
        let n = identity::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        if n == 0 {
            return Err(Error::new(Reason::IdentityAlreadyBound));
        }
        let name = user_name(person.company_id, person.id);
        let what = IdentityBound { user: name.clone(), issuer: vouched.issuer.clone() };
        let event = Event::of(name, Kind::IdentityBound(what));
        let event = event.changed("state", before.as_str(), person.state.as_str());
        self.record_personal(event, &[person.company_id], &[("subject", &vouched.subject)]);
        match self.any_caller_by_vouched(vouched).await? {
            Caller::User(user) => {
                self.become_user(user.clone());
                Ok(user)
            }
            Caller::Newcomer(_)
            | Caller::Anonymous
            | Caller::Link(_)
            | Caller::Service(_)
            | Caller::Internal(_)
            | Caller::System(_) => Err(Error::new(Reason::Contention)),
        }
    }

    async fn bind_tenant(&self, company: &company::Model, vouched: &Vouched) -> Result<()> {
        let row = tenant::Model {
            issuer: vouched.issuer.clone(),
            tenant_id: vouched.tenant.clone(),
            company_id: company.id,
            create_time: self.now(),
        };
        let n = tenant::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        match n {
            // Somebody else of this directory was first; seen again, it has a company.
            0 => Err(Error::new(Reason::Contention)),
            _ => Ok(()),
        }
    }

    async fn release(&self, row: &identity::Model) -> Result<()> {
        identity::Entity::delete_many()
            .filter(identity::Column::Issuer.eq(row.issuer.as_str()))
            .filter(identity::Column::Subject.eq(row.subject.as_str()))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Every token that its issuer made for the person until now is good no longer.
    pub(crate) async fn end_tokens(&self, account: UserId) -> Result<()> {
        account::Entity::update_many()
            .col_expr(account::Column::TokensEndTime, Expr::value(self.now()))
            .filter(account::Column::Id.eq(account))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
