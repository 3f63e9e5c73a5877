//! A contact sees what it is asked to confirm; opening is not confirming (E8).

use api::enrollment::v1::{PreviewContactConfirmationRequest, PreviewContactConfirmationResponse};
use domain::{
    Call, Error, Result,
    consent::{ADDRESS_OWNED, REGISTRATION_KNOWN},
    id::PartnerId,
};

use crate::{Service, life};

pub async fn preview_contact_confirmation(
    service: &Service,
    call: &Call,
    req: PreviewContactConfirmationRequest,
) -> Result<PreviewContactConfirmationResponse> {
    let read = async |view: &store::View| {
        let link = view.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        let party = view.any_party(PartnerId(link.subject_id)).await?;
        let party = party.ok_or_else(Error::not_found)?;
        let row = life::started(&party)?;
        Ok(PreviewContactConfirmationResponse {
            legal_name: row.legal_name.clone(),
            region_code: party.company.region_code.clone(),
            applicant_name: life::applicant_name(view, row).await?,
            email: row.contact_email.clone(),
            registration_statement: Some(gate::statement(REGISTRATION_KNOWN, call.language)),
            address_statement: Some(gate::statement(ADDRESS_OWNED, call.language)),
            expire_time: Some(gate::wire_time(link.expire_time)),
        })
    };
    service.db.read(call, read).await
}
