//! A contact says, in two steps, that it has nothing to do with the registration (E8).

use api::enrollment::v1::{DisownContactRequest, DisownContactResponse, EnrollmentState};
use domain::{
    Call, Error, Language, Reason, Result,
    constants::CONTACT_UNDO,
    enrollment::{Action, State},
    id::{PartnerId, enrollment_name},
    link::Purpose,
    mail::Template,
    timer::Timer,
};
use event::{ContactDisowned, event::Kind as What};
use store::{NewMail, Party, Tx, entity::enrollment};

use crate::{Service, life};

pub async fn disown_contact(
    service: &Service,
    call: &Call,
    req: DisownContactRequest,
) -> Result<DisownContactResponse> {
    if !req.confirmed {
        return what_it_is_about(service, call, &req).await;
    }
    let write = async |tx: &mut Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        tx.enter(link.id);
        let id = PartnerId(link.subject_id);
        let party = tx.any_party(id).await?.ok_or_else(Error::not_found)?;
        let seen = life::started(&party)?;
        // A link that works belongs to an enrolment whose contact is asked; this is the second lock.
        let after = seen.state.after(Action::DisownContact);
        let state = after.map_err(|_| Error::new(Reason::LinkVoid))?;

        let mut row = enrollment::Model { state, ..seen.clone() };
        let mut disowned = row.disowned()?;
        disowned.add(&row.contact_email.parse().map_err(Error::internal)?);
        row.set_disowned(&disowned)?;
        tx.use_link(&link).await?;
        life::has_answered(tx, id).await?;
        // After approval nothing stops; the company names another contact.
        let can_be_undone = state == State::ActionRequired;
        row.disown_time = Some(tx.now()).filter(|_| can_be_undone);
        let row = life::step(tx, &party.company, seen, row).await?;
        if can_be_undone {
            offer_undo(tx, &party, &row).await?;
        }

        let what = ContactDisowned { enrollment: enrollment_name(id) };
        tx.record(life::moved(What::ContactDisowned(what), seen, &row), &[row.company_id]);
        let until = row.disown_time.map(|it| it + CONTACT_UNDO);
        Ok(DisownContactResponse {
            legal_name: row.legal_name.clone(),
            disowned: true,
            state: api::number::<EnrollmentState>(row.state.as_str()),
            undo_until_time: until.map(gate::wire_time),
            plan: None,
        })
    };
    service.db.write(call, write).await
}

/// The first step: nothing happens yet.
async fn what_it_is_about(
    service: &Service,
    call: &Call,
    req: &DisownContactRequest,
) -> Result<DisownContactResponse> {
    let read = async |view: &store::View| {
        let link = view.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        let party = view.any_party(PartnerId(link.subject_id)).await?;
        let party = party.ok_or_else(Error::not_found)?;
        let row = life::started(&party)?;
        Ok(DisownContactResponse {
            legal_name: row.legal_name.clone(),
            state: api::number::<EnrollmentState>(row.state.as_str()),
            ..DisownContactResponse::default()
        })
    };
    service.db.read(call, read).await
}

/// The address gets one more mail: how to take it back.
async fn offer_undo(tx: &mut Tx, party: &Party, row: &enrollment::Model) -> Result<()> {
    let subject = row.partner_id.0;
    let link = tx.renew_link(Purpose::ContactUndo, subject, CONTACT_UNDO).await?;
    let mail = NewMail {
        template: Template::ContactDisowned,
        language: Language::of_tag(&row.contact_language_code),
        recipient: &row.contact_email,
        params: &[("company", party.name())],
        link: Some(&link),
    };
    tx.send(mail).await?;
    tx.wind(Timer::ContactUndoExpiry, subject, link.expire_time).await
}
