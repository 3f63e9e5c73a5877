//! Everything between the socket and a slice: who is calling, may they, and how we answer.

mod arrival;
mod edit;
mod layer;
mod page;
mod requirement;
mod serve;
mod status;

pub use arrival::{Arrival, Language};
pub use edit::{Mask, check_etag};
pub use layer::{Callers, Gate, GateLayer, UNRULED, admits};
pub use page::{PageArguments, paging};
pub use requirement::requirement;
pub use serve::{close, open};
pub use status::status;

/// A time on the wire.
pub fn wire_time(time: domain::Timestamp) -> prost_types::Timestamp {
    api::time(time.timestamp(), time.timestamp_subsec_nanos())
}
