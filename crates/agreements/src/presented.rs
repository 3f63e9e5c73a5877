//! What was shown to who may come to sign it is part of the evidence of a signature (A5).

use api::agreements::v1::Agreement;
use domain::{
    Call, Result,
    agreement::may_sign,
    id::{VersionId, version_id},
};

use crate::{Service, resource};

/// Remembers which versions in force the caller has seen, where it may come to sign them.
pub async fn remember(service: &Service, call: &Call, shown: &[Agreement]) -> Result<()> {
    let Some(user) = call.caller.user() else {
        return Ok(());
    };
    let mut versions: Vec<VersionId> = Vec::new();
    for it in shown.iter().filter(|it| !it.effective_version.is_empty()) {
        if may_sign(user, resource::audience(&it.name)?) {
            versions.push(version_id(&it.effective_version)?.1);
        }
    }
    if versions.is_empty() {
        return Ok(());
    }
    let remember = async |chore: &mut store::Chore| {
        for it in &versions {
            chore.set_present_time(user.user, *it).await?;
        }
        Ok(())
    };
    service.db.maintain("remember presentation", remember).await
}
