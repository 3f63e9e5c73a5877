//! A company without a work account makes one, with its first person (C1, E3).

use api::users::v1::{CreateWorkAccountRequest, CreateWorkAccountResponse};
use domain::{
    Call, EmailAddress, Error, Language, Reason, Result, Role,
    constants::ONE_TIME_PASSWORD,
    facts::RegionCode,
    id::{company_name, user_name},
    invitation::check_name,
    user::RESERVED_PREFIXES,
};
use event::{Event, UserCreated, WorkAccountCreated, event::Kind};
use store::{NewAccount, NewCompany};

use crate::{
    Passwords, Service,
    resource::{company, user},
};

pub async fn create_work_account(
    service: &Service,
    call: &Call,
    req: CreateWorkAccountRequest,
) -> Result<CreateWorkAccountResponse> {
    let email = checked(&req)?;
    let region = known_region(service, &req.region_code)?;
    let domain = format!("{}.{}", req.domain_prefix, service.db.programme().directory_domain);
    let sign_in_name = format!("{}@{domain}", req.user_name);
    let language = Language::of_tag(&req.language_code).tag();
    let one_time = Passwords::one_time()?;
    let password_hash = service.passwords.hash(&one_time).await?;

    let write = async |tx: &mut store::Tx| {
        let new = NewCompany {
            display_name: &req.display_name,
            region_code: region.as_str(),
            domain: Some(&domain),
            // Nobody has signed in yet (U3).
            n_global_admins: 0,
        };
        let made = tx.add_company(new).await?;
        let expire_time = tx.now() + ONE_TIME_PASSWORD;
        let first = NewAccount {
            company: made.id,
            sign_in_name: &sign_in_name,
            given_name: &req.given_name,
            family_name: &req.family_name,
            email: email.as_str(),
            email_key: email.key(),
            language_code: language,
            password_hash: password_hash.clone(),
            one_time_expire_time: expire_time,
            roles: &[Role::GlobalAdmin],
        };
        let first = tx.add_account(first).await?;

        let name = company_name(made.id);
        let what = WorkAccountCreated {
            company: name.clone(),
            domain: domain.clone(),
            region_code: made.region_code.clone(),
        };
        tx.record(Event::of(name, Kind::WorkAccountCreated(what)), &[made.id]);
        let name = user_name(made.id, first.id);
        let what = UserCreated { user: name.clone(), roles: vec![Role::GlobalAdmin.to_string()] };
        tx.record_personal(
            Event::of(name, Kind::UserCreated(what)),
            &[made.id],
            &[
                ("given_name", &req.given_name),
                ("family_name", &req.family_name),
                ("email", &req.email),
            ],
        );
        Ok(CreateWorkAccountResponse {
            user: Some(user(&first, &[Role::GlobalAdmin])),
            company: Some(company(&made, None)),
            one_time_password: one_time.expose().to_owned(),
            one_time_password_expire_time: Some(gate::wire_time(expire_time)),
            plan: None,
        })
    };
    service.db.write(call, write).await
}

/// The prefix, what mails would carry to others, and the address that they would go to.
fn checked(req: &CreateWorkAccountRequest) -> Result<EmailAddress> {
    let prefix = req.domain_prefix.as_str();
    if RESERVED_PREFIXES.contains(&prefix) {
        return Err(Error::new(Reason::DomainReserved).with("domainPrefix", prefix));
    }
    check_name("display_name", &req.display_name)?;
    check_name("given_name", &req.given_name)?;
    check_name("family_name", &req.family_name)?;
    let malformed = |_| Error::field("email", "FORMAT_INVALID", "must be an e-mail address");
    req.email.parse().map_err(malformed)
}

fn known_region(service: &Service, code: &str) -> Result<RegionCode> {
    let unknown = || Error::new(Reason::CountryUnknown).with("regionCode", code);
    let region: RegionCode = code.parse().map_err(|_| unknown())?;
    let facts = service.db.facts();
    match facts.addresses.is_known(&region) || facts.markets.is_known(&region) {
        true => Ok(region),
        false => Err(unknown()),
    }
}
