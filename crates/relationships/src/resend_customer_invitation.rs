//! The invited customer gets its mail again, with a new link and a new end.

use api::relationships::v1::{
    CustomerInvitation, ResendCustomerInvitationRequest, ResendCustomerInvitationResponse,
};
use domain::{
    Call, Error, Result,
    id::{customer_invitation_name, last_id},
    invitation::{Action, check_resend},
    link::{self, Purpose},
    mail::Delivery,
    readiness::{Goal, Turn, as_shown_to, guard, invite_customer},
};
use event::{CustomerInvitationResent, Event, event::Kind as What};
use store::{Tx, entity::customer_invitation};

use crate::{Service, create_customer_invitation::ask, external_id, resource};

pub async fn resend_customer_invitation(
    service: &Service,
    call: &Call,
    req: ResendCustomerInvitationRequest,
) -> Result<ResendCustomerInvitationResponse> {
    let id = last_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.sent_customer_invitation(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = tx.any_state_of(&seen).await?.after(Action::Resend)?;
        check_resend(seen.n_resends, seen.send_time.unwrap_or(seen.create_time), tx.now())?;
        let mut parties = tx.any_parties(&[seen.reseller_id, seen.provider_id]).await?;
        let reseller = parties.remove(&seen.reseller_id).ok_or_else(Error::not_found)?;
        let provider = parties.remove(&seen.provider_id).ok_or_else(Error::not_found)?;
        let (channel, _) = tx.channel(&provider, &reseller).await?;
        let unmet = invite_customer(&tx.facts_of(&reseller).await?, &channel);
        guard(Goal::InviteCustomer, as_shown_to(Turn::Reseller, unmet))?;

        let to = customer_invitation::Model {
            state,
            n_resends: seen.n_resends + 1,
            send_time: Some(tx.now()),
            expire_time: tx.now() + tx.programme().invitation_life,
            ..seen.clone()
        };
        let row = tx.change_customer_invitation(&seen, to).await?;
        tx.end_link(Purpose::CustomerInvitation, row.id.0, link::State::Superseded).await?;
        ask(tx, &reseller, &provider, &row).await?;
        let name = customer_invitation_name(id);
        let what = CustomerInvitationResent { customer_invitation: name.clone() };
        let event = Event::of(name, What::CustomerInvitationResent(what));
        let (before, after) = (seen.expire_time.to_rfc3339(), row.expire_time.to_rfc3339());
        let concerned = [row.reseller_company_id, row.provider_company_id];
        tx.record(event.changed("expire_time", before, after), &concerned);
        let queued = Some(Delivery::Queued);
        let shown = resource::customer_invitation(&row, queued, tx.now());
        let external_ids = external_id::own(tx, &shown.name).await?;
        let customer_invitation = Some(CustomerInvitation { external_ids, ..shown });
        Ok(ResendCustomerInvitationResponse { customer_invitation, plan: None })
    };
    service.db.write(call, write).await
}
