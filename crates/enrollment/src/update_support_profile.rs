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
        still_complete(tx, &row, "profile.support").await?;

        let name = enrollment_name(id);
        let what = SupportProfileUpdated { enrollment: name.clone() };
        let mut event = Event::of(name, What::SupportProfileUpdated(what));
        event = event.changed("website_uri", &seen.support_website_uri, &row.support_website_uri);
        // Of a person perhaps: beside the entry, where they can be erased.
        let values = [
            ("email", &seen.support_email, &row.support_email),
            ("phone", &seen.support_phone, &row.support_phone),
        ];
        let changed = values.iter().filter(|(_, before, after)| before != after);
        let personal: Vec<(&str, &str)> =
            changed.map(|(field, _, after)| (*field, after.as_str())).collect();
        tx.record_personal(event, &[row.company_id], &personal);

        let company = tx.company(row.company_id).await?;
        let enrollment = resource::enrollment(&row, &company.region_code, call, tx.now())?;
        Ok(UpdateSupportProfileResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}
