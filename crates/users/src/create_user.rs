//! An admin adds a person to its company (U4, U6, U7).

use api::users::v1::{CreateUserRequest, CreateUserResponse};
use domain::{
    Call, EmailAddress, Error, Language, Principal, Reason, Result,
    id::{CompanyId, last_id, user_name},
    invitation::check_name,
    power::{acts_on, check_assignable},
};
use event::{Event, UserCreated, event::Kind};
use store::{NewAccount, Tx, entity::company};

use crate::{Service, person, resource::user};

pub async fn create_user(
    service: &Service,
    call: &Call,
    req: CreateUserRequest,
) -> Result<CreateUserResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let email = checked(&req)?;
    let roles = person::roles("roles", req.roles())?;
    if roles.is_empty() {
        return Err(Error::new(Reason::RoleRequired));
    }
    let language = Language::of_tag(&req.language_code).tag();
    let one_time = person::one_time(service).await?;

    let write = async |tx: &mut Tx| {
        let company = managed_company(tx, caller, &req.parent).await?;
        let kind = person::kind(tx, company.id).await?;
        check_assignable(caller, company.id, kind, &roles)?;
        let domain = company.domain.as_deref().ok_or_else(Error::not_found)?;
        let expire_time = tx.now() + domain::constants::ONE_TIME_PASSWORD;
        let new = NewAccount {
            company: company.id,
            sign_in_name: &format!("{}@{domain}", req.user_name),
            given_name: &req.given_name,
            family_name: &req.family_name,
            email: email.as_str(),
            email_key: email.key(),
            language_code: language,
            password_hash: one_time.hash.clone(),
            one_time_expire_time: expire_time,
            roles: &roles,
        };
        let account = tx.add_account(new).await?;
        let name = user_name(company.id, account.id);
        let what = UserCreated { user: name.clone(), roles: person::names(&roles) };
        tx.record_personal(
            Event::of(name, Kind::UserCreated(what)),
            &[company.id],
            &[
                ("given_name", &req.given_name),
                ("family_name", &req.family_name),
                ("email", &req.email),
            ],
        );
        if roles.contains(&domain::Role::GlobalAdmin) {
            let template = domain::mail::Template::GlobalAdminGiven;
            person::tell_of_global_admin(tx, template, &company, &account).await?;
        }
        let mut reply = CreateUserResponse {
            user: Some(user(&account, &roles)),
            one_time_password: String::new(),
            one_time_password_expire_time: Some(gate::wire_time(expire_time)),
            secret_withheld: true,
            plan: None,
        };
        tx.withhold(&reply);
        one_time.password.expose().clone_into(&mut reply.one_time_password);
        reply.secret_withheld = false;
        Ok(reply)
    };
    service.db.write(call, write).await
}

/// What mails would carry to others, and the address that they would go to.
fn checked(req: &CreateUserRequest) -> Result<EmailAddress> {
    check_name("given_name", &req.given_name)?;
    check_name("family_name", &req.family_name)?;
    let malformed = |_| Error::field("email", "FORMAT_INVALID", "must be an e-mail address");
    req.email.parse().map_err(malformed)
}

/// The company to add to: the one that is named, if the caller manages its people.
async fn managed_company(tx: &Tx, caller: &Principal, parent: &str) -> Result<company::Model> {
    let id: CompanyId = match parent {
        "" => caller.company,
        name => last_id(name)?,
    };
    let company = tx.any_company(id).await?.ok_or_else(Error::not_found)?;
    let acts = acts_on(caller, id, person::is_staff(tx, &company));
    Some(company).filter(|_| acts).ok_or_else(Error::not_found)
}
