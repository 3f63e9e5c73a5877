//! A contact takes its "not me" back, by the link that it was mailed (E8).

use api::enrollment::v1::{EnrollmentState, UndoDisownContactRequest, UndoDisownContactResponse};
use domain::{
    Call, Error, Reason, Result,
    enrollment::Action,
    id::{PartnerId, enrollment_name},
};
use event::{ContactRestored, event::Kind as What};

use crate::{Service, life};

pub async fn undo_disown_contact(
    service: &Service,
    call: &Call,
    req: UndoDisownContactRequest,
) -> Result<UndoDisownContactResponse> {
    let write = async |tx: &mut store::Tx| {
        let link = tx.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        tx.enter(link.id);
        let id = PartnerId(link.subject_id);
        let party = tx.any_party(id).await?.ok_or_else(Error::not_found)?;
        let seen = life::started(&party)?;
        let after = seen.state.after(Action::UndoDisown);
        let state = after.map_err(|_| Error::new(Reason::LinkVoid))?;
        tx.use_link(&link).await?;
        let row = life::restore_contact(tx, &party.company, seen, state).await?;

        let what = ContactRestored { enrollment: enrollment_name(id) };
        tx.record(life::moved(What::ContactRestored(what), seen, &row), &[row.company_id]);
        let state = api::number::<EnrollmentState>(row.state.as_str());
        Ok(UndoDisownContactResponse { state, plan: None })
    };
    service.db.write(call, write).await
}
