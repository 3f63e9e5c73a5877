//! Nobody reviews their own company (I13): its people, its contact, and who applied for it, now or
//! within the last 12 months (E11).

use domain::{EmailAddress, Error, Reason, Result, UserCaller};
use store::{
    View,
    entity::{company, enrollment},
};

/// REVIEWER_CONFLICT for a reviewer who is too close to the company.
pub async fn refuse_conflict(
    view: &View,
    caller: &UserCaller,
    company: &company::Model,
    seen: &enrollment::Model,
) -> Result<()> {
    match is_too_close(view, caller, company, seen).await? {
        true => Err(Error::new(Reason::ReviewerConflict)),
        false => Ok(()),
    }
}

async fn is_too_close(
    view: &View,
    caller: &UserCaller,
    company: &company::Model,
    seen: &enrollment::Model,
) -> Result<bool> {
    let applied = seen.starter_id == caller.user || seen.submitter_id == Some(caller.user);
    if caller.company == company.id || applied {
        return Ok(true);
    }
    let reviewer = view.account(caller.user).await?;
    let Ok(address) = reviewer.email.parse::<EmailAddress>() else {
        return Ok(false);
    };
    // However the same mailbox is spelled: people of the company, gone ones included.
    let is_own = |it: &String| it.parse::<EmailAddress>().is_ok_and(|it| it == address);
    let people = view.any_addresses(company.id).await?;
    Ok(is_own(&seen.contact_email)
        || people.iter().any(is_own)
        || view.any_former_contact(seen.partner_id, address.key()).await?)
}
