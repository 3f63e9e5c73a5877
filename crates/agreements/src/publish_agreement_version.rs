//! A publisher puts a version into force, now or at a time; the one before is superseded in the same
//! commit, and who accepted it may have to accept anew (A4, M5).

use api::agreements::v1::{PublishAgreementVersionRequest, PublishAgreementVersionResponse};
use domain::{
    Call, Result, Timestamp,
    agreement::{Action, Audience},
    course::{Ahead, Course, check_effective_time, grace_end},
    id::{VersionId, version_id, version_name},
    timer::Timer,
};
use event::{AgreementVersionPublished, AgreementVersionScheduled, Event, event::Kind as What};
use store::{Tx, entity::agreement_version};

use crate::{Service, create_agreement_version::own_company, resource};

pub async fn publish_agreement_version(
    service: &Service,
    call: &Call,
    req: PublishAgreementVersionRequest,
) -> Result<PublishAgreementVersionResponse> {
    let (audience, id) = version_id(&req.name)?;
    let at = gate::domain_time("effective_time", req.effective_time)?;
    let grace = resource::grace(req.grace_period.as_ref())?;
    let write = async |tx: &mut Tx| {
        if let Some(at) = at {
            check_effective_time(at, tx.now())?;
        }
        let effective_time = at.unwrap_or(tx.now());
        let ahead = Ahead {
            version: id,
            effective_time,
            grace_end_time: grace_end(audience, effective_time, grace)?,
            company: own_company(call)?,
        };
        let seen = tx.any_version(audience, id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let (agreement, mut course) = tx.settle(audience).await?;
        let row = match at {
            None => put_into_force(tx, audience, &mut course, ahead).await?,
            Some(_) => schedule(tx, audience, &mut course, ahead).await?,
        };
        tx.set_course(&agreement, &course).await?;
        let documents = tx.any_documents(vec![id]).await?.remove(&id).unwrap_or_default();
        let agreement_version = Some(resource::version(&row, &documents));
        Ok(PublishAgreementVersionResponse { agreement_version, plan: None })
    };
    service.db.write(call, write).await
}

async fn put_into_force(
    tx: &mut Tx,
    audience: Audience,
    course: &mut Course,
    it: Ahead,
) -> Result<agreement_version::Model> {
    let seen = tx.any_version(audience, it.version).await?;
    seen.state.after(Action::Publish)?;
    let (row, superseded) = tx.put_into_force(audience, course, it, Action::Publish).await?;
    let name = version_name(audience, it.version);
    let what = AgreementVersionPublished { version: name.clone(), superseded };
    let event = Event::of(name, What::AgreementVersionPublished(what));
    tx.record(event.changed("state", seen.state.as_str(), row.state.as_str()), &[it.company]);
    Ok(row)
}

async fn schedule(
    tx: &mut Tx,
    audience: Audience,
    course: &mut Course,
    it: Ahead,
) -> Result<agreement_version::Model> {
    let seen = tx.any_version(audience, it.version).await?;
    let state = seen.state.after(Action::Schedule)?;
    course.schedule(it)?;
    let to = agreement_version::Model {
        state,
        effective_time: Some(it.effective_time),
        grace_end_time: it.grace_end_time,
        ..seen.clone()
    };
    let row = tx.change_version(&seen, to).await?;
    tx.wind(Timer::AgreementEffect, it.version.0, it.effective_time).await?;
    record_schedule(tx, audience, it.version, &it, seen.state.as_str(), row.state.as_str());
    Ok(row)
}

fn record_schedule(
    tx: &mut Tx,
    audience: Audience,
    version: VersionId,
    it: &Ahead,
    before: &str,
    after: &str,
) {
    let name = version_name(audience, version);
    let written = |time: Option<Timestamp>| time.map(|it| it.to_rfc3339()).unwrap_or_default();
    let what = AgreementVersionScheduled {
        version: name.clone(),
        effective_time: written(Some(it.effective_time)),
        grace_end_time: written(it.grace_end_time),
    };
    let event = Event::of(name, What::AgreementVersionScheduled(what));
    tx.record(event.changed("state", before, after), &[it.company]);
}
