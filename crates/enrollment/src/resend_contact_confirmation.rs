//! The contact is mailed another link (E8).

use api::enrollment::v1::{ResendContactConfirmationRequest, ResendContactConfirmationResponse};
use domain::{
    Call, Result,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
};
use event::{ContactAskedAgain, event::Kind as What};

use crate::{Service, life, resource};

pub async fn resend_contact_confirmation(
    service: &Service,
    call: &Call,
    req: ResendContactConfirmationRequest,
) -> Result<ResendContactConfirmationResponse> {
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut store::Tx| {
        let seen = tx.enrollment(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        seen.state.after(Action::ResendConfirmation)?;
        if !seen.asks_contact()? {
            return Err(seen.state.refusal(Action::ResendConfirmation));
        }
        let company = tx.company(seen.company_id).await?;
        let row = life::ask_again(tx, &company, &seen).await?;

        let what = ContactAskedAgain { enrollment: enrollment_name(id) };
        tx.record(life::moved(What::ContactAskedAgain(what), &seen, &row), &[row.company_id]);
        let region = &company.region_code;
        let enrollment = Some(resource::enrollment(&row, region, call, tx.now())?);
        Ok(ResendContactConfirmationResponse { enrollment, plan: None })
    };
    service.db.write(call, write).await
}
