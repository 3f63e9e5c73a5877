//! Whoever holds a customer's link says no to the reseller (M6).

use api::relationships::v1::{
    DeclineCustomerInvitationRequest, DeclineCustomerInvitationResponse, InvitationState,
};
use domain::{
    Call, Error, Result,
    id::{CustomerInvitationId, customer_invitation_name},
    invitation::Action,
    link,
    mail::Template,
};
use event::{CustomerInvitationDeclined, Event, event::Kind as What};
use store::{Tx, entity::customer_invitation};

use crate::{Service, tell};

pub async fn decline_customer_invitation(
    service: &Service,
    call: &Call,
    req: DeclineCustomerInvitationRequest,
) -> Result<DeclineCustomerInvitationResponse> {
    let write = async |tx: &mut Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        tx.enter(link.id);
        let seen = tx.any_customer_invitation(CustomerInvitationId(link.subject_id)).await?;
        let seen = seen.ok_or_else(Error::not_found)?;
        tx.any_state_of(&seen).await?.check_open()?;
        let state = seen.state.after(Action::Decline)?;
        tx.use_link(&link).await?;
        let row = tx.close_customer_invitation(&seen, state, link::State::Used).await?;
        let name = customer_invitation_name(row.id);
        let what = CustomerInvitationDeclined { customer_invitation: name.clone() };
        let event = Event::of(name, What::CustomerInvitationDeclined(what));
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.reseller_company_id, row.provider_company_id]);
        tell_inviter(tx, &row).await?;
        let state = api::number::<InvitationState>(row.state.as_str());
        Ok(DeclineCustomerInvitationResponse { state, plan: None })
    };
    service.db.write(call, write).await
}

async fn tell_inviter(tx: &mut Tx, row: &customer_invitation::Model) -> Result<()> {
    let parties = tx.any_parties(&[row.reseller_id, row.provider_id]).await?;
    let party = |id| parties.get(&id).ok_or_else(Error::not_found);
    let params = [
        ("reseller", party(row.reseller_id)?.name()),
        ("provider", party(row.provider_id)?.name()),
        ("company", row.company_name.as_str()),
        ("email", row.email.as_str()),
    ];
    let who = (row.inviter_id, row.reseller_company_id);
    tell::inviter(tx, who, Template::CustomerInvitationDeclined, &params).await
}
