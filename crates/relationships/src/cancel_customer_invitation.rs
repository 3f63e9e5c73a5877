//! A reseller takes a customer invitation back (M6).

use api::relationships::v1::{CancelCustomerInvitationRequest, CancelCustomerInvitationResponse};
use domain::{
    Call, Result,
    id::{customer_invitation_name, last_id},
    invitation::Action,
    link,
};
use event::{CustomerInvitationCancelled, Event, event::Kind as What};
use store::Tx;

use crate::{Service, resource};

pub async fn cancel_customer_invitation(
    service: &Service,
    call: &Call,
    req: CancelCustomerInvitationRequest,
) -> Result<CancelCustomerInvitationResponse> {
    let id = last_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.sent_customer_invitation(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = tx.any_state_of(&seen).await?.after(Action::Cancel)?;
        let row = tx.close_customer_invitation(&seen, state, link::State::Void).await?;
        let name = customer_invitation_name(id);
        let what = CustomerInvitationCancelled { customer_invitation: name.clone() };
        let event = Event::of(name, What::CustomerInvitationCancelled(what));
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.reseller_company_id, row.provider_company_id]);
        let customer_invitation = resource::customer_invitations(tx, &[row]).await?.pop();
        Ok(CancelCustomerInvitationResponse { customer_invitation, plan: None })
    };
    service.db.write(call, write).await
}
