//! A person replaces its password; a one-time password has done its work (U7).

use api::users::v1::{ChangePasswordRequest, ChangePasswordResponse};
use domain::{Call, Result, Secret, id::user_name, password::check_new, user::Action};
use event::{Event, PasswordChanged, event::Kind};
use store::entity::account;

use crate::{
    Service,
    resource::user,
    sign_in::{Proof, proven, unchanged},
};

pub async fn change_password(
    service: &Service,
    call: &Call,
    req: ChangePasswordRequest,
) -> Result<ChangePasswordResponse> {
    let name = req.sign_in_name.to_lowercase();
    let (old, new) = (Secret::new(req.old_password), Secret::new(req.new_password));
    let proof = Proof { password: old.clone(), code: Secret::new(req.totp_code) };
    let (seen, step) = proven(service, call, &name, &proof).await?;
    // Who does not know the password learns nothing about what a new one must be.
    check_new(&new, &old, &name)?;
    let new_hash = service.passwords.hash(&new).await?;

    let write = async |tx: &mut store::Tx| {
        let account = unchanged(tx, &name, &seen).await?;
        let name = user_name(account.company_id, account.id);
        let state = account.state.after(Action::ChangePassword)?;
        let roles = tx.roles(account.id).await?;
        let to = account::Model {
            state,
            password_hash: new_hash.clone(),
            one_time_expire_time: None,
            totp_step: step.unwrap_or(account.totp_step),
            ..account.clone()
        };
        let changed = tx.change_account(&account, to, &roles).await?;
        tx.end_sessions(account.id).await?;
        let what = PasswordChanged { user: name.clone() };
        let event = Event::of(name, Kind::PasswordChanged(what)).changed(
            "state",
            account.state.as_str(),
            changed.state.as_str(),
        );
        tx.record(event, &[account.company_id]);
        Ok(ChangePasswordResponse { user: Some(user(&changed, &roles)) })
    };
    service.db.write(call, write).await
}
