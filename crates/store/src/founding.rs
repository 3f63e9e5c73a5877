//! Directories, and the companies that they are: one each, from the first call of a global admin on,
//! or from an appointment that came before it.

use domain::{
    Caller, Error, Language, Newcomer, Reason, Result, Role, UserCaller, Vouched,
    id::{CompanyId, company_name, user_name},
    user::State,
};
use event::{CompanyFounded, Event, UserCreated, event::Kind};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    NewCompany, NewPerson, Tx, View,
    entity::{account, company, tenant},
    fault::fault,
};

/// An external directory.
#[derive(Clone, Copy, Debug)]
pub struct Directory<'a> {
    /// Who vouches for its people.
    pub issuer: &'a str,
    /// What that one calls it.
    pub tenant: &'a str,
}

/// What a company begins with that comes to exist by a call of its external directory (E2), or by an
/// operator's appointment of it (E4).
#[derive(Clone, Copy, Debug)]
pub struct Founding<'a> {
    pub display_name: &'a str,
    pub region_code: &'a str,
    /// Of mails to the person.
    pub language: Language,
}

impl View {
    /// A directory that is a company, whether anybody of it has called or not.
    pub async fn any_tenant(&self, directory: Directory<'_>) -> Result<Option<tenant::Model>> {
        let query = self.any::<tenant::Entity>();
        let query = query.filter(tenant::Column::Issuer.eq(directory.issuer));
        let query = query.filter(tenant::Column::TenantId.eq(directory.tenant));
        query.one(&self.conn).await.map_err(fault)
    }

    /// The company that a directory is, once somebody of it has called.
    pub async fn any_company_of_tenant(
        &self,
        directory: Directory<'_>,
    ) -> Result<Option<CompanyId>> {
        Ok(self.any_tenant(directory).await?.as_ref().and_then(company_of))
    }

    /// The directory that a company is.
    pub async fn any_tenant_of(&self, company: CompanyId) -> Result<Option<tenant::Model>> {
        let query = self.any::<tenant::Entity>().filter(tenant::Column::CompanyId.eq(company));
        query.one(&self.conn).await.map_err(fault)
    }
}

/// Of a directory that somebody has called from; while one is awaited, its company is nobody's.
fn company_of(tenant: &tenant::Model) -> Option<CompanyId> {
    match tenant.is_awaited {
        true => None,
        false => Some(tenant.company_id),
    }
}

/// By which directory a person is vouched for.
pub(crate) fn directory_of(vouched: &Vouched) -> Directory<'_> {
    Directory { issuer: &vouched.issuer, tenant: &vouched.tenant }
}

impl Tx {
    /// The company of a directory, which comes to exist now where nobody of it has called, and then
    /// waits for the first call of its global admin (E4).
    pub async fn awaited_company(
        &mut self,
        directory: Directory<'_>,
        founding: Founding<'_>,
    ) -> Result<company::Model> {
        match self.any_tenant(directory).await? {
            Some(tenant) => self.company(tenant.company_id).await,
            None => self.add_company_of(directory, founding, true).await,
        }
    }

    /// The person asking. Where it is none yet, and its directory calls it a global admin, the company
    /// comes to exist by this very call, with this person (E2); or, where an operator appointed it
    /// before, has its first person (E4).
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
        let directory = directory_of(&newcomer.vouched);
        let tenant = self.any_tenant(directory).await?;
        let company = tenant.as_ref().and_then(company_of);
        let newcomer = Newcomer { company, vouched: newcomer.vouched.clone() };
        if !newcomer.may_found() {
            return Err(newcomer.refusal(true));
        }
        let company = match tenant {
            Some(awaited) => self.arrive(&awaited).await?,
            None => self.add_company_of(directory, founding, false).await?,
        };
        self.add_founder(&company, &newcomer.vouched, founding.language).await
    }

    /// A company for a directory that is none yet.
    async fn add_company_of(
        &mut self,
        directory: Directory<'_>,
        founding: Founding<'_>,
        is_awaited: bool,
    ) -> Result<company::Model> {
        if founding.display_name.is_empty() {
            return Err(Error::field("display_name", "REQUIRED", "must not be empty"));
        }
        domain::invitation::check_name("display_name", founding.display_name)?;
        self.facts().served_region(founding.region_code)?;
        let new = NewCompany {
            display_name: founding.display_name,
            region_code: founding.region_code,
            domain: None,
            n_global_admins: 0,
        };
        let company = self.add_company(new).await?;
        let row = tenant::Model {
            issuer: directory.issuer.to_owned(),
            tenant_id: directory.tenant.to_owned(),
            company_id: company.id,
            create_time: self.now(),
            is_awaited,
        };
        self.add_tenant(row).await?;
        let name = company_name(company.id);
        let what = CompanyFounded {
            company: name.clone(),
            issuer: directory.issuer.to_owned(),
            tenant_id: directory.tenant.to_owned(),
            region_code: company.region_code.clone(),
        };
        self.record(Event::of(name, Kind::CompanyFounded(what)), &[company.id]);
        Ok(company)
    }

    /// The directory's first call is this one, and no other.
    async fn arrive(&self, awaited: &tenant::Model) -> Result<company::Model> {
        let n = tenant::Entity::update_many()
            .col_expr(tenant::Column::IsAwaited, Expr::value(false))
            .filter(tenant::Column::Issuer.eq(awaited.issuer.as_str()))
            .filter(tenant::Column::TenantId.eq(awaited.tenant_id.as_str()))
            .filter(tenant::Column::IsAwaited.eq(true))
            .exec(&self.conn)
            .await
            .map_err(fault)?
            .rows_affected;
        match n {
            0 => Err(Error::new(Reason::Contention)),
            _ => self.any_company(awaited.company_id).await?.ok_or_else(Error::not_found),
        }
    }

    /// Whom the directory calls its global admin is the company's first person.
    async fn add_founder(
        &mut self,
        company: &company::Model,
        vouched: &Vouched,
        language: Language,
    ) -> Result<UserCaller> {
        let given_name = match vouched.given_name.as_str() {
            "" => "Global admin",
            it => it,
        };
        let new = NewPerson {
            company: company.id,
            given_name,
            family_name: &vouched.family_name,
            email: &vouched.email,
            language_code: language.tag(),
            roles: &[Role::GlobalAdmin],
        };
        let person = self.add_person(new).await?;
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

    async fn add_tenant(&self, row: tenant::Model) -> Result<()> {
        let n = tenant::Entity::insert(row.into_active_model())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(&self.conn)
            .await
            .map_err(fault)?;
        match n {
            // Somebody else of this directory, or an operator, was first; seen again, it has a company.
            0 => Err(Error::new(Reason::Contention)),
            _ => Ok(()),
        }
    }
}
