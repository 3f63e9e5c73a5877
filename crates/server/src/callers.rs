//! Who presents a credential: looked up on every call, never remembered (U5).

use std::sync::Arc;

use credentials::{Algorithm, Claims, Expected, PublicKey, Refused, Token, TokenType};
use domain::{
    Call, Caller, Error, Reason, Result,
    id::{CompanyId, ServiceAccountId, service_account_ids, service_account_name},
    service_account::{TOKEN_LEEWAY, TOKEN_LIFE},
};
use gate::Presented;
use issuers::Issuers;
use store::{Db, LiveKey, View};

use crate::services::Services;

/// Looks callers up in the database, people of external directories by what their issuer vouches for.
pub struct Callers {
    pub db: Db,
    pub issuers: Arc<Issuers>,
    pub services: Services,
}

#[tonic::async_trait]
impl gate::Callers for Callers {
    async fn by_credential(&self, presented: &Presented) -> Result<Caller> {
        if let Some(certificate) = &presented.certificate {
            let service = self.services.caller(certificate, self.db.clock().now())?;
            if presented.bearer.is_none() {
                return Ok(service);
            }
        }
        let bearer = presented.bearer.as_ref().ok_or_else(invalid)?;
        let call = Call::new(Caller::Anonymous, "gate");
        let token = match credentials::is_token(bearer) {
            true => Token::read(bearer).map_err(refused)?,
            false => {
                let read = async |view: &View| view.any_caller_by_token(bearer).await;
                return self.db.read(&call, read).await.map(Caller::User);
            }
        };
        let Some(account) = token.claimed_issuer().and_then(service_account) else {
            let vouched = self.issuers.vouched(&token).await?;
            let read = async |view: &View| view.any_caller_by_vouched(&vouched).await;
            return self.db.read(&call, read).await;
        };
        self.db.read(&call, async |view: &View| by_key(view, account, &token).await).await
    }
}

/// The service account that this would be the name of, spelled as we spell it.
fn service_account(name: &str) -> Option<(CompanyId, ServiceAccountId)> {
    let ids = service_account_ids(name);
    ids.filter(|(company, account)| service_account_name(*company, *account) == name)
}

/// The service account that signed the token with a live key of its own. Whatever is wrong with it,
/// the answer is the same.
async fn by_key(
    view: &View,
    (company, account): (CompanyId, ServiceAccountId),
    token: &Token<'_>,
) -> Result<Caller> {
    let thumbprint = token.claimed_key().ok_or_else(invalid)?;
    let live = view.any_live_key(account, thumbprint).await?;
    let live = live.filter(|it| it.account.company_id == company).ok_or_else(invalid)?;
    let claims = verified(view, &live, token)?;
    let token_id = claims.token_id.ok_or_else(invalid)?;
    view.service_caller(&live, token_id, claims.expire_time).await
}

fn verified(view: &View, live: &LiveKey, token: &Token<'_>) -> Result<Claims> {
    let key = PublicKey::from_der(&live.key.public_key).map_err(Error::internal)?;
    let name = service_account_name(live.account.company_id, live.account.id);
    let expected = Expected {
        types: &[TokenType::Jwt],
        algorithms: Algorithm::ALL,
        issuer: &name,
        subject: Some(&name),
        audience: &view.programme().audience,
        shares_audience: false,
        leeway: TOKEN_LEEWAY,
        longest_life: Some(TOKEN_LIFE),
        token_id: true,
    };
    token.verify(&key, &expected, view.now()).map_err(refused)
}

fn invalid() -> Error {
    Error::new(Reason::CredentialInvalid)
}

/// The cause is for those who run the server; nothing of the token is in it.
fn refused(it: Refused) -> Error {
    invalid().caused_by(it)
}
