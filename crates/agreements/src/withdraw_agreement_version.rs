//! A publisher takes a version back that is not in force yet (M5).

use api::agreements::v1::{WithdrawAgreementVersionRequest, WithdrawAgreementVersionResponse};
use domain::{
    Call, Result,
    agreement::Action,
    id::{version_id, version_name},
    timer::Timer,
};
use event::{AgreementVersionWithdrawn, Event, event::Kind as What};
use store::{Tx, entity::agreement_version};

use crate::{Service, create_agreement_version::own_company, resource};

pub async fn withdraw_agreement_version(
    service: &Service,
    call: &Call,
    req: WithdrawAgreementVersionRequest,
) -> Result<WithdrawAgreementVersionResponse> {
    let (audience, id) = version_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.any_version(audience, id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Withdraw)?;
        // What is due by now takes effect, whoever looks: only what is still ahead is taken back.
        let (agreement, mut course) = tx.settle(audience).await?;
        course.withdraw(id);
        tx.set_course(&agreement, &course).await?;
        tx.unwind(Timer::AgreementEffect, id.0).await?;
        let to = agreement_version::Model {
            state,
            effective_time: None,
            grace_end_time: None,
            ..seen.clone()
        };
        let row = tx.change_version(&seen, to).await?;

        let name = version_name(audience, id);
        let what = AgreementVersionWithdrawn { version: name.clone() };
        let event = Event::of(name, What::AgreementVersionWithdrawn(what));
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[own_company(call)?]);
        let documents = tx.any_documents(vec![id]).await?.remove(&id).unwrap_or_default();
        let agreement_version = Some(resource::version(&row, &documents));
        Ok(WithdrawAgreementVersionResponse { agreement_version, plan: None })
    };
    service.db.write(call, write).await
}
