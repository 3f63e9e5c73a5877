//! A provider takes an invitation back (M6).

use api::relationships::v1::{CancelInvitationRequest, CancelInvitationResponse};
use domain::{
    Call, Result,
    id::{invitation_name, last_id},
    invitation::Action,
    link,
};
use event::{Event, InvitationCancelled, event::Kind as What};
use store::Tx;

use crate::{Service, resource};

pub async fn cancel_invitation(
    service: &Service,
    call: &Call,
    req: CancelInvitationRequest,
) -> Result<CancelInvitationResponse> {
    let id = last_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.sent_invitation(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.at(seen.expire_time, tx.now()).after(Action::Cancel)?;
        let row = tx.close_invitation(&seen, state, link::State::Void).await?;
        let name = invitation_name(id);
        let what = InvitationCancelled { invitation: name.clone() };
        let event = Event::of(name, What::InvitationCancelled(what));
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.provider_company_id]);
        let invitation = resource::invitations(tx, &[row]).await?.pop();
        Ok(CancelInvitationResponse { invitation, plan: None })
    };
    service.db.write(call, write).await
}
