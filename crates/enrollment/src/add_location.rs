//! A company adds a place of business to its organisation; a PartnerID is minted (E14).

use api::enrollment::v1::{AddLocationRequest, AddLocationResponse};
use domain::{Call, Error, Result, id::location_name};
use event::{Event, LocationAdded, event::Kind as What};

use crate::{
    Service,
    address::{checked_address, reviewed},
    get_enrollment_guide::known_region,
    resource,
};

pub async fn add_location(
    service: &Service,
    call: &Call,
    req: AddLocationRequest,
) -> Result<AddLocationResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let facts = &*service.db.facts();
    let address = req.address.as_ref().ok_or_else(Error::not_found)?;
    let region = known_region(facts, &address.region_code)?;
    let address = checked_address(address, "address", &region, facts, call.language)?;

    let write = async |tx: &mut store::Tx| {
        let organisation = tx.ensure_organisation(caller.company).await?;
        let row = tx.add_location(&organisation, &req.display_name, &address).await?;
        let name = location_name(&row.global_number, &row.number);
        let what = LocationAdded { location: name.clone() };
        let event = Event::of(name, What::LocationAdded(what));
        tx.record(event.changed("state", "", row.state.as_str()), &[caller.company]);
        Ok(AddLocationResponse {
            location: Some(resource::location(&row)?),
            address_review: Some(reviewed(&address, facts, call.language)),
            plan: None,
        })
    };
    service.db.write(call, write).await
}
