//! A mailbox is proven by the link that was sent to it (R4).

use api::users::v1::{ConfirmEmailRequest, ConfirmEmailResponse};
use domain::{
    Call, Error, Reason, Result,
    id::{UserId, user_name},
};
use event::{EmailVerified, Event, event::Kind};
use store::{Tx, entity::account};

use crate::{Service, factor};

pub async fn confirm_email(
    service: &Service,
    call: &Call,
    req: ConfirmEmailRequest,
) -> Result<ConfirmEmailResponse> {
    let write = async |tx: &mut Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        tx.enter(link.id);
        let seen = tx.any_account(UserId(link.subject_id)).await?.ok_or_else(Error::not_found)?;
        // Whose life has ended proves nothing; deleting ended the link, this is the second lock.
        if seen.delete_time.is_some() {
            return Err(Error::new(Reason::LinkVoid));
        }
        tx.use_link(&link).await?;
        let to = account::Model { email_verify_time: Some(tx.now()), ..seen.clone() };
        let row = factor::put(tx, &seen, to).await?;
        let name = user_name(row.company_id, row.id);
        let what = EmailVerified { user: name.clone() };
        let event = Event::of(name, Kind::EmailVerified(what));
        tx.record_personal(event, &[row.company_id], &[("email", &row.email)]);
        Ok(ConfirmEmailResponse { email: row.email, plan: None })
    };
    service.db.write(call, write).await
}
