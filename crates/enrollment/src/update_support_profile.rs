//! A company says where its customers find help.

use api::enrollment::v1::{UpdateSupportProfileRequest, UpdateSupportProfileResponse};
use domain::{
    Call, Result,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
};
use event::{Event, SupportProfileUpdated, event::Kind as What};
use gate::Mask;
use store::entity::enrollment;

use crate::{Service, resource, update_primary_contact::still_complete};

const FIELDS: &[&str] = &["email", "phone", "website_uri"];

pub async fn update_support_profile(
    service: &Service,
    call: &Call,
    req: UpdateSupportProfileRequest,
) -> Result<UpdateSupportProfileResponse> {
    let id = enrollment_id(&req.name)?;
    let mask = Mask::read(req.update_mask.as_ref(), FIELDS)?;
    let support = req.support_profile.unwrap_or_default();

    let write = async |tx: &mut store::Tx| {
        let seen = tx.enrollment(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::UpdateSupportProfile)?;

        let mut row = enrollment::Model { state, ..seen.clone() };
        mask.text("email", &support.email, &mut row.support_email);
        mask.text("phone", &support.phone, &mut row.support_phone);
        mask.text("website_uri", &support.website_uri, &mut row.support_website_uri);
        let row = tx.change_enrollment(&seen, row).await?;
        still_complete(tx, &row).await?;

        let name = enrollment_name(id);
        let what = SupportProfileUpdated { enrollment: name.clone() };
        let event = Event::of(name, What::SupportProfileUpdated(what))
            .changed("email", &seen.support_email, &row.support_email)
            .changed("phone", &seen.support_phone, &row.support_phone)
            .changed("website_uri", &seen.support_website_uri, &row.support_website_uri);
        tx.record(event, &[row.company_id]);

        let company = tx.company(row.company_id).await?;
        let enrollment = resource::enrollment(&row, &company.region_code, call, tx.now())?;
        Ok(UpdateSupportProfileResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}
