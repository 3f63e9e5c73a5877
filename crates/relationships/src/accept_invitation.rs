//! A reseller makes the inviting provider its own (R4, R5, R6).

use api::relationships::v1::{AcceptInvitationRequest, AcceptInvitationResponse};
use domain::{
    Call, EmailAddress, Error, Reason, Result, Timestamp, consent,
    id::{InvitationId, UserId, invitation_name, partner_name, relationship_name},
    invitation::Action,
    mail::Template,
    readiness::{Goal, accept_provider, as_shown_to, guard},
    relationship::Grant,
    timer::Timer,
};
use event::{Event, InvitationAccepted, RelationshipOpened, event::Kind as What};
use store::{
    Batch, Party, Tx,
    entity::{invitation, relationship},
};

use crate::{Service, tell, tie};

pub async fn accept_invitation(
    service: &Service,
    call: &Call,
    req: AcceptInvitationRequest,
) -> Result<AcceptInvitationResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    gate::check_consent(consent::PROVIDER, req.consent.as_ref())?;
    let write = async |tx: &mut Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        let seen = tx.any_invitation(InvitationId(link.subject_id)).await?;
        let seen = seen.ok_or_else(Error::not_found)?;
        let own = tx.partner_of(caller.company).await?.ok_or_else(Error::not_found)?;
        let mut parties = tx.any_parties(&[seen.provider_id, own.id]).await?;
        let reseller = parties.get(&own.id).cloned().ok_or_else(Error::not_found)?;
        let provider = parties.remove(&seen.provider_id).ok_or_else(Error::not_found)?;

        let standing = tx.any_standing_relationship(seen.provider_id, own.id).await?;
        if let Some(first) = standing {
            return Err(Error::new(Reason::RelationshipAlreadyExists)
                .with("relationship", relationship_name(first.id)));
        }
        seen.state.at(seen.end(), tx.now()).check_open()?;
        let facts = tx.acceptance_facts(&seen, &provider, &reseller).await?;
        // Another company's own conditions stay its own: id and turn suffice (R10).
        let unmet = as_shown_to(domain::readiness::Turn::Reseller, accept_provider(&facts));
        guard(Goal::AcceptProvider, unmet)?;

        tx.use_link(&link).await?;
        let row = connect(tx, &seen, &provider, &reseller).await?;
        supplant_others(tx, &row, caller.user, (&provider, &reseller)).await?;
        tell_inviter(tx, &seen, &provider, &reseller).await?;
        let relationship = tie::relationships(tx, &[row], call.language).await?.pop();
        Ok(AcceptInvitationResponse { relationship, plan: None })
    };
    service.db.write(call, write).await
}

/// Opens the relationship with both grants, and closes the invitation.
async fn connect(
    tx: &mut Tx,
    seen: &invitation::Model,
    provider: &Party,
    reseller: &Party,
) -> Result<relationship::Model> {
    let row = tx.add_relationship(provider, reseller).await?;
    for kind in Grant::BOTH {
        add_grant(tx, &row, kind, seen.grants_expire_time).await?;
    }
    let to = invitation::Model {
        state: seen.state.after(Action::Accept)?,
        reseller_company_id: Some(reseller.company.id),
        relationship_id: Some(row.id),
        end_time: Some(tx.now()),
        ..seen.clone()
    };
    let accepted = tx.change_invitation(seen, to).await?;
    tx.unwind(Timer::InvitationExpiry, seen.id.0).await?;

    let sides = [provider.company.id, reseller.company.id];
    let name = relationship_name(row.id);
    let what =
        InvitationAccepted { invitation: invitation_name(seen.id), relationship: name.clone() };
    let event = Event::of(invitation_name(seen.id), What::InvitationAccepted(what));
    tx.record(event.changed("state", seen.state.as_str(), accepted.state.as_str()), &sides);
    let what = RelationshipOpened {
        relationship: name.clone(),
        provider: partner_name(provider.partner.id),
        reseller: partner_name(reseller.partner.id),
    };
    let event = Event::of(name, What::RelationshipOpened(what));
    tx.record(event.changed("state", "", row.state.as_str()), &sides);
    Ok(row)
}

async fn add_grant(
    tx: &mut Tx,
    of: &relationship::Model,
    kind: Grant,
    expire_time: Option<Timestamp>,
) -> Result<()> {
    let grant = tx.add_grant(of.id, kind, expire_time).await?;
    match expire_time {
        None => Ok(()),
        Some(due) => tx.wind(Timer::GrantExpiry, grant.id.0, due).await,
    }
}

/// Other invitations of the pair have become pointless (M6): a batch of them ends at once, what is left
/// by timer.
async fn supplant_others(
    tx: &mut Tx,
    row: &relationship::Model,
    acceptor: UserId,
    (provider, reseller): (&Party, &Party),
) -> Result<()> {
    let own = tx.any_account(acceptor).await?.filter(|it| it.email_verify_time.is_some());
    let own: Option<EmailAddress> = own.and_then(|it| it.email.parse().ok());
    match tx.supplant_invitations(provider, reseller, own.as_ref(), row.create_time).await? {
        Batch::More => tx.wind(Timer::RelationshipStart, row.id.0, tx.now()).await,
        Batch::Empty | Batch::Last => Ok(()),
    }
}

async fn tell_inviter(
    tx: &mut Tx,
    invitation: &invitation::Model,
    provider: &Party,
    reseller: &Party,
) -> Result<()> {
    let names = [("provider", provider.name()), ("reseller", reseller.name())];
    let who = (invitation.inviter_id, invitation.provider_company_id);
    tell::inviter(tx, who, Template::InvitationAccepted, &names).await
}
