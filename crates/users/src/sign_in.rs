//! A person proves who it is and gets a session.

use api::users::v1::{SignInRequest, SignInResponse};
use domain::{
    Call, Error, Reason, Result, Role, Secret,
    constants::SESSION,
    id::{CompanyId, user_name},
};
use event::{Event, SignedIn, event::Kind};
use store::{Tx, entity::account};

use crate::{
    Service, factor,
    guessing::{self, Claim},
    resource::user,
};

pub async fn sign_in(service: &Service, call: &Call, req: SignInRequest) -> Result<SignInResponse> {
    let name = req.sign_in_name.to_lowercase();
    let proof = Proof { password: Secret::new(req.password), code: Secret::new(req.totp_code) };
    let (seen, step) = proven(service, call, &name, &proof).await?;
    let token = session_token()?;

    let write = async |tx: &mut Tx| {
        let account = unchanged(tx, &name, &seen).await?;
        let account = match step {
            None => account,
            Some(totp_step) => {
                let to = account::Model { totp_step, ..account.clone() };
                factor::put(tx, &account, to).await?
            }
        };
        let name = user_name(account.company_id, account.id);
        let amr = if step.is_some() { factor::BOTH } else { factor::PASSWORD };
        let expire_time = tx.now() + SESSION;
        let session = tx.add_session(account.id, &token, expire_time, amr).await?;
        let what = SignedIn {
            user: name.clone(),
            session: session.to_string(),
            one_time_password: account.one_time_expire_time.is_some(),
        };
        let event = Event::of(name, Kind::SignedIn(what)).changed("amr", "", amr);
        tx.record(event, &[account.company_id]);
        let roles = tx.roles(account.id).await?;
        let company = tx.any_company(account.company_id).await?;
        let is_demanded = company.is_some_and(|it| it.totp_required);
        Ok(SignInResponse {
            user: Some(user(&account, &roles)),
            access_token: token.expose().to_owned(),
            expire_time: Some(gate::wire_time(expire_time)),
            password_change_required: account.one_time_expire_time.is_some(),
            second_factor_required: is_demanded
                && step.is_none()
                && roles.contains(&Role::GlobalAdmin),
        })
    };
    service.db.write(call, write).await
}

/// What somebody gives to show that it is the person.
pub(crate) struct Proof {
    pub password: Secret,
    pub code: Secret,
}

/// The person of this name, if the proof is right, with the time step of its code. Whatever else is
/// wrong is told to who knows the password only.
pub(crate) async fn proven(
    service: &Service,
    call: &Call,
    name: &str,
    proof: &Proof,
) -> Result<(account::Model, Option<i64>)> {
    let claim: Claim = guessing::claim(service, call, name).await?;
    let seen =
        service.db.read(call, async |view| view.any_account_by_sign_in_name(name).await).await?;
    let seen = seen.filter(|it| it.state.signs_in());
    let hash = seen.as_ref().map(|it| it.password_hash.clone());
    let is_right = service.passwords.matches(&proof.password, hash).await?;
    let Some(seen) = seen.filter(|_| is_right) else {
        return Err(refuse(service, call, name, Reason::SignInFailed).await);
    };
    match factor::check(service, &seen, proof.code.expose()) {
        Ok(step) => {
            claim.forgive(service).await?;
            Ok((seen, step))
        }
        Err(err) => Err(refuse(service, call, name, err.reason).await),
    }
}

/// The person as it was when its proof was looked at; a one-time password that is over is told now.
pub(crate) async fn unchanged(
    tx: &Tx,
    name: &str,
    seen: &account::Model,
) -> Result<account::Model> {
    let account = tx.any_account_by_sign_in_name(name).await?;
    let account = account.filter(|it| it.version == seen.version);
    let account = account.ok_or_else(|| Error::new(Reason::Contention))?;
    match account.one_time_expire_time.is_some_and(|it| it <= tx.now()) {
        true => Err(Error::new(Reason::OneTimePasswordExpired)),
        false => Ok(account),
    }
}

/// Remembers a failed try and answers it: the same work and the same words whether the password
/// is wrong, the person may not sign in, or nobody has the name.
async fn refuse(service: &Service, call: &Call, name: &str, why: Reason) -> Error {
    let write = async |tx: &mut Tx| -> Result<SignedIn> {
        let (user, company) = match tx.any_account_by_sign_in_name(name).await? {
            Some(account) => (user_name(account.company_id, account.id), account.company_id),
            None => (String::new(), CompanyId::NOBODY),
        };
        tx.record(Event::sign_in_failed(user), &[company]);
        Err(tx.refuse(Error::new(why)))
    };
    match service.db.write(call, write).await {
        Ok(_) => Error::new(why),
        Err(err) => err,
    }
}

fn session_token() -> Result<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(Secret::from_bytes(&bytes))
}
