//! A person replaces its password; a one-time password has done its work (U7).

use api::users::v1::{ChangePasswordRequest, ChangePasswordResponse};
use domain::{
    Call, Error, Reason, Result, Secret, id::user_name, password::check_new, user::Action,
};
use event::{Event, PasswordChanged, event::Kind};

use crate::{Service, resource::user, sign_in::refuse};

pub async fn change_password(
    service: &Service,
    call: &Call,
    req: ChangePasswordRequest,
) -> Result<ChangePasswordResponse> {
    let name = req.sign_in_name.to_lowercase();
    let (old, new) = (Secret::new(req.old_password), Secret::new(req.new_password));
    let seen =
        service.db.read(call, async |view| view.any_account_by_sign_in_name(&name).await).await?;
    let seen = seen.filter(|it| it.state.signs_in());
    let hash = seen.as_ref().map(|it| it.password_hash.clone());
    let is_right = service.passwords.matches(&old, hash).await?;
    let Some(seen) = seen.filter(|_| is_right) else {
        return Err(refuse(service, call, &name).await);
    };
    // Who does not know the password learns nothing about what a new one must be.
    check_new(&new, &old, &name)?;
    let new_hash = service.passwords.hash(&new).await?;

    let write = async |tx: &mut store::Tx| {
        let account = tx.any_account_by_sign_in_name(&name).await?;
        let unchanged = account.filter(|it| it.version == seen.version);
        let account = unchanged.ok_or_else(|| Error::new(Reason::Contention))?;
        let name = user_name(account.company_id, account.id);
        if account.one_time_expire_time.is_some_and(|it| it <= tx.now()) {
            return Err(Error::new(Reason::OneTimePasswordExpired));
        }
        let state = account.state.after(Action::ChangePassword)?;
        let changed = tx.set_password(&account, state, new_hash.clone()).await?;
        tx.end_sessions(account.id).await?;
        let what = PasswordChanged { user: name.clone() };
        let event = Event::of(name, Kind::PasswordChanged(what)).changed(
            "state",
            account.state.as_str(),
            changed.state.as_str(),
        );
        tx.record(event, &[account.company_id]);
        let roles = tx.roles(account.id).await?;
        Ok(ChangePasswordResponse { user: Some(user(&changed, &roles)) })
    };
    service.db.write(call, write).await
}
