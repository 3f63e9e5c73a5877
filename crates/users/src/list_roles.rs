//! A person asks which roles there are, and which of them it can give (U1, U4).

use api::{
    policy::v1::Role as Named,
    users::v1::{ListRolesRequest, ListRolesResponse, RoleInfo},
};
use domain::{Call, Error, Result, Role, power};

use crate::Service;

pub async fn list_roles(
    _: &Service,
    call: &Call,
    _: ListRolesRequest,
) -> Result<ListRolesResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let there_are = Role::all().filter(|it| power::exists_in(*it, caller.partner));
    let info = |role: Role| RoleInfo {
        role: wire(role),
        given_by: Role::all().filter(|it| power::gives(*it, role)).map(wire).collect(),
        assignable: power::has_power(caller, caller.company, role),
        self_assignable: role == Role::AdminAgent && caller.roles.contains(&Role::GlobalAdmin),
        held: caller.roles.contains(&role),
    };
    Ok(ListRolesResponse { roles: there_are.map(info).collect() })
}

fn wire(role: Role) -> i32 {
    api::number::<Named>(role.as_str())
}
