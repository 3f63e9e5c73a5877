//! People of the platform, made at the server's own command line.

use domain::{
    Call, Error, Reason, Result, Role, Secret,
    constants::ONE_TIME_PASSWORD,
    id::{CompanyId, company_name, user_name},
};
use event::{Event, PlatformRolesChanged, UserCreated, WorkAccountCreated, event::Kind};
use store::{NewAccount, NewCompany, Tx};
use users::Passwords;

use crate::app::App;

/// A person of the vendor's own company.
#[derive(Clone, Debug, clap::Args)]
pub struct Person {
    /// Local part of the sign-in name.
    #[arg(long)]
    pub name: String,
    /// Given name.
    #[arg(long)]
    pub given_name: String,
    /// Family name.
    #[arg(long)]
    pub family_name: String,
    /// Mail address.
    #[arg(long)]
    pub email: String,
    /// Platform role (repeatable): OPERATOR, REVIEWER, AGREEMENT_PUBLISHER, AUDITOR,
    /// INTERNAL_SERVICE.
    #[arg(long = "role", value_parser = platform_role, required = true)]
    pub roles: Vec<Role>,
}

fn platform_role(name: &str) -> Result<Role, String> {
    let role = Role::of(name).filter(|it| it.is_platform());
    role.ok_or_else(|| format!("{name} is no platform role"))
}

/// Adds a person to the vendor's own company, which the first one brings into being. Answers the
/// sign-in name and the one-time password.
pub async fn create(app: &App, person: &Person) -> Result<(String, Secret)> {
    let domain = app.db.programme().platform_domain();
    let sign_in_name = format!("{}@{domain}", person.name.to_lowercase());
    let one_time = Passwords::one_time()?;
    let password_hash = app.passwords.hash(&one_time).await?;
    let call = Call::system("pacta operator create");

    let write = async |tx: &mut Tx| {
        let company = match tx.company_by_domain(&domain).await? {
            Some(company) => company,
            None => add_platform(tx, &domain).await?,
        };
        if tx.any_account_by_sign_in_name(&sign_in_name).await?.is_some() {
            return Err(Error::field("name", "TAKEN", "a person of this name exists"));
        }
        let new = NewAccount {
            company: company.id,
            sign_in_name: &sign_in_name,
            given_name: &person.given_name,
            family_name: &person.family_name,
            email: &person.email,
            // The vendor's people may share a mailbox.
            email_key: "",
            language_code: "en",
            password_hash: password_hash.clone(),
            one_time_expire_time: tx.now() + ONE_TIME_PASSWORD,
            roles: &person.roles,
        };
        let account = tx.add_account(new).await?;
        let roles = person.roles.iter().map(Role::to_string).collect();
        let user = user_name(company.id, account.id);
        let what = UserCreated { user: user.clone(), roles };
        tx.record_personal(
            Event::of(user, Kind::UserCreated(what.clone())),
            &[company.id],
            &[("given_name", &person.given_name), ("family_name", &person.family_name)],
        );
        Ok(what)
    };
    app.db.write(&call, write).await?;
    Ok((sign_in_name, one_time))
}

/// Gives a person, of whatever company, more platform roles.
pub async fn grant(app: &App, sign_in_name: &str, roles: &[Role]) -> Result<()> {
    let call = Call::system("pacta operator grant");
    let write = async |tx: &mut Tx| {
        let account = tx.any_account_by_sign_in_name(sign_in_name).await?;
        let account = account.ok_or_else(|| Error::new(Reason::ResourceNotFound))?;
        for role in roles {
            tx.add_role(&account, *role).await?;
        }
        let held = tx.roles(account.id).await?.into_iter().filter(|it| it.is_platform());
        let user = user_name(account.company_id, account.id);
        let roles = held.map(|it| it.to_string()).collect();
        let what = PlatformRolesChanged { user: user.clone(), roles };
        let event = Event::of(user, Kind::PlatformRolesChanged(what.clone()));
        tx.record(event, &[account.company_id]);
        Ok(what)
    };
    app.db.write(&call, write).await?;
    Ok(())
}

/// The vendor's own company; the first command that needs it brings it into being.
pub async fn platform(app: &App) -> Result<CompanyId> {
    let domain = app.db.programme().platform_domain();
    let call = Call::system("pacta operator");
    let known = app.db.read(&call, async |view| view.company_by_domain(&domain).await).await?;
    if let Some(company) = known {
        return Ok(company.id);
    }
    let mut made = CompanyId::NOBODY;
    let write = async |tx: &mut Tx| {
        made = add_platform(tx, &domain).await?.id;
        Ok(WorkAccountCreated { company: company_name(made), ..WorkAccountCreated::default() })
    };
    app.db.write(&call, write).await?;
    Ok(made)
}

async fn add_platform(tx: &mut Tx, domain: &str) -> Result<store::entity::company::Model> {
    let new = NewCompany {
        display_name: "PLATFORM",
        region_code: "US",
        domain: Some(domain),
        n_global_admins: 0,
    };
    let company = tx.add_company(new).await?;
    let name = company_name(company.id);
    let what = WorkAccountCreated {
        company: name.clone(),
        domain: domain.to_owned(),
        region_code: company.region_code.clone(),
    };
    tx.record(Event::of(name, Kind::WorkAccountCreated(what)), &[company.id]);
    Ok(company)
}
