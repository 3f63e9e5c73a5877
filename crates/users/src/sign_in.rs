//! A person proves who it is and gets a session.

use api::users::v1::{SignInRequest, SignInResponse};
use domain::{
    Call, Error, Reason, Result, Secret,
    constants::SESSION,
    id::{CompanyId, user_name},
};
use event::{Event, SignedIn, event::Kind};

use crate::{Service, resource::user};

pub async fn sign_in(service: &Service, call: &Call, req: SignInRequest) -> Result<SignInResponse> {
    let name = req.sign_in_name.to_lowercase();
    let seen =
        service.db.read(call, async |view| view.any_account_by_sign_in_name(&name).await).await?;
    let seen = seen.filter(|it| it.state.signs_in());
    let hash = seen.as_ref().map(|it| it.password_hash.clone());
    let is_right = service.passwords.matches(&Secret::new(req.password), hash).await?;
    let Some(seen) = seen.filter(|_| is_right) else {
        return Err(refuse(service, call, &name).await);
    };
    let token = session_token()?;

    let write = async |tx: &mut store::Tx| {
        let account = tx.any_account_by_sign_in_name(&name).await?;
        let unchanged = account.filter(|it| it.version == seen.version);
        let account = unchanged.ok_or_else(|| Error::new(Reason::Contention))?;
        let name = user_name(account.company_id, account.id);
        if account.one_time_expire_time.is_some_and(|it| it <= tx.now()) {
            return Err(Error::new(Reason::OneTimePasswordExpired));
        }
        let expire_time = tx.now() + SESSION;
        let session = tx.add_session(account.id, &token, expire_time).await?;
        let what = SignedIn {
            user: name.clone(),
            session: session.to_string(),
            one_time_password: account.one_time_expire_time.is_some(),
        };
        tx.record(Event::of(name, Kind::SignedIn(what)), &[account.company_id]);
        let roles = tx.roles(account.id).await?;
        Ok(SignInResponse {
            user: Some(user(&account, &roles)),
            access_token: token.expose().to_owned(),
            expire_time: Some(gate::wire_time(expire_time)),
            password_change_required: account.one_time_expire_time.is_some(),
        })
    };
    service.db.write(call, write).await
}

/// Remembers a failed try and answers it: the same work and the same words whether the password
/// is wrong, the person may not sign in, or nobody has the name.
pub(crate) async fn refuse(service: &Service, call: &Call, name: &str) -> Error {
    let write = async |tx: &mut store::Tx| -> Result<SignedIn> {
        let (user, company) = match tx.any_account_by_sign_in_name(name).await? {
            Some(account) => (user_name(account.company_id, account.id), account.company_id),
            None => (String::new(), CompanyId::NOBODY),
        };
        tx.record(Event::sign_in_failed(user), &[company]);
        Err(tx.refuse(Error::new(Reason::SignInFailed)))
    };
    match service.db.write(call, write).await {
        Ok(_) => Error::new(Reason::SignInFailed),
        Err(err) => err,
    }
}

fn session_token() -> Result<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(Secret::from_bytes(&bytes))
}
