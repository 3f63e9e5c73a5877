//! Directories, and the companies that they are: one each, from the first call of a global admin on.

use domain::{
    Caller, Error, Language, Newcomer, Reason, Result, Role, UserCaller, Vouched,
    id::{CompanyId, company_name, user_name},
    user::State,
};
use event::{CompanyFounded, Event, UserCreated, event::Kind};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::OnConflict,
};

use crate::{
    NewCompany, NewPerson, Tx, View,
    entity::{account, company, tenant},
    fault::fault,
};

/// What a company begins with that comes to exist by a call of its external directory (E2).
#[derive(Clone, Copy, Debug)]
pub struct Founding<'a> {
    pub display_name: &'a str,
    pub region_code: &'a str,
    /// Of mails to the person.
    pub language: Language,
}

impl View {
    /// The company that a directory is.
    pub async fn any_company_of_tenant(
        &self,
        issuer: &str,
        tenant: &str,
    ) -> Result<Option<CompanyId>> {
        let query = self.any::<tenant::Entity>().filter(tenant::Column::Issuer.eq(issuer));
        let query = query.filter(tenant::Column::TenantId.eq(tenant));
        let row = query.one(&self.conn).await.map_err(fault)?;
        Ok(row.map(|it| it.company_id))
    }

    /// The directory that a company is.
    pub async fn any_tenant_of(&self, company: CompanyId) -> Result<Option<tenant::Model>> {
        let query = self.any::<tenant::Entity>().filter(tenant::Column::CompanyId.eq(company));
        query.one(&self.conn).await.map_err(fault)
    }
}

impl Tx {
    /// The person asking. Where it is none yet, and its directory calls it a global admin, the company
    /// comes to exist by this very call, with this person (E2).
    pub async fn founder(&mut self, founding: Founding<'_>) -> Result<UserCaller> {
        let newcomer = match self.caller() {
            Caller::User(user) if user.roles.contains(&Role::GlobalAdmin) => {
                return Ok(user.clone());
            }
            // Who became somebody since the gate is asked there again.
            Caller::User(_) => return Err(Error::new(Reason::Contention)),
            Caller::Newcomer(it) => it.clone(),
            Caller::Anonymous
            | Caller::Link(_)
            | Caller::Service(_)
            | Caller::Internal(_)
            | Caller::System(_) => return Err(Error::not_found()),
        };
        let vouched = &newcomer.vouched;
        let company = self.any_company_of_tenant(&vouched.issuer, &vouched.tenant).await?;
        let newcomer = Newcomer { company, vouched: vouched.clone() };
        if !newcomer.may_found() {
            return Err(newcomer.refusal(true));
        }
        if founding.display_name.is_empty() {
            return Err(Error::field("display_name", "REQUIRED", "must not be empty"));
        }
        domain::invitation::check_name("display_name", founding.display_name)?;
        self.facts().served_region(founding.region_code)?;
        self.found(&newcomer.vouched, founding).await
    }

    async fn found(&mut self, vouched: &Vouched, founding: Founding<'_>) -> Result<UserCaller> {
        let new = NewCompany {
            display_name: founding.display_name,
            region_code: founding.region_code,
            domain: None,
            n_global_admins: 0,
        };
        let company = self.add_company(new).await?;
        self.bind_tenant(&company, vouched).await?;
        let given_name = match vouched.given_name.as_str() {
            "" => "Global admin",
            it => it,
        };
        let new = NewPerson {
            company: company.id,
            given_name,
            family_name: &vouched.family_name,
            email: &vouched.email,
            language_code: founding.language.tag(),
            roles: &[Role::GlobalAdmin],
        };
        let person = self.add_person(new).await?;
        let name = company_name(company.id);
        let what = CompanyFounded {
            company: name.clone(),
            issuer: vouched.issuer.clone(),
            tenant_id: vouched.tenant.clone(),
            region_code: company.region_code,
        };
        self.record(Event::of(name, Kind::CompanyFounded(what)), &[company.id]);
        let name = user_name(company.id, person.id);
        let what = UserCreated { user: name.clone(), roles: vec![Role::GlobalAdmin.to_string()] };
        self.record_personal(
            Event::of(name, Kind::UserCreated(what)),
            &[company.id],
            &[
                ("given_name", given_name),
                ("family_name", &vouched.family_name),
                ("email", &vouched.email),
            ],
        );
        let to = account::Model { state: State::Active, ..person.clone() };
        let person = self.change_account(&person, to, &[Role::GlobalAdmin]).await?;
        self.bind(&person, State::Invited, vouched).await
    }

    async fn bind_tenant(&self, company: &company::Model, vouched: &Vouched) -> Result<()> {
        let row = tenant::Model {
            issuer: vouched.issuer.clone(),
            tenant_id: vouched.tenant.clone(),
            company_id: company.id,
            create_time: self.now(),
        };
        let n = tenant::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        match n {
            // Somebody else of this directory was first; seen again, it has a company.
            0 => Err(Error::new(Reason::Contention)),
            _ => Ok(()),
        }
    }
}
