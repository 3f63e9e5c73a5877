//! People of external directories: no password, no second factor of ours, a mailed link instead.

use domain::{
    Error, Language, Reason, Result, Role, UserCaller, constants::USER_INVITATION, link::Purpose,
    mail::Template,
};
use event::{Event, UserInvited, event::Kind};
use store::{
    NewMail, Tx, View,
    entity::{account, company, link},
};

use crate::factor;

/// Whether its people sign in with a directory of their own.
pub fn is_external(company: &company::Model) -> bool {
    company.domain.is_none()
}

/// SIGN_IN_IS_EXTERNAL for who has its second factor elsewhere.
pub fn check_local(caller: &UserCaller) -> Result<()> {
    match caller.identity() {
        None => Ok(()),
        Some((issuer, _)) => Err(refusal(issuer)),
    }
}

/// The directory keeps it, not we.
pub fn refusal(issuer: &str) -> Error {
    Error::new(Reason::SignInIsExternal).with("issuer", issuer)
}

/// The same of another person.
pub async fn refusal_of(view: &View, company: &company::Model) -> Result<Error> {
    let tenant = view.any_tenant_of(company.id).await?;
    Ok(refusal(&tenant.map(|it| it.issuer).unwrap_or_default()))
}

/// Counts another mail to the person's address: RESEND_TOO_SOON, RESEND_LIMIT.
pub async fn ask(tx: &Tx, seen: &account::Model, roles: &[Role]) -> Result<account::Model> {
    let to = factor::asked(seen, tx.now())?;
    tx.change_account(seen, to, roles).await
}

/// Mails a person the link that binds its identity; a former one is dead.
pub async fn invite(
    tx: &mut Tx,
    company: &company::Model,
    person: &account::Model,
) -> Result<link::Model> {
    let link = tx.renew_link(Purpose::UserInvitation, person.id.0, USER_INVITATION).await?;
    let mail = NewMail {
        template: Template::UserInvitation,
        language: Language::of_tag(&person.language_code),
        recipient: &person.email,
        params: &[("name", &person.given_name), ("company", &company.display_name)],
        link: Some(&link),
    };
    tx.send_to(company.id, mail).await?;
    let name = domain::id::user_name(person.company_id, person.id);
    let what = UserInvited { user: name.clone() };
    tx.record(Event::of(name, Kind::UserInvited(what)), &[company.id]);
    Ok(link)
}
