//! An admin adds a person to its company (U4, U6, U7).

use api::users::v1::{CreateUserRequest, CreateUserResponse};
use domain::{
    Call, EmailAddress, Error, Language, Principal, Reason, Result, Role,
    constants::ONE_TIME_PASSWORD,
    id::{CompanyId, last_id, user_name},
    invitation::check_name,
    power::{acts_on, check_assignable},
};
use event::{Event, UserCreated, event::Kind};
use store::{
    NewAccount, NewPerson, Tx, View,
    entity::{account, company},
};

use crate::{
    Service, external,
    person::{self, OneTime},
    resource::user,
};

pub async fn create_user(
    service: &Service,
    call: &Call,
    req: CreateUserRequest,
) -> Result<CreateUserResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    checked(&req)?;
    let roles = person::roles("roles", req.roles())?;
    if roles.is_empty() {
        return Err(Error::new(Reason::RoleRequired));
    }
    let is_shown = async |view: &View| {
        let company = joined(view, caller, &req, &roles).await?;
        let name = sign_in_name(&company, &req);
        match name.filter(|_| !req.user_name.is_empty()) {
            Some(name) => Ok(view.any_account_by_sign_in_name(&name).await?.is_none()),
            None => Ok(false),
        }
    };
    let one_time = person::one_time(service, call, is_shown).await?;

    let write = async |tx: &mut Tx| {
        let company = joined(tx, caller, &req, &roles).await?;
        let account = added(tx, &company, &req, one_time.as_ref(), &roles).await?;
        record(tx, &req, &account, &roles);
        if roles.contains(&Role::GlobalAdmin) {
            let template = domain::mail::Template::GlobalAdminGiven;
            person::tell_of_global_admin(tx, template, &company, &account).await?;
        }
        if external::is_external(&company) {
            let account = external::ask(tx, &account, &roles).await?;
            let link = external::invite(tx, &company, &account).await?;
            return Ok(CreateUserResponse {
                user: Some(user(&account, &roles)),
                invitation_expire_time: Some(gate::wire_time(link.expire_time)),
                ..CreateUserResponse::default()
            });
        }
        let one_time = person::shown(one_time.as_ref())?;
        let mut reply = CreateUserResponse {
            user: Some(user(&account, &roles)),
            one_time_password: String::new(),
            one_time_password_expire_time: account.one_time_expire_time.map(gate::wire_time),
            secret_withheld: true,
            invitation_expire_time: None,
            plan: None,
        };
        tx.withhold(&reply);
        one_time.password.expose().clone_into(&mut reply.one_time_password);
        reply.secret_withheld = false;
        Ok(reply)
    };
    service.db.write(call, write).await
}

/// The person, by a name of the local directory or without one.
async fn added(
    tx: &Tx,
    company: &company::Model,
    req: &CreateUserRequest,
    one_time: Option<&OneTime>,
    roles: &[Role],
) -> Result<account::Model> {
    let email = checked(req)?;
    let (given_name, family_name) = (req.given_name.as_str(), req.family_name.as_str());
    let language_code = Language::of_tag(&req.language_code).tag();
    let (sign_in_name, company) = (sign_in_name(company, req), company.id);
    let Some(sign_in_name) = sign_in_name else {
        let email = email.as_str();
        let new = NewPerson { company, given_name, family_name, email, language_code, roles };
        return tx.add_person(new).await;
    };
    if req.user_name.is_empty() {
        let words = "must be given in a company of the local directory";
        return Err(Error::field("user_name", "REQUIRED", words));
    }
    if tx.any_account_by_sign_in_name(&sign_in_name).await?.is_some() {
        return Err(Error::new(Reason::UserAlreadyExists).with("field", "sign_in_name"));
    }
    let new = NewAccount {
        company,
        sign_in_name: &sign_in_name,
        given_name,
        family_name,
        email: email.as_str(),
        email_key: email.key(),
        language_code,
        password_hash: person::shown(one_time)?.hash.clone(),
        one_time_expire_time: tx.now() + ONE_TIME_PASSWORD,
        roles,
    };
    tx.add_account(new).await
}

fn record(tx: &mut Tx, req: &CreateUserRequest, account: &account::Model, roles: &[Role]) {
    let name = user_name(account.company_id, account.id);
    let what = UserCreated { user: name.clone(), roles: person::names(roles) };
    tx.record_personal(
        Event::of(name, Kind::UserCreated(what)),
        &[account.company_id],
        &[
            ("given_name", &req.given_name),
            ("family_name", &req.family_name),
            ("email", &req.email),
        ],
    );
}

/// What mails would carry to others, and the address that they would go to.
fn checked(req: &CreateUserRequest) -> Result<EmailAddress> {
    check_name("given_name", &req.given_name)?;
    check_name("family_name", &req.family_name)?;
    let malformed = |_| Error::field("email", "FORMAT_INVALID", "must be an e-mail address");
    req.email.parse().map_err(malformed)
}

/// What a person of the local directory signs in with.
fn sign_in_name(company: &company::Model, req: &CreateUserRequest) -> Option<String> {
    company.domain.as_ref().map(|domain| format!("{}@{domain}", req.user_name))
}

/// The company to add to: the one that is named, if the caller manages its people and gives these
/// roles there.
async fn joined(
    view: &View,
    caller: &Principal,
    req: &CreateUserRequest,
    roles: &[Role],
) -> Result<company::Model> {
    let id: CompanyId = match req.parent.as_str() {
        "" => caller.company,
        name => last_id(name)?,
    };
    let company = view.any_company(id).await?.ok_or_else(Error::not_found)?;
    if !acts_on(caller, id, view.is_staff(&company)) {
        return Err(Error::not_found());
    }
    check_assignable(caller, id, person::kind(view, id).await?, roles)?;
    Ok(company)
}
