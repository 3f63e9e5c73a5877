//! A caller asks who the system takes it for.

use api::users::v1::{Identity, WhoAmIRequest, WhoAmIResponse};
use domain::{Call, Caller, Error, Newcomer, Result};

use crate::{
    Service,
    resource::{company, user},
};

pub async fn who_am_i(service: &Service, call: &Call, _: WhoAmIRequest) -> Result<WhoAmIResponse> {
    if let Caller::Newcomer(newcomer) = &call.caller {
        return Ok(nobody(service, newcomer));
    }
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let read = async |view: &store::View| {
        let account = view.account(caller.user).await?;
        let its_company = view.company(caller.company).await?;
        let partner = view.partner_of(caller.company).await?;
        Ok((account, its_company, partner))
    };
    let (account, its_company, partner) = service.db.read(call, read).await?;
    let admitted = service.rules.iter().filter(|(_, rule)| gate::admits(rule, caller));
    let permissions = admitted.map(|(path, _)| path.trim_start_matches('/').to_owned());
    Ok(WhoAmIResponse {
        user: Some(user(&account, &caller.roles)),
        company: Some(company(&its_company, partner.as_ref())),
        permissions: permissions.collect(),
        auth_time: caller.proven_time().map(gate::wire_time),
        expire_time: Some(gate::wire_time(caller.expire_time)),
        password_change_required: caller.must_change_password,
        amr: caller.amr.split_whitespace().map(str::to_owned).collect(),
        second_factor_required: caller.lacks_second_factor,
        identity: caller.identity().map(|(issuer, subject)| Identity {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            ..Identity::default()
        }),
        account_missing: false,
    })
}

/// A person of an external directory who is no user here yet.
fn nobody(service: &Service, newcomer: &Newcomer) -> WhoAmIResponse {
    let vouched = &newcomer.vouched;
    let admitted = service.rules.iter().filter(|(_, rule)| gate::admits_newcomer(rule, newcomer));
    let permissions = admitted.map(|(path, _)| path.trim_start_matches('/').to_owned());
    WhoAmIResponse {
        permissions: permissions.collect(),
        auth_time: vouched.auth_time.map(gate::wire_time),
        expire_time: Some(gate::wire_time(vouched.expire_time)),
        amr: vouched.amr.split_whitespace().map(str::to_owned).collect(),
        identity: Some(Identity {
            issuer: vouched.issuer.clone(),
            subject: vouched.subject.clone(),
            tenant_id: vouched.tenant.clone(),
            global_admin_claimed: vouched.is_global_admin,
        }),
        account_missing: true,
        ..WhoAmIResponse::default()
    }
}
