//! A reseller asks a company, by mail, to buy through it and one of its providers (R9).

use api::relationships::v1::{CreateCustomerInvitationRequest, CreateCustomerInvitationResponse};
use domain::{
    Call, EmailAddress, Error, Language, Reason, Result,
    id::{
        CustomerInvitationId, PartnerId, UserId, customer_invitation_name, customer_name, last_id,
        partner_name,
    },
    invitation::{State, check_message, check_name},
    link::Purpose,
    mail::{Delivery, Template},
    readiness::{Goal, Turn, as_shown_to, guard, invite_customer, never_connected},
    timer::Timer,
};
use event::{CustomerInvitationCreated, Event, event::Kind as What};
use store::{NewMail, Party, Tx, entity::customer_invitation as invitation};

use crate::{
    Service,
    create_invitation::{address, is_own_address},
    daily, resource,
};

pub async fn create_customer_invitation(
    service: &Service,
    call: &Call,
    req: CreateCustomerInvitationRequest,
) -> Result<CreateCustomerInvitationResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let inviter_id = call.caller.person_behind().ok_or_else(Error::not_found)?;
    let provider: PartnerId = last_id(&req.provider)?;
    let email = address(&req.email)?;
    check_message(&req.message)?;
    check_name("company_name", &req.company_name)?;

    let write = async |tx: &mut Tx| {
        let own = tx.partner_of(caller.company).await?.ok_or_else(Error::not_found)?;
        let reseller = tx.party(own.id).await?;
        let goal = Goal::InviteCustomer;
        // A provider that is unknown and one that was never connected are answered alike (R12).
        let Some(provider) = tx.any_party(provider).await? else {
            return Err(Error::unmet(goal, never_connected()));
        };
        let (channel, were_connected) = tx.channel(&provider, &reseller).await?;
        if !were_connected {
            return Err(Error::unmet(goal, never_connected()));
        }
        let tie = tx.any_standing_relationship(provider.partner.id, own.id).await?;
        refuse_own_people(tx, &[&reseller, &provider], &email)?;
        refuse_authorised(tx, &reseller, &provider, &email).await?;
        let row = pending(tx, &reseller, &provider, inviter_id, &email, &req);
        let row = invitation::Model { relationship_id: tie.map(|it| it.id), ..row };
        if let Some(first) = tx.add_customer_invitation(&row).await? {
            // One that is over holds no key: it ends now, and this one takes its place.
            if !tx.clear_customer_invitation(&first).await? {
                let name = customer_invitation_name(first.id);
                return Err(Error::new(Reason::DuplicateInvitation).with("invitation", name));
            }
            if tx.add_customer_invitation(&row).await?.is_some() {
                return Err(Error::new(Reason::Contention));
            }
        }
        let unmet = invite_customer(&tx.facts_of(&reseller).await?, &channel);
        guard(goal, as_shown_to(Turn::Reseller, unmet))?;

        ask(tx, &reseller, &provider, &row).await?;
        let name = customer_invitation_name(row.id);
        let what = CustomerInvitationCreated {
            customer_invitation: name.clone(),
            reseller: partner_name(reseller.partner.id),
            provider: partner_name(provider.partner.id),
        };
        let event = Event::of(name, What::CustomerInvitationCreated(what));
        tx.record_personal(
            event.changed("state", "", row.state.as_str()),
            &[reseller.company.id, provider.company.id],
            &[("email", &row.email), ("company_name", &row.company_name)],
        );
        let queued = Some(Delivery::Queued);
        let customer_invitation = Some(resource::customer_invitation(&row, queued, tx.now()));
        Ok(CreateCustomerInvitationResponse { customer_invitation, plan: None })
    };
    daily::counted(service, call, caller.company, service.db.write(call, write)).await
}

/// Partners do not sell to their own people.
fn refuse_own_people(tx: &Tx, sides: &[&Party], email: &EmailAddress) -> Result<()> {
    for side in sides {
        if is_own_address(side, email, &tx.facts().mail_domains)? {
            return Err(Error::new(Reason::SelfSaleNotAllowed));
        }
    }
    Ok(())
}

/// The address has accepted for both, and both rows go on: there is nothing to ask for.
async fn refuse_authorised(
    tx: &Tx,
    reseller: &Party,
    provider: &Party,
    email: &EmailAddress,
) -> Result<()> {
    let (of, via) = (reseller.partner.id, provider.partner.id);
    let accepted = tx.any_accepted_customer_invitation(of, via, email.key()).await?;
    let Some(customer) = accepted.and_then(|it| it.customer_id) else {
        return Ok(());
    };
    let customer = tx.any_company(customer).await?.ok_or_else(Error::not_found)?;
    let part = tx.dealings(&customer, provider, Some(reseller)).await?.part;
    match part.has_reseller && part.has_provider {
        true => Err(Error::new(Reason::CustomerAlreadyAuthorised)
            .with("customer", customer_name(customer.id))),
        false => Ok(()),
    }
}

fn pending(
    tx: &Tx,
    reseller: &Party,
    provider: &Party,
    inviter_id: UserId,
    email: &EmailAddress,
    req: &CreateCustomerInvitationRequest,
) -> invitation::Model {
    invitation::Model {
        id: CustomerInvitationId::mint(tx.now()),
        reseller_id: reseller.partner.id,
        reseller_company_id: reseller.company.id,
        provider_id: provider.partner.id,
        provider_company_id: provider.company.id,
        inviter_id,
        version: 1,
        create_time: tx.now(),
        update_time: tx.now(),
        state: State::Pending,
        email: req.email.clone(),
        email_key: email.key().to_owned(),
        company_name: req.company_name.clone(),
        language_code: Language::of_tag(&req.language_code).tag().to_owned(),
        message: req.message.clone(),
        expire_time: tx.now() + tx.programme().invitation_life,
        customer_id: None,
        n_resends: 0,
        send_time: None,
        end_time: None,
        relationship_id: None,
    }
}

/// Mails a link, and winds the clock that ends it.
pub async fn ask(
    tx: &mut Tx,
    reseller: &Party,
    provider: &Party,
    row: &invitation::Model,
) -> Result<()> {
    let life = row.expire_time - tx.now();
    let link = tx.add_link(Purpose::CustomerInvitation, row.id.0, life).await?;
    let mail = NewMail {
        template: Template::CustomerInvitation,
        language: Language::of_tag(&row.language_code),
        recipient: &row.email,
        params: &[
            ("reseller", reseller.name()),
            ("region", &reseller.company.region_code),
            ("provider", provider.name()),
            ("company", &row.company_name),
            ("message", &row.message),
        ],
        link: Some(&link),
    };
    tx.send(mail).await?;
    tx.wind(Timer::CustomerInvitationExpiry, row.id.0, row.expire_time).await
}
