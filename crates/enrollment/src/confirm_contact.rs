//! A contact makes its two statements; its mailbox is proven and review begins (E8, E9, E10).

use api::enrollment::v1::{ConfirmContactRequest, ConfirmContactResponse, EnrollmentState};
use domain::{
    Call, Error, Reason, Result,
    check::Checks,
    consent::{ADDRESS_OWNED, REGISTRATION_KNOWN},
    enrollment::{Action, Form, State},
    id::{PartnerId, enrollment_name},
};
use event::{ContactConfirmed, event::Kind as What};
use store::entity::enrollment;

use crate::{Service, life, resource};

pub async fn confirm_contact(
    service: &Service,
    call: &Call,
    req: ConfirmContactRequest,
) -> Result<ConfirmContactResponse> {
    gate::check_consent(REGISTRATION_KNOWN, req.registration_known.as_ref())?;
    gate::check_consent(ADDRESS_OWNED, req.address_owned.as_ref())?;
    let write = async |tx: &mut store::Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        tx.enter(link.id);
        let id = PartnerId(link.subject_id);
        let party = tx.any_party(id).await?.ok_or_else(Error::not_found)?;
        let seen = life::started(&party)?;
        let mut checks = seen.checks()?.unwrap_or_else(|| Checks::new(tx.now()));
        checks.confirm_email(tx.now());
        // A link that works belongs to an enrolment whose contact is asked; this is the second lock.
        let is_short = seen.form == Form::Short && seen.state == State::Submitted;
        let confirmed = seen.state.after(match is_short && checks.all_hold() {
            true => Action::ConfirmShort,
            false => Action::ConfirmContact,
        });
        let state = confirmed.map_err(|_| Error::new(Reason::LinkVoid))?;
        let mut row = enrollment::Model { state, ..seen.clone() };
        row.set_checks(&checks)?;
        tx.use_link(&link).await?;
        life::has_answered(tx, id).await?;
        let row = life::step(tx, &party.company, seen, row).await?;

        let what = ContactConfirmed { enrollment: enrollment_name(id) };
        tx.record(life::moved(What::ContactConfirmed(what), seen, &row), &[row.company_id]);
        Ok(ConfirmContactResponse {
            state: api::number::<EnrollmentState>(row.state.as_str()),
            review: resource::review(&row, tx.now()),
            plan: None,
        })
    };
    service.db.write(call, write).await
}
