//! What every act on a person shares: whom it concerns, whether it may be, and who is told.

use domain::{
    Call, Error, Language, Principal, Reason, Result, Role, Secret,
    constants::ONE_TIME_PASSWORD,
    id::{CompanyId, UserId, last_id, user_name},
    mail::Template,
    partner::Kind,
    power::{self, Target},
};
use store::{
    NewMail, Tx, View,
    entity::{account, company},
};

use crate::{Passwords, Service};

/// A person on whom somebody acts.
pub struct Subject {
    pub account: account::Model,
    pub company: company::Model,
    pub roles: Vec<Role>,
    is_staff: bool,
}

impl Subject {
    pub fn name(&self) -> String {
        user_name(self.account.company_id, self.account.id)
    }

    pub fn target(&self) -> Target<'_> {
        Target {
            user: self.account.id,
            company: self.company.id,
            is_staff: self.is_staff,
            roles: &self.roles,
        }
    }
}

/// Company and person of a person's name.
pub fn ids(name: &str) -> Result<(CompanyId, UserId)> {
    let company = name.split('/').nth(1).ok_or_else(Error::not_found)?;
    Ok((company.parse()?, last_id(name)?))
}

/// The person of this name, if it exists for who changes standings: people whom it manages.
pub async fn managed(view: &View, caller: &Principal, name: &str) -> Result<Subject> {
    let subject = subject(view, name).await?;
    let acts = power::acts_on(caller, subject.company.id, subject.is_staff);
    Some(subject).filter(|_| acts).ok_or_else(Error::not_found)
}

/// The person of this name, if it exists for who changes roles.
pub async fn given_roles(view: &View, caller: &Principal, name: &str) -> Result<Subject> {
    let subject = subject(view, name).await?;
    let acts = power::changes_roles_in(caller, subject.company.id);
    Some(subject).filter(|_| acts).ok_or_else(Error::not_found)
}

/// Any person; whether it exists for the caller is the caller's to ask.
pub async fn subject(view: &View, name: &str) -> Result<Subject> {
    let (company, user) = ids(name)?;
    let account = view.any_account(user).await?;
    let account = account.filter(|it| it.company_id == company && !it.is_gone);
    let account = account.ok_or_else(Error::not_found)?;
    let company = view.any_company(company).await?.ok_or_else(Error::not_found)?;
    let is_staff = view.is_staff(&company);
    Ok(Subject { roles: view.roles(user).await?, account, company, is_staff })
}

pub async fn kind(view: &View, company: CompanyId) -> Result<Option<Kind>> {
    view.any_kind_of(company).await
}

/// Roles as the domain calls them; one that is none is refused by its field.
pub fn roles(
    field: &'static str,
    given: impl Iterator<Item = api::policy::v1::Role>,
) -> Result<Vec<Role>> {
    let mut roles: Vec<Role> = Vec::new();
    for (n, role) in given.enumerate() {
        let unknown = || Error::field(format!("{field}[{n}]"), "REQUIRED", "must be a role");
        let role = Role::of(api::Word::word(&role)).ok_or_else(unknown)?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles.sort_unstable();
    Ok(roles)
}

pub fn names(roles: &[Role]) -> Vec<String> {
    roles.iter().map(Role::to_string).collect()
}

/// A one-time password and its hash (U7).
pub struct OneTime {
    pub password: Secret,
    pub hash: String,
}

/// Makes one, if a look shows that the call would answer it. Hashing is slow by design: it happens
/// before the write that would wait for it, and for nobody who is refused. The write decides anew; what
/// the look saw may be so no longer, and then the call is made again.
pub async fn one_time(
    service: &Service,
    call: &Call,
    is_shown: impl AsyncFnOnce(&View) -> Result<bool>,
) -> Result<Option<OneTime>> {
    // What the look is refused, the write is refused too, and says why.
    if !service.db.read(call, is_shown).await.unwrap_or(false) {
        return Ok(None);
    }
    let password = Passwords::one_time()?;
    let hash = service.passwords.hash(&password).await?;
    Ok(Some(OneTime { password, hash }))
}

/// The one that the look made.
pub fn shown(one_time: Option<&OneTime>) -> Result<&OneTime> {
    one_time.ok_or_else(|| Error::new(Reason::Contention))
}

impl OneTime {
    /// The person with this password in the place of its own: it signs in by nothing else, and the
    /// next thing it does is to change it.
    pub fn put(&self, tx: &Tx, to: account::Model) -> account::Model {
        account::Model {
            password_hash: self.hash.clone(),
            one_time_expire_time: Some(tx.now() + ONE_TIME_PASSWORD),
            ..to
        }
    }
}

/// Mails every active global admin, and the person itself, that somebody became a global admin or is
/// none any more.
pub async fn tell_of_global_admin(
    tx: &mut Tx,
    template: Template,
    company: &company::Model,
    person: &account::Model,
) -> Result<()> {
    let mut readers = tx.any_global_admins(company.id).await?;
    if readers.iter().all(|it| it.id != person.id) {
        readers.push(person.clone());
    }
    // Of who acts for the platform the company learns that it was the platform, as elsewhere.
    let actor = match tx.caller().user().filter(|it| it.company == company.id) {
        None => "Pacta".to_owned(),
        Some(it) => tx.any_account(it.user).await?.map(|it| full_name(&it)).unwrap_or_default(),
    };
    let who = full_name(person);
    for it in readers {
        let mail = NewMail {
            template,
            language: Language::of_tag(&it.language_code),
            recipient: &it.email,
            params: &[
                ("name", &it.given_name),
                ("person", &who),
                ("company", &company.display_name),
                ("actor", &actor),
            ],
            link: None,
        };
        tx.send_to(company.id, mail).await?;
    }
    Ok(())
}

fn full_name(it: &account::Model) -> String {
    format!("{} {}", it.given_name, it.family_name)
}

/// Tells of a change of roles or standing, if it made or unmade a global admin.
pub async fn tell_if_global_admin(
    tx: &mut Tx,
    subject: &Subject,
    to: &account::Model,
    before: &[Role],
    after: &[Role],
) -> Result<()> {
    let is_one = |it: &[Role]| it.contains(&Role::GlobalAdmin);
    match (is_one(before), is_one(after)) {
        (false, true) => {
            tell_of_global_admin(tx, Template::GlobalAdminGiven, &subject.company, to).await
        }
        (true, false) => {
            tell_of_global_admin(tx, Template::GlobalAdminTaken, &subject.company, to).await
        }
        (true, true) | (false, false) => Ok(()),
    }
}

/// LAST_ROLE for a person who would be left without any.
pub fn check_any(roles: &[Role]) -> Result<()> {
    match roles.is_empty() {
        true => Err(Error::new(Reason::LastRole)),
        false => Ok(()),
    }
}
