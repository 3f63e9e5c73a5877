//! What happened: the ledger's doors.

mod list_audit_entries;

use api::changes::v1::{changes_service_server::ChangesService, *};
use store::Db;

/// What the changes' RPCs work with.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
}

gate::serve! {
    impl ChangesService for Service {
        list_audit_entries(ListAuditEntriesRequest) -> ListAuditEntriesResponse;
    }
}
