//! An operator lets a place of business take part (M4).

use api::enrollment::v1::{ActivateLocationRequest, ActivateLocationResponse};
use domain::{Call, Error, Reason, Result, location::Action};
use event::{Event, LocationOpened, event::Kind as What};
use store::entity::location;

use crate::{Service, places, resource};

pub async fn activate_location(
    service: &Service,
    call: &Call,
    req: ActivateLocationRequest,
) -> Result<ActivateLocationResponse> {
    if req.reason.trim().is_empty() {
        return Err(Error::new(Reason::ReasonRequired));
    }
    let write = async |tx: &mut store::Tx| {
        let seen = places::named(tx, &req.name).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Activate)?;
        let to = location::Model { state, ..seen.clone() };
        let row = tx.change_location(&seen, to).await?;

        let what = LocationOpened { location: places::name(&row) };
        let event = Event::of(places::name(&row), What::LocationOpened(what));
        let event =
            event.because(&req.reason).changed("state", seen.state.as_str(), state.as_str());
        let concerned = places::concerned(tx, &row).await?;
        tx.record(event, &concerned);
        Ok(ActivateLocationResponse { location: Some(resource::location(&row)?), plan: None })
    };
    service.db.write(call, write).await
}
