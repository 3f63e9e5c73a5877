//! A caller asks who the system takes it for.

use api::users::v1::{Identity, WhoAmIRequest, WhoAmIResponse};
use domain::{Call, Caller, Error, Newcomer, Result};
use store::View;

use crate::{
    Service, machine,
    resource::{company, user},
};

pub async fn who_am_i(service: &Service, call: &Call, _: WhoAmIRequest) -> Result<WhoAmIResponse> {
    if let Caller::Newcomer(newcomer) = &call.caller {
        return Ok(nobody(service, newcomer));
    }
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let read = async |view: &View| {
        let its_company = view.any_company(caller.company).await?;
        let partner = view.any_partner_of(caller.company).await?;
        let company = its_company.map(|it| company(&it, partner.as_ref()));
        Ok(WhoAmIResponse { company, ..itself(view, &call.caller).await? })
    };
    let its = service.db.read(call, read).await?;
    let admitted = service.rules.iter();
    let admitted =
        admitted.filter(|(_, rule)| gate::admits(rule, caller) && gate::is_for(rule, caller));
    let permissions = admitted.map(|(path, _)| path.trim_start_matches('/').to_owned());
    Ok(WhoAmIResponse {
        permissions: permissions.collect(),
        expire_time: Some(gate::wire_time(caller.expire_time)),
        credential: caller.credential.to_string(),
        ..its
    })
}

/// What concerns its kind alone.
async fn itself(view: &View, caller: &Caller) -> Result<WhoAmIResponse> {
    let mut its = WhoAmIResponse::default();
    match caller {
        Caller::User(person) => {
            let account = view.account(person.user).await?;
            its.user = Some(user(&account, &person.roles));
            its.auth_time = person.proven_time().map(gate::wire_time);
            its.password_change_required = person.must_change_password;
            its.amr = person.amr.split_whitespace().map(str::to_owned).collect();
            its.second_factor_required = person.lacks_second_factor;
            its.identity = person.identity().map(|(issuer, subject)| Identity {
                issuer: issuer.to_owned(),
                subject: subject.to_owned(),
                ..Identity::default()
            });
        }
        Caller::Service(service) => {
            let account = view.service_account(service.principal.company, service.account).await?;
            its.service_account = Some(machine::shown(view, &account));
        }
        Caller::Internal(internal) => its.internal_service = internal.principal.name(),
        Caller::Anonymous | Caller::Link(_) | Caller::Newcomer(_) | Caller::System(_) => {
            return Err(Error::not_found());
        }
    }
    Ok(its)
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
