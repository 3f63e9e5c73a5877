//! Files that change while the server runs are looked at every so often, so that a new certificate or
//! key needs no start.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// Looks after each `pause`, until `end`.
pub(crate) async fn every(pause: Duration, end: CancellationToken, mut look: impl FnMut()) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(pause) => look(),
        }
    }
}
