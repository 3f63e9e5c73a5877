//! An operator takes a "not me" back for the contact (E8).

use api::enrollment::v1::{RestoreContactRequest, RestoreContactResponse};
use domain::{
    Call, Result,
    constants::CONTACT_UNDO,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
};
use event::{ContactRestored, event::Kind as What};

use crate::{Service, life, resource};

pub async fn restore_contact(
    service: &Service,
    call: &Call,
    req: RestoreContactRequest,
) -> Result<RestoreContactResponse> {
    let id = enrollment_id(&req.name)?;
    gate::check_reason(&req.reason)?;
    let write = async |tx: &mut store::Tx| {
        let party = tx.party(id).await?;
        let seen = life::started(&party)?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::UndoDisown)?;
        if seen.disown_time.is_none_or(|it| it + CONTACT_UNDO <= tx.now()) {
            return Err(seen.state.refusal(Action::UndoDisown));
        }
        let row = life::restore_contact(tx, &party.company, seen, state).await?;

        let what = ContactRestored { enrollment: enrollment_name(id) };
        let event = life::moved(What::ContactRestored(what), seen, &row);
        tx.record(event.because(&req.reason), &[row.company_id]);
        let region = &party.company.region_code;
        let enrollment = Some(resource::enrollment(&row, region, call, tx.now())?);
        Ok(RestoreContactResponse { enrollment, plan: None })
    };
    service.db.write(call, write).await
}
