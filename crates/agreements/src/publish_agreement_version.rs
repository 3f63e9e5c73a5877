//! A publisher puts a version into force; the one before is superseded in the same commit (M5).

use api::agreements::v1::{PublishAgreementVersionRequest, PublishAgreementVersionResponse};
use domain::{
    Call, Result,
    agreement::Action,
    id::{version_id, version_name},
};
use event::{AgreementVersionPublished, Event, event::Kind as What};
use store::entity::agreement_version;

use crate::{Service, create_agreement_version::own_company, resource};

pub async fn publish_agreement_version(
    service: &Service,
    call: &Call,
    req: PublishAgreementVersionRequest,
) -> Result<PublishAgreementVersionResponse> {
    let (audience, id) = version_id(&req.name)?;
    let write = async |tx: &mut store::Tx| {
        let seen = tx.any_version(audience, id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Publish)?;
        let agreement = tx.any_agreement(audience).await?;
        let mut superseded = String::new();
        if let Some(former) = agreement.effective_version_id {
            let former = tx.any_version(audience, former).await?;
            let state = former.state.after(Action::Supersede)?;
            let to = agreement_version::Model { state, ..former.clone() };
            tx.change_version(&former, to).await?;
            superseded = version_name(audience, former.id);
        }
        let effective_time = Some(tx.now());
        let to = agreement_version::Model { state, effective_time, ..seen.clone() };
        let row = tx.change_version(&seen, to).await?;
        tx.set_effective(&agreement, id).await?;

        let name = version_name(audience, id);
        let what = AgreementVersionPublished { version: name.clone(), superseded };
        let event = Event::of(name, What::AgreementVersionPublished(what));
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[own_company(call)?]);
        let documents = tx.any_documents(vec![id]).await?.remove(&id).unwrap_or_default();
        let agreement_version = Some(resource::version(&row, &documents));
        Ok(PublishAgreementVersionResponse { agreement_version, plan: None })
    };
    service.db.write(call, write).await
}
