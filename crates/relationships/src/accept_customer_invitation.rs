//! A company becomes the customer of a reseller and its provider together (R9, M8).

use api::relationships::v1::{AcceptCustomerInvitationRequest, AcceptCustomerInvitationResponse};
use domain::{
    Call, Error, Reason, Result, consent,
    id::{
        CustomerInvitationId, customer_invitation_name, customer_name, customer_relationship_name,
        partner_name,
    },
    invitation::Action,
    mail::Template,
    readiness::{Goal, Turn, accept_customer_invitation as goal, as_shown_to, guard},
    timer::Timer,
};
use event::{CustomerAuthorised, CustomerInvitationAccepted, Event, event::Kind as What};
use store::{Founding, Trade, Tx, entity::customer_invitation as invitation};

use crate::{Service, resource, tell};

pub async fn accept_customer_invitation(
    service: &Service,
    call: &Call,
    req: AcceptCustomerInvitationRequest,
) -> Result<AcceptCustomerInvitationResponse> {
    gate::check_consent(consent::RESELLER_AND_PROVIDER, req.consent.as_ref())?;
    let write = async |tx: &mut Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        let seen = tx.any_customer_invitation(CustomerInvitationId(link.subject_id)).await?;
        let seen = seen.ok_or_else(Error::not_found)?;
        let founding = Founding {
            display_name: &req.display_name,
            region_code: &req.region_code,
            language: call.language,
        };
        let caller = tx.founder(founding).await?;
        let trade = tx.any_trade(seen.provider_id, seen.reseller_id, caller.company).await?;
        let trade = trade.ok_or_else(Error::not_found)?;
        if trade.dealings.part.has_reseller && trade.dealings.part.has_provider {
            return Err(Error::new(Reason::CustomerAlreadyAuthorised)
                .with("customer", customer_name(caller.company)));
        }
        tx.any_state_of(&seen).await?.check_open()?;
        // The partners' own conditions stay their own: id and turn suffice (R10).
        let unmet = as_shown_to(Turn::Customer, goal(&trade.channel, &trade.dealings.part));
        guard(Goal::AcceptCustomerInvitation, unmet)?;

        tx.use_link(&link).await?;
        close(tx, &seen, &trade).await?;
        authorise(tx, &trade).await?;
        tx.freeze_region(trade.customer.id).await?;
        tell_inviter(tx, &seen, &trade).await?;
        let rows = tx.customer_rows(trade.customer.id).await?;
        let customer = resource::customers(tx, &[rows]).await?.pop();
        Ok(AcceptCustomerInvitationResponse { customer, plan: None })
    };
    service.db.write(call, write).await
}

async fn close(tx: &mut Tx, seen: &invitation::Model, trade: &Trade) -> Result<()> {
    let to = invitation::Model {
        state: seen.state.after(Action::Accept)?,
        customer_id: Some(trade.customer.id),
        ..seen.clone()
    };
    let row = tx.change_customer_invitation(seen, to).await?;
    tx.unwind(Timer::CustomerInvitationExpiry, seen.id.0).await?;
    let name = customer_invitation_name(seen.id);
    let what = CustomerInvitationAccepted {
        customer_invitation: name.clone(),
        customer: customer_name(trade.customer.id),
    };
    let event = Event::of(name, What::CustomerInvitationAccepted(what));
    let event = event.changed("state", seen.state.as_str(), row.state.as_str());
    let all = [trade.reseller.company.id, trade.provider.company.id, trade.customer.id];
    tx.record(event, &all);
    Ok(())
}

/// The row of the reseller, if it is not there yet, and that of the provider via it.
async fn authorise(tx: &mut Tx, trade: &Trade) -> Result<()> {
    for partner in [&trade.reseller, &trade.provider] {
        let added = tx.add_customer_row(&trade.customer, partner, &trade.reseller).await?;
        let Some(row) = added else {
            continue;
        };
        let name = customer_relationship_name(row.id);
        let what = CustomerAuthorised {
            customer_relationship: name.clone(),
            customer: customer_name(row.customer_id),
            partner: partner_name(row.partner_id),
            via_reseller: partner_name(row.via_id),
        };
        let event = Event::of(name, What::CustomerAuthorised(what));
        let mut concerned = vec![trade.customer.id, trade.reseller.company.id];
        if row.partner_company_id != trade.reseller.company.id {
            concerned.push(row.partner_company_id);
        }
        tx.record(event.changed("state", "", row.state.as_str()), &concerned);
    }
    Ok(())
}

async fn tell_inviter(tx: &mut Tx, invitation: &invitation::Model, trade: &Trade) -> Result<()> {
    let params = [
        ("customer", trade.customer.display_name.as_str()),
        ("reseller", trade.reseller.name()),
        ("provider", trade.provider.name()),
    ];
    let who = (invitation.inviter_id, invitation.reseller_company_id);
    tell::inviter(tx, who, Template::CustomerInvitationAccepted, &params).await
}
