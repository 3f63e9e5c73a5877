//! A company gives a machine a name and roles of its own; without a key it can do nothing yet (U4).

use api::users::v1::{CreateServiceAccountRequest, CreateServiceAccountResponse};
use domain::{
    Call, Error, Reason, Result, Role,
    id::{ServiceAccountId, service_account_name},
    invitation::check_name,
    power::check_assignable_to_machine,
    service_account::State,
};
use event::{Event, ServiceAccountCreated, event::Kind};
use store::{Tx, entity::service_account};

use crate::{Service, machine, person};

pub async fn create_service_account(
    service: &Service,
    call: &Call,
    req: CreateServiceAccountRequest,
) -> Result<CreateServiceAccountResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    check_name("display_name", &req.display_name)?;
    let roles = person::roles("roles", req.roles())?;
    if roles.is_empty() {
        return Err(Error::new(Reason::RoleRequired));
    }
    let write = async |tx: &mut Tx| {
        let company = machine::named_company(tx, caller, &req.parent).await?;
        let kind = tx.any_kind_of(company).await?;
        check_assignable_to_machine(caller, company, kind, &roles)?;
        let names: Vec<&str> = roles.iter().map(|it: &Role| it.as_str()).collect();
        let row = service_account::Model {
            id: ServiceAccountId::mint(tx.now()),
            company_id: company,
            version: 1,
            create_time: tx.now(),
            update_time: tx.now(),
            state: State::Active,
            display_name: req.display_name.clone(),
            roles: names.join(" "),
            maker_id: caller.user,
        };
        tx.add_service_account(&row).await?;
        let name = service_account_name(company, row.id);
        let display_name = row.display_name.clone();
        let roles = person::names(&roles);
        let what = ServiceAccountCreated { service_account: name.clone(), roles, display_name };
        tx.record(Event::of(name, Kind::ServiceAccountCreated(what)), &[company]);
        let service_account = Some(machine::shown(tx, &row));
        Ok(CreateServiceAccountResponse { service_account, plan: None })
    };
    service.db.write(call, write).await
}
