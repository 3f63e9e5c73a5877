//! A caller asks who the system takes it for.

use api::users::v1::{WhoAmIRequest, WhoAmIResponse};
use domain::{Call, Error, Result};

use crate::{
    Service,
    resource::{company, user},
};

pub async fn who_am_i(service: &Service, call: &Call, _: WhoAmIRequest) -> Result<WhoAmIResponse> {
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
        auth_time: Some(gate::wire_time(caller.auth_time)),
        expire_time: Some(gate::wire_time(caller.expire_time)),
        password_change_required: caller.must_change_password,
        amr: caller.amr.split(' ').map(str::to_owned).collect(),
        second_factor_required: caller.lacks_second_factor,
    })
}
