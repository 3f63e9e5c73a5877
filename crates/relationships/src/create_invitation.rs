//! A provider asks a company, by mail, to make it its provider (R2).

use api::relationships::v1::{CreateInvitationRequest, CreateInvitationResponse};
use domain::{
    Call, EmailAddress, EmailProblem, Error, Language, Reason, Result, Timestamp,
    id::{InvitationId, UserId, invitation_name, partner_name, relationship_name},
    invitation::{State, check_declined, check_message, check_name},
    link::Purpose,
    mail::{Delivery, Template},
    readiness::{Goal, guard, invite_reseller},
    timer::Timer,
};
use event::{Event, InvitationCreated, event::Kind as What};
use store::{NewMail, Party, Tx, entity::invitation};

use crate::{Service, daily, resource};

pub async fn create_invitation(
    service: &Service,
    call: &Call,
    req: CreateInvitationRequest,
) -> Result<CreateInvitationResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let inviter_id = call.caller.person_behind().ok_or_else(Error::not_found)?;
    let email = address(&req.email)?;
    check_message(&req.message)?;
    check_name("company_name", &req.company_name)?;
    let grants_expire_time = gate::domain_time("grants_expire_time", req.grants_expire_time)?;
    if req.partner_id.is_empty() {
        can_be_accepted(service, &email)?;
    }

    let write = async |tx: &mut Tx| {
        let own = tx.partner_of(caller.company).await?.ok_or_else(Error::not_found)?;
        let party = tx.party(own.id).await?;
        refuse_past("grants_expire_time", grants_expire_time, tx.now())?;
        refuse_oneself(service, &party, &email, &req.partner_id)?;
        refuse_connected(tx, &party, &req.partner_id, &email).await?;
        let declined = tx.any_decline_time(own.id, email.key()).await?;
        check_declined(declined, tx.now())?;
        let row = pending(tx, &party, inviter_id, &email, grants_expire_time, &req);
        if let Some(first) = tx.add_invitation(&row).await? {
            // One past its end holds no key: it ends now, and this one takes its place.
            if first.state.at(first.expire_time, tx.now()) == State::Pending {
                let name = invitation_name(first.id);
                return Err(Error::new(Reason::DuplicateInvitation).with("invitation", name));
            }
            tx.expire_invitation(&first).await?;
            if tx.add_invitation(&row).await?.is_some() {
                return Err(Error::new(Reason::Contention));
            }
        }
        guard(Goal::InviteReseller, invite_reseller(&tx.facts_of(&party).await?))?;

        ask(tx, &party, &row).await?;
        let name = invitation_name(row.id);
        let what = InvitationCreated { invitation: name.clone(), provider: partner_name(own.id) };
        let event = Event::of(name, What::InvitationCreated(what));
        tx.record_personal(
            event.changed("state", "", row.state.as_str()),
            &[caller.company],
            &[("email", &row.email), ("company_name", &row.company_name)],
        );
        let queued = Some(Delivery::Queued);
        let invitation = Some(resource::invitation(&row, queued, tx.now()));
        Ok(CreateInvitationResponse { invitation, plan: None })
    };
    daily::counted(service, call, caller.company, service.db.write(call, write)).await
}

/// An address that mail can be sent to.
pub fn address(text: &str) -> Result<EmailAddress> {
    let malformed = |_| Error::field("email", "FORMAT_INVALID", "must be an e-mail address");
    text.parse().map_err(malformed)
}

/// Without a PartnerID only who is proven to own the address may accept, and strangers share web
/// mail (R4).
fn can_be_accepted(service: &Service, email: &EmailAddress) -> Result<()> {
    let programme = service.db.programme();
    let facts = service.db.facts();
    match facts.mail_domains.contact_problem(email, &programme.directory_domain) {
        Some(EmailProblem::DomainNotAllowed) => {
            Err(Error::new(Reason::EmailDomainNotAllowed).with("domain", email.domain()))
        }
        // A company's purchasing mailbox can be invited; it names nobody, and need not.
        Some(EmailProblem::RoleMailbox) | None => Ok(()),
    }
}

/// What is given for a time ends in the future.
pub fn refuse_past(field: &'static str, time: Option<Timestamp>, now: Timestamp) -> Result<()> {
    match time.is_some_and(|it| it <= now) {
        true => Err(Error::field(field, "OUT_OF_RANGE", "must lie in the future")),
        false => Ok(()),
    }
}

/// The provider's own PartnerID, its own people, its own domain.
fn refuse_oneself(
    service: &Service,
    own: &Party,
    email: &EmailAddress,
    number: &str,
) -> Result<()> {
    let own_number = own.location.as_ref().map(|it| it.number.as_str());
    let is_own_number = !number.is_empty() && own_number == Some(number);
    let facts = service.db.facts();
    match is_own_number || is_own_address(own, email, &facts.mail_domains)? {
        true => Err(Error::new(Reason::SelfInvitation)),
        false => Ok(()),
    }
}

/// Whether an address lies in a company's directory domain or in one that is proven to be its own.
pub fn is_own_address(
    own: &Party,
    email: &EmailAddress,
    domains: &domain::facts::MailDomains,
) -> Result<bool> {
    let is_directory = own.company.domain.as_deref() == Some(email.domain());
    Ok(is_directory || own.proven_contact()?.is_addressed(email, domains))
}

/// A PartnerID of a company that is connected already, or without one an address that is proven to be
/// such a company's; an unknown one is answered like a known one.
async fn refuse_connected(tx: &Tx, own: &Party, number: &str, email: &EmailAddress) -> Result<()> {
    let own = own.partner.id;
    let standing = match number {
        "" => tx.any_standing_with_address(own, email).await?,
        number => match tx.any_partner_with_number(number).await? {
            None => None,
            Some(named) => tx.any_standing_relationship(own, named).await?,
        },
    };
    match standing {
        None => Ok(()),
        Some(it) => Err(Error::new(Reason::RelationshipAlreadyExists)
            .with("relationship", relationship_name(it.id))),
    }
}

fn pending(
    tx: &Tx,
    party: &Party,
    inviter_id: UserId,
    email: &EmailAddress,
    grants_expire_time: Option<Timestamp>,
    req: &CreateInvitationRequest,
) -> invitation::Model {
    invitation::Model {
        id: InvitationId::mint(tx.now()),
        provider_id: party.partner.id,
        provider_company_id: party.company.id,
        inviter_id,
        version: 1,
        create_time: tx.now(),
        update_time: tx.now(),
        state: State::Pending,
        email: req.email.clone(),
        email_key: email.key().to_owned(),
        company_name: req.company_name.clone(),
        named_number: req.partner_id.clone(),
        grants_expire_time,
        language_code: Language::of_tag(&req.language_code).tag().to_owned(),
        message: req.message.clone(),
        expire_time: end_of(tx, grants_expire_time),
        reseller_company_id: None,
        relationship_id: None,
        n_resends: 0,
        send_time: None,
        end_time: None,
        email_domain: email.domain().to_owned(),
    }
}

/// When an invitation that is sent now ends: not behind the powers that it asks for.
pub fn end_of(tx: &Tx, grants_expire_time: Option<Timestamp>) -> Timestamp {
    let end = tx.now() + tx.programme().invitation_life;
    grants_expire_time.map_or(end, |it| it.min(end))
}

/// Mails a link, and winds the clock that ends it.
pub async fn ask(tx: &mut Tx, party: &Party, row: &invitation::Model) -> Result<()> {
    let life = row.expire_time - tx.now();
    let link = tx.add_link(Purpose::Invitation, row.id.0, life).await?;
    let mail = NewMail {
        template: Template::Invitation,
        language: Language::of_tag(&row.language_code),
        recipient: &row.email,
        params: &[
            ("provider", party.name()),
            ("region", &party.company.region_code),
            ("company", &row.company_name),
            ("message", &row.message),
        ],
        link: Some(&link),
    };
    tx.send(mail).await?;
    tx.wind(Timer::InvitationExpiry, row.id.0, row.expire_time).await
}
