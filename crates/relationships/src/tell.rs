//! Who has to know of what happens between companies, and gets a mail of it.

use domain::{Error, Language, Result, id::CompanyId, mail::Template, relationship::Side};
use store::{NewMail, Tx, entity::relationship};

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
        let name = [("name", it.given_name.as_str())];
        let mail = NewMail {
            template,
            language: Language::of_tag(&it.language_code),
            recipient: &it.email,
            params: &[&name, params].concat(),
            link: None,
        };
        tx.send_to(company, mail).await?;
    }
    Ok(())
}

/// What a mail shows where no reason was given.
pub fn shown(reason: &str) -> &str {
    if reason.is_empty() { "-" } else { reason }
}
