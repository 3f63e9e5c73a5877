//! Who has to know of what happens between companies, and gets a mail of it.

use domain::{
    Error, Language, Result, Role,
    id::{CompanyId, UserId},
    mail::Template,
    relationship::Side,
    user::State,
};
use store::{
    NewMail, Tx,
    entity::{account, relationship},
};

/// What a mail says beside the two names.
pub type Extra<'a> = &'a [(&'static str, &'a str)];

/// Tells the global admins of the side that did not act; of both where the platform did (R7).
pub async fn others(
    tx: &mut Tx,
    of: &relationship::Model,
    by: Side,
    template: Template,
    extra: Extra<'_>,
) -> Result<()> {
    let parties = tx.any_parties(&[of.provider_id, of.reseller_id]).await?;
    let party = |id| parties.get(&id).ok_or_else(Error::not_found);
    let (provider, reseller) = (party(of.provider_id)?, party(of.reseller_id)?);
    let whom: &[CompanyId] = match by {
        Side::Provider => &[of.reseller_company_id],
        Side::Reseller => &[of.provider_company_id],
        Side::Operator => &[of.provider_company_id, of.reseller_company_id],
    };
    let names = [("provider", provider.name()), ("reseller", reseller.name())];
    for company in whom {
        admins(tx, *company, template, &[&names, extra].concat()).await?;
    }
    Ok(())
}

/// Tells a company's active global admins.
pub async fn admins(
    tx: &mut Tx,
    company: CompanyId,
    template: Template,
    params: Extra<'_>,
) -> Result<()> {
    for it in tx.any_global_admins(company).await? {
        person(tx, &it, template, params).await?;
    }
    Ok(())
}

/// Tells who sent an invitation what came of it; the company's active admins, where that person is no
/// longer active there. What concerns a company is nobody's who has left it.
pub async fn inviter(
    tx: &mut Tx,
    (inviter, company): (UserId, CompanyId),
    template: Template,
    params: Extra<'_>,
) -> Result<()> {
    let is_there = |it: &account::Model| {
        it.company_id == company && it.state == State::Active && !it.email.is_empty()
    };
    let readers = match tx.any_account(inviter).await?.filter(is_there) {
        Some(it) => vec![it],
        None => tx.any_active_holders(company, &[Role::AdminAgent, Role::GlobalAdmin]).await?,
    };
    for it in readers {
        person(tx, &it, template, params).await?;
    }
    Ok(())
}

async fn person(
    tx: &mut Tx,
    it: &account::Model,
    template: Template,
    params: Extra<'_>,
) -> Result<()> {
    let name = [("name", it.given_name.as_str())];
    let mail = NewMail {
        template,
        language: Language::of_tag(&it.language_code),
        recipient: &it.email,
        params: &[&name, params].concat(),
        link: None,
    };
    tx.send_to(it.company_id, mail).await
}

/// What a mail shows where no reason was given.
pub fn shown(reason: &str) -> &str {
    if reason.is_empty() { "-" } else { reason }
}
