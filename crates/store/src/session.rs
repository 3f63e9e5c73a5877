//! Sessions: begun by a sign-in, looked up on every call by the hash of their token.

use chrono::{Duration, SubsecRound as _};
use domain::{
    Caller, Credential, Error, Principal, Reason, Result, Role, Secret, Timestamp, UserCaller, Who,
    caller::has_second_factor,
    constants::ISSUER_CLOCK,
    id::{SessionId, UserId},
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, sea_query::Expr,
};

use crate::{
    Tx, View,
    entity::{
        account,
        session::{Column, Entity, Model},
    },
    fault::fault,
};

impl View {
    /// Who holds this token, with the roles held now (U5).
    pub async fn any_caller_by_token(&self, token: &Secret) -> Result<UserCaller> {
        let query = self.any::<Entity>().filter(Column::TokenSha256.eq(token.sha256()));
        let session = query.one(&self.conn).await.map_err(fault)?;
        let session = session.ok_or_else(|| Error::new(Reason::CredentialInvalid))?;
        self.caller_of(session).await
    }

    async fn caller_of(&self, session: Model) -> Result<UserCaller> {
        if session.expire_time <= self.now() {
            return Err(Error::new(Reason::CredentialExpired));
        }
        let query = self.any::<account::Entity>();
        let account = query.filter(account::Column::Id.eq(session.account_id));
        let account = account.one(&self.conn).await.map_err(fault)?;
        let account = account.filter(|it| it.state.signs_in() && session.end_time.is_none());
        let account = account.ok_or_else(|| Error::new(Reason::SessionRevoked))?;
        let proof = Proof {
            credential: Credential::Session(session.id),
            auth_time: session.auth_time,
            expire_time: session.expire_time,
            amr: session.amr,
        };
        self.user_caller(account, proof).await
    }

    /// Who a person is as a caller, with the roles held now.
    pub(crate) async fn user_caller(
        &self,
        account: account::Model,
        proof: Proof,
    ) -> Result<UserCaller> {
        let mut roles = self.roles(account.id).await?;
        let lacks_second_factor = !has_second_factor(&proof.amr)
            && roles.contains(&Role::GlobalAdmin)
            && self.any_company(account.company_id).await?.is_some_and(|it| it.totp_required);
        roles.retain(|it| !lacks_second_factor || *it != Role::GlobalAdmin);
        let principal = Principal {
            who: Who::User(account.id),
            company: account.company_id,
            partner: self.any_kind_of(account.company_id).await?,
            // The gate says so, once it knows which RPC is asked for.
            as_platform: false,
            roles,
            credential: proof.credential,
            expire_time: proof.expire_time,
        };
        Ok(UserCaller {
            principal,
            user: account.id,
            auth_time: proof.auth_time,
            must_change_password: account.one_time_expire_time.is_some(),
            amr: proof.amr,
            lacks_second_factor,
        })
    }
}

/// How a person proved who it is.
pub(crate) struct Proof {
    pub credential: Credential,
    pub auth_time: Timestamp,
    pub expire_time: Timestamp,
    pub amr: String,
}

impl Tx {
    /// Reads the caller again inside the write, by key: a revocation is serial with every write.
    pub(crate) async fn still_holds(&mut self) -> Result<()> {
        if let Caller::Newcomer(newcomer) = self.caller() {
            let vouched = newcomer.vouched.clone();
            return self.still_new(&vouched).await;
        }
        let Some(admitted) = self.caller().principal() else {
            return Ok(());
        };
        let roles = match &admitted.credential {
            Credential::Session(session) => self.any_session(*session).await?.principal.roles,
            Credential::Token { issuer, subject, issue_time } => {
                self.any_roles_by_token((issuer.as_str(), subject.as_str()), *issue_time).await?
            }
            Credential::Key { key, .. } => self.roles_by_key(*key).await?,
            // What a certificate is good for is in the configuration, not in the database.
            Credential::Certificate { .. } => return Ok(()),
        };
        // A role gained since the gate takes nothing from what it admitted.
        match admitted.roles.iter().all(|it| roles.contains(it)) {
            true => Ok(()),
            // The gate admitted a role that is gone: nothing was done, a new call is refused it.
            false => Err(Error::new(Reason::Contention)),
        }
    }

    async fn any_session(&self, id: SessionId) -> Result<UserCaller> {
        let query = self.any::<Entity>().filter(Column::Id.eq(id));
        let session = query.one(&self.conn).await.map_err(fault)?;
        self.caller_of(session.ok_or_else(|| Error::new(Reason::SessionRevoked))?).await
    }

    pub async fn add_session(
        &self,
        account: UserId,
        token: &Secret,
        expire_time: Timestamp,
        amr: &str,
    ) -> Result<SessionId> {
        let id = SessionId::mint(self.now());
        let row = Model {
            id,
            token_sha256: token.sha256(),
            account_id: account,
            auth_time: self.now(),
            expire_time,
            end_time: None,
            amr: amr.to_owned(),
        };
        Entity::insert(row.into_active_model())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        Ok(id)
    }

    /// From now on the session counts as begun in this way.
    pub async fn set_amr(&self, id: SessionId, amr: &str) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::Amr, Expr::value(amr))
            .filter(Column::Id.eq(id))
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Ends every session of a person but one.
    pub async fn end_other_sessions(&self, account: UserId, but: SessionId) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::EndTime, Expr::value(self.now()))
            .filter(Column::AccountId.eq(account))
            .filter(Column::Id.ne(but))
            .filter(Column::EndTime.is_null())
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Ends one session.
    pub async fn end_session(&self, id: SessionId) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::EndTime, Expr::value(self.now()))
            .filter(Column::Id.eq(id))
            .filter(Column::EndTime.is_null())
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }

    /// Shuts a person out: ends its every session, and every token that its issuer has made. The clock
    /// of an issuer may be ahead, and its tokens with it: what it makes in the next minute is refused,
    /// too.
    pub async fn end_sessions(&self, account: UserId) -> Result<()> {
        self.end_all(account, self.now() + ISSUER_CLOCK).await
    }

    /// The same for a person who asks for it itself and may sign in again at once: the token that asks
    /// ends, and all of the seconds before this one. Tokens know whole seconds only, so that others of
    /// this very second, and those that an issuer whose clock is ahead made for another sign-in, live on.
    pub async fn sign_out(&self, caller: &UserCaller) -> Result<()> {
        let before = self.now().trunc_subsecs(0) - Duration::seconds(1);
        let own = match &caller.credential {
            Credential::Token { issue_time, .. } => *issue_time,
            Credential::Session(_) | Credential::Key { .. } | Credential::Certificate { .. } => {
                before
            }
        };
        self.end_all(caller.user, before.max(own)).await
    }

    async fn end_all(&self, account: UserId, tokens_until: Timestamp) -> Result<()> {
        self.end_tokens(account, tokens_until).await?;
        Entity::update_many()
            .col_expr(Column::EndTime, Expr::value(self.now()))
            .filter(Column::AccountId.eq(account))
            .filter(Column::EndTime.is_null())
            .exec(&self.conn)
            .await
            .map_err(fault)?;
        Ok(())
    }
}
