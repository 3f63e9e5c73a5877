//! The holder of a link sees who asks and through whom, without effect.

use api::relationships::v1::{PreviewCustomerInvitationRequest, PreviewCustomerInvitationResponse};
use domain::{Call, Error, Result, consent, id::CustomerInvitationId};

use crate::{Service, resource};

pub async fn preview_customer_invitation(
    service: &Service,
    call: &Call,
    req: PreviewCustomerInvitationRequest,
) -> Result<PreviewCustomerInvitationResponse> {
    let read = async |view: &store::View| {
        let link = view.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        let row = view.any_customer_invitation(CustomerInvitationId(link.subject_id)).await?;
        let row = row.ok_or_else(Error::not_found)?;
        view.any_state_of(&row).await?.check_open()?;
        let parties = view.any_parties(&[row.reseller_id, row.provider_id]).await?;
        let party = |id| parties.get(&id).map(resource::party);
        let statement = consent::RESELLER_AND_PROVIDER;
        Ok(PreviewCustomerInvitationResponse {
            reseller: party(row.reseller_id),
            provider: party(row.provider_id),
            company_name: row.company_name.clone(),
            message: row.message.clone(),
            expire_time: Some(gate::wire_time(row.expire_time)),
            consent_statement: Some(gate::statement(statement, call.language)),
        })
    };
    service.db.read(call, read).await
}
