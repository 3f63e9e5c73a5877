//! A global admin says no to the version in force (M5).

use api::{
    agreements::v1::{DeclineAgreementRequest, DeclineAgreementResponse},
    types::v1::AgreementStanding,
};
use domain::{
    Call, Error, Result,
    agreement::Audience,
    course::Step,
    id::{partner_name, version_id, version_name},
};
use event::{AgreementDeclined, Event, event::Kind as What};
use store::{Tx, entity::partner};

use crate::Service;

pub async fn decline_agreement(
    service: &Service,
    call: &Call,
    req: DeclineAgreementRequest,
) -> Result<DeclineAgreementResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let (audience, id) = version_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let own = tx.partner_of(caller.company).await?.ok_or_else(Error::not_found)?;
        if Audience::of_partner(own.kind) != audience {
            return Err(Error::not_found());
        }
        let version = tx.any_version(audience, id).await?;
        let course = tx.any_course(audience).await?;
        let current = course.in_force.map(|it| version_name(audience, it)).unwrap_or_default();
        version.state.check_signable(&current)?;
        let before = course.stand(own.answer(), tx.now()).standing;
        let after = before.after(Step::Decline)?;
        let to = partner::Model {
            declined_version_id: Some(id),
            decline_time: Some(tx.now()),
            ..own.clone()
        };
        tx.change_partner(&own, to).await?;

        let name = partner_name(own.id);
        let version = version_name(audience, id);
        let what = AgreementDeclined { partner: name.clone(), version };
        let event = Event::of(name, What::AgreementDeclined(what));
        let event = event.changed("agreement_standing", before.as_str(), after.as_str());
        tx.record(event, &[caller.company]);
        let standing = api::number::<AgreementStanding>(after.as_str());
        Ok(DeclineAgreementResponse { standing, plan: None })
    };
    service.db.write(call, write).await
}
