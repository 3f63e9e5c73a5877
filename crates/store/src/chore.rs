//! Housekeeping in progress: what the delivery marks and clears, without an event of anybody.

use domain::Result;

use crate::View;

/// Housekeeping in progress; its functions stand beside the tables they keep.
pub struct Chore {
    pub(crate) view: View,
}

impl Chore {
    pub(crate) fn new(view: View) -> Self {
        Self { view }
    }

    pub(crate) async fn commit(self) -> Result<()> {
        self.view.commit().await
    }

    pub(crate) async fn roll_back(self) -> Result<()> {
        self.view.end().await
    }
}
