//! People of external directories: found by their identity on every call, bound once.

use domain::{
    Caller, Credential, Error, Newcomer, Reason, Result, Role, Timestamp, UserCaller, Vouched,
    caller::NEVER,
    id::{UserId, user_name},
    user::State,
};
use event::{Event, IdentityBound, event::Kind};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    Tx, View,
    entity::{account, identity},
    fault::fault,
    founding::directory_of,
    session::Proof,
};

impl View {
    /// Who this is here: a user with the roles held now (U5), or somebody who is none yet.
    pub async fn any_caller_by_vouched(&self, vouched: &Vouched) -> Result<Caller> {
        let company = self.any_company_of_tenant(directory_of(vouched)).await?;
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

    /// Nobody is known here by the identity of a person who is gone.
    pub async fn release_identity_of(&self, account: UserId) -> Result<()> {
        match self.any_identity_of(account).await? {
            Some(row) => self.release(&row).await,
            None => Ok(()),
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

    /// No token that its issuer made for the person by that time is good any longer.
    pub(crate) async fn end_tokens(&self, account: UserId, until: Timestamp) -> Result<()> {
        let end = account::Column::TokensEndTime;
        account::Entity::update_many()
            .col_expr(end, Expr::value(until))
            .filter(account::Column::Id.eq(account))
            // What has ended does not begin again.
            .filter(Condition::any().add(end.is_null()).add(end.lt(until)))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
