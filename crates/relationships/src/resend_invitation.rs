//! The invited gets its mail again, with a new link and a new end (R2).

use api::relationships::v1::{Invitation, ResendInvitationRequest, ResendInvitationResponse};
use domain::{
    Call, Error, Result,
    id::{invitation_name, last_id},
    invitation::{Action, check_resend},
    link::{self, Purpose},
    mail::Delivery,
    readiness::{Goal, guard, invite_reseller},
};
use event::{Event, InvitationResent, event::Kind as What};
use store::{Tx, entity::invitation};

use crate::{
    Service,
    create_invitation::{ask, end_of},
    external_id, resource,
};

pub async fn resend_invitation(
    service: &Service,
    call: &Call,
    req: ResendInvitationRequest,
) -> Result<ResendInvitationResponse> {
    let id = last_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.sent_invitation(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.at(seen.end(), tx.now()).after(Action::Resend)?;
        check_resend(seen.n_resends, seen.send_time.unwrap_or(seen.create_time), tx.now())?;
        let party = tx.any_party(seen.provider_id).await?.ok_or_else(Error::not_found)?;
        guard(Goal::InviteReseller, invite_reseller(&tx.facts_of(&party).await?))?;

        let to = invitation::Model {
            state,
            n_resends: seen.n_resends + 1,
            send_time: Some(tx.now()),
            expire_time: end_of(tx, seen.grants_expire_time),
            ..seen.clone()
        };
        let row = tx.change_invitation(&seen, to).await?;
        tx.end_link(Purpose::Invitation, row.id.0, link::State::Superseded).await?;
        ask(tx, &party, &row).await?;
        let name = invitation_name(id);
        let what = InvitationResent { invitation: name.clone() };
        let event = Event::of(name, What::InvitationResent(what));
        let (before, after) = (seen.expire_time.to_rfc3339(), row.expire_time.to_rfc3339());
        tx.record(event.changed("expire_time", before, after), &[row.provider_company_id]);
        let queued = Some(Delivery::Queued);
        let shown = resource::invitation(&row, queued, tx.now());
        let external_ids = external_id::own(tx, &shown.name).await?;
        let invitation = Some(Invitation { external_ids, ..shown });
        Ok(ResendInvitationResponse { invitation, plan: None })
    };
    service.db.write(call, write).await
}
