//! A person asks what its roles admit it to, or an operator what another's do.

use api::{
    policy::v1::Role as Named,
    users::v1::{Permission, TestPermissionsRequest, TestPermissionsResponse},
};
use domain::{Call, Error, Principal, Reason, Result, Role, Who};
use store::View;

use crate::{Service, person};

pub async fn test_permissions(
    service: &Service,
    call: &Call,
    req: TestPermissionsRequest,
) -> Result<TestPermissionsResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let own = caller.name();
    let who = match req.user.is_empty() || req.user == own {
        true => caller.clone(),
        false => service.db.read(call, async |view| other(view, caller, &req.user).await).await?,
    };
    let mut permissions = Vec::with_capacity(req.rpcs.len());
    for rpc in req.rpcs {
        let rule = service.rules.get(&format!("/{rpc}"));
        let rule = rule.ok_or_else(|| Error::new(Reason::RpcUnknown).with("rpc", &rpc))?;
        let allowed = gate::admits(rule, &who) && gate::is_for(rule, &who);
        let required = if allowed { Vec::new() } else { gate::required_roles(rule, &who) };
        let is_giver = |it: &Role| required.iter().any(|role| domain::power::gives(*it, *role));
        permissions.push(Permission {
            rpc,
            allowed,
            given_by: Role::all().filter(is_giver).map(wire).collect(),
            self_assignable: required.contains(&Role::AdminAgent)
                && who.roles.contains(&Role::GlobalAdmin),
            required_roles: required.iter().copied().map(wire).collect(),
        });
    }
    Ok(TestPermissionsResponse { permissions })
}

fn wire(role: Role) -> i32 {
    api::number::<Named>(role.as_str())
}

/// Another person, as the gate would see it if it signed in now; an operator's to ask for only.
async fn other(view: &View, caller: &Principal, name: &str) -> Result<Principal> {
    if !caller.roles.contains(&Role::Operator) {
        return Err(Error::not_found());
    }
    let (company, user) = person::ids(name)?;
    let account = view.person(company, user).await?;
    let roles = match account.state.signs_in() {
        true => view.roles(user).await?,
        false => Vec::new(),
    };
    let partner = view.any_kind_of(company).await?;
    let who = Who::User(user);
    let principal = Principal { who, company, partner, roles, ..caller.clone() };
    Ok(principal)
}
