//! The invited says no to a provider, which leaves it in peace for a while (R2).

use api::relationships::v1::{
    DeclineInvitationRequest, DeclineInvitationResponse, InvitationState,
};
use domain::{
    Call, Error, Result,
    id::{InvitationId, invitation_name},
    invitation::Action,
    link,
    mail::Template,
};
use event::{Event, InvitationDeclined, event::Kind as What};
use store::{Tx, entity::invitation};

use crate::{Service, tell};

pub async fn decline_invitation(
    service: &Service,
    call: &Call,
    req: DeclineInvitationRequest,
) -> Result<DeclineInvitationResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        let seen = tx.any_invitation(InvitationId(link.subject_id)).await?;
        let seen = seen.ok_or_else(Error::not_found)?;
        seen.state.at(seen.expire_time, tx.now()).check_open()?;
        let state = seen.state.after(Action::Decline)?;
        tx.use_link(&link).await?;
        let row = tx.close_invitation(&seen, state, link::State::Used).await?;
        let name = invitation_name(row.id);
        let what = InvitationDeclined { invitation: name.clone() };
        let event = Event::of(name, What::InvitationDeclined(what));
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        // Who holds the link need not be whom it was meant for: the provider learns no name.
        tx.record(event, &[row.provider_company_id, caller.company]);
        tell_inviter(tx, &row).await?;
        let state = api::number::<InvitationState>(row.state.as_str());
        Ok(DeclineInvitationResponse { state, plan: None })
    };
    service.db.write(call, write).await
}

async fn tell_inviter(tx: &mut Tx, row: &invitation::Model) -> Result<()> {
    let provider = tx.any_party(row.provider_id).await?.ok_or_else(Error::not_found)?;
    let params = [
        ("provider", provider.name()),
        ("company", row.company_name.as_str()),
        ("email", row.email.as_str()),
    ];
    let who = (row.inviter_id, row.provider_company_id);
    tell::inviter(tx, who, Template::InvitationDeclined, &params).await
}
