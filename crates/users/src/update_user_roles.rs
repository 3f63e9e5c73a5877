//! An admin gives and takes roles (U1, U3, U4); they count on the next call (U5).

use api::users::v1::{UpdateUserRolesRequest, UpdateUserRolesResponse};
use domain::{Call, Error, Result, Role, power::check_change, user::Action};
use event::{Event, PlatformRolesChanged, UserRolesChanged, event::Kind};
use store::{Tx, entity::account};

use crate::{
    Service,
    person::{self, Subject},
    resource::user,
};

pub async fn update_user_roles(
    service: &Service,
    call: &Call,
    req: UpdateUserRolesRequest,
) -> Result<UpdateUserRolesResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let add = person::roles("add_roles", req.add_roles())?;
    let remove = person::roles("remove_roles", req.remove_roles())?;
    if add.is_empty() && remove.is_empty() {
        return Err(Error::field("add_roles", "REQUIRED", "must name a role to give or to take"));
    }
    if let Some(both) = add.iter().find(|it| remove.contains(it)) {
        let words = format!("{both} cannot be given and taken at once");
        return Err(Error::field("remove_roles", "CONTRADICTORY", words));
    }

    let write = async |tx: &mut Tx| {
        let subject = person::given_roles(tx, caller, &req.name).await?;
        let kind = person::kind(tx, subject.company.id).await?;
        check_change(caller, &subject.target(), kind, &add, &remove)?;
        let seen = &subject.account;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::UpdateRoles)?;

        let kept = subject.roles.iter().copied().filter(|it| !remove.contains(it));
        let mut roles: Vec<Role> = kept.collect();
        roles.extend(add.iter().copied().filter(|it| !subject.roles.contains(it)));
        roles.sort_unstable();
        let to = account::Model { state, ..seen.clone() };
        let row = tx.change_account(seen, to, &roles).await?;
        person::check_any(&roles)?;
        record(tx, &subject, &roles);
        person::tell_if_global_admin(tx, &subject, &row, &subject.roles, &roles).await?;
        Ok(UpdateUserRolesResponse { user: Some(user(&row, &roles)), plan: None })
    };
    service.db.write(call, write).await
}

/// One entry for the roles in the company, one for those on the platform, as far as either changed.
fn record(tx: &mut Tx, subject: &Subject, roles: &[Role]) {
    let (name, company) = (subject.name(), subject.company.id);
    let missing = |from: &[Role], of: &[Role]| -> Vec<Role> {
        of.iter().copied().filter(|it| !from.contains(it)).collect()
    };
    let (added, removed) = (missing(&subject.roles, roles), missing(roles, &subject.roles));
    let of_platform = added.iter().chain(&removed).any(|it| it.is_platform());
    let of_company = added.iter().chain(&removed).any(|it| !it.is_platform());
    if of_company || !of_platform {
        let ours = |it: &[Role]| -> Vec<String> {
            it.iter().filter(|it| !it.is_platform()).map(Role::to_string).collect()
        };
        let (added, removed) = (ours(&added), ours(&removed));
        let what = UserRolesChanged { user: name.clone(), added, removed };
        tx.record(Event::of(name.clone(), Kind::UserRolesChanged(what)), &[company]);
    }
    if of_platform {
        let held = roles.iter().filter(|it| it.is_platform()).map(Role::to_string).collect();
        let what = PlatformRolesChanged { user: name.clone(), roles: held };
        tx.record(Event::of(name, Kind::PlatformRolesChanged(what)), &[company]);
    }
}
