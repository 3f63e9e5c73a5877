//! The holder of a link sees who asks and what acceptance would grant, without effect (R3).

use api::relationships::v1::{GrantType, PreviewInvitationRequest, PreviewInvitationResponse};
use domain::{Call, Error, Result, consent, id::InvitationId, relationship::Grant};

use crate::{Service, resource};

pub async fn preview_invitation(
    service: &Service,
    call: &Call,
    req: PreviewInvitationRequest,
) -> Result<PreviewInvitationResponse> {
    let read = async |view: &store::View| {
        let link = view.any_live_link(call.link_purpose()?, &req.link_secret).await?;
        let row = view.any_invitation(InvitationId(link.subject_id)).await?;
        let row = row.ok_or_else(Error::not_found)?;
        row.state.at(row.end(), view.now()).check_open()?;
        let provider = view.any_party(row.provider_id).await?.ok_or_else(Error::not_found)?;
        let grants = Grant::BOTH.map(|it| api::number::<GrantType>(it.as_str()));
        Ok(PreviewInvitationResponse {
            provider: Some(resource::party(&provider)),
            grants: grants.to_vec(),
            grants_expire_time: row.grants_expire_time.map(gate::wire_time),
            company_name: row.company_name.clone(),
            message: row.message.clone(),
            expire_time: Some(gate::wire_time(row.expire_time)),
            consent_statement: Some(gate::statement(consent::PROVIDER, call.language)),
        })
    };
    service.db.read(call, read).await
}
