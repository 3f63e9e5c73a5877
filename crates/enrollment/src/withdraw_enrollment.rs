//! A company takes its application back for good (E17).

use api::enrollment::v1::{WithdrawEnrollmentRequest, WithdrawEnrollmentResponse};
use domain::{
    Call, Result,
    enrollment::Action,
    id::{enrollment_id, enrollment_name, location_name},
};
use event::{EnrollmentWithdrawn, event::Kind as What};
use store::entity::{enrollment, location};

use crate::{Service, life, resource};

pub async fn withdraw_enrollment(
    service: &Service,
    call: &Call,
    req: WithdrawEnrollmentRequest,
) -> Result<WithdrawEnrollmentResponse> {
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut store::Tx| {
        let party = tx.party(id).await?;
        let seen = life::started(&party)?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Withdraw)?;
        let mut row = enrollment::Model { state, ..seen.clone() };
        life::stop_asking(tx, &mut row).await?;
        let row = life::step(tx, &party.company, seen, row).await?;
        if let Some(tied) = &party.location {
            let free = location::Model { partner_id: None, ..tied.clone() };
            tx.change_location(tied, free).await?;
        }
        tx.change_partner(&party.partner, party.partner.clone()).await?;

        let tied = party.location.as_ref();
        let freed = tied.map(|it| location_name(&it.global_number, &it.number));
        let freed_location = freed.unwrap_or_default();
        let what = EnrollmentWithdrawn { enrollment: enrollment_name(id), freed_location };
        tx.record(life::moved(What::EnrollmentWithdrawn(what), seen, &row), &[row.company_id]);
        let region = &party.company.region_code;
        let enrollment = Some(resource::enrollment(&row, region, call, tx.now())?);
        Ok(WithdrawEnrollmentResponse { enrollment, plan: None })
    };
    service.db.write(call, write).await
}
