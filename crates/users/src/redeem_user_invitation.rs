//! A person of an external directory becomes the user that an admin added (M9).

use api::users::v1::{RedeemUserInvitationRequest, RedeemUserInvitationResponse};
use domain::{Call, Caller, Error, Reason, Result, Vouched, id::UserId, user::Action};
use store::{Tx, entity::account};

use crate::{
    Service,
    resource::{company, user},
};

pub async fn redeem_user_invitation(
    service: &Service,
    call: &Call,
    req: RedeemUserInvitationRequest,
) -> Result<RedeemUserInvitationResponse> {
    let write = async |tx: &mut Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        let seen = tx.any_account(UserId(link.subject_id)).await?.ok_or_else(Error::not_found)?;
        let vouched = vouched(tx.caller())?;
        let tenant = tx.any_tenant_of(seen.company_id).await?.ok_or_else(Error::not_found)?;
        if (&tenant.issuer, &tenant.tenant_id) != (&vouched.issuer, &vouched.tenant) {
            return Err(Error::new(Reason::IdentityMismatch));
        }
        // Whoever was shut out meanwhile finds its link dead; it works again once it is let in.
        let Ok(state) = seen.state.after(Action::Redeem) else {
            return Err(Error::new(Reason::LinkVoid));
        };
        tx.use_link(&link).await?;
        let roles = tx.roles(seen.id).await?;
        // What ended before was of nobody: the identity is the user's from now on. Nor did it ask for
        // the mails that brought it here.
        let to = account::Model { state, tokens_end_time: None, email_asks: None, ..seen.clone() };
        let row = tx.change_account(&seen, to, &roles).await?;
        tx.bind(&row, seen.state, &vouched).await?;
        let its_company = tx.company(row.company_id).await?;
        let partner = tx.partner_of(row.company_id).await?;
        Ok(RedeemUserInvitationResponse {
            user: Some(user(&row, &roles)),
            company: Some(company(&its_company, partner.as_ref())),
            plan: None,
        })
    };
    service.db.write(call, write).await
}

/// Who is asking, by its issuer's word; a user is bound already, or has no issuer.
fn vouched(caller: &Caller) -> Result<Vouched> {
    match caller {
        Caller::Newcomer(it) => Ok(it.vouched.clone()),
        Caller::User(_) => Err(Error::new(Reason::IdentityAlreadyBound)),
        Caller::Anonymous
        | Caller::Link(_)
        | Caller::Service(_)
        | Caller::Internal(_)
        | Caller::System(_) => Err(Error::not_found()),
    }
}
