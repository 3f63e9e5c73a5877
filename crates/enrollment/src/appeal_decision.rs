//! A company asks for a rejection to be looked at again, with a document and a comment (E12).

use api::enrollment::v1::{AppealDecisionRequest, AppealDecisionResponse};
use domain::{
    Call, Error, Reason, Result,
    constants::APPEALS,
    enrollment::Action,
    id::{AppealId, EvidenceId, PartnerId, enrollment_id, enrollment_name, evidence_id},
};
use event::{DecisionAppealed, event::Kind as What};
use store::{
    Tx,
    entity::{appeal, enrollment},
};

use crate::{Service, life, resource};

pub async fn appeal_decision(
    service: &Service,
    call: &Call,
    req: AppealDecisionRequest,
) -> Result<AppealDecisionResponse> {
    let appellant_id = call.caller.person_behind().ok_or_else(Error::not_found)?;
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = life::own(tx, call, id).await?;
        let documents = documents(tx, id, &req.evidence).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::AppealDecision)?;
        if seen.n_appeals >= APPEALS {
            let limit = APPEALS.to_string();
            return Err(Error::new(Reason::AppealsExhausted).with("limit", limit));
        }
        let n_appeals = seen.n_appeals + 1;
        let mut row = enrollment::Model { state, n_appeals, ..seen.clone() };
        if let Some(mut checks) = seen.checks()? {
            checks.appeal(tx.now());
            row.set_checks(&checks)?;
        }
        let company = tx.company(seen.company_id).await?;
        let row = life::step(tx, &company, &seen, row).await?;
        let kept = appeal::Model {
            id: AppealId::mint(tx.now()),
            partner_id: id,
            appellant_id,
            create_time: tx.now(),
            comment: req.comment.clone(),
            evidence: serde_json::to_string(&documents).map_err(Error::internal)?,
        };
        tx.add_appeal(kept).await?;

        let (enrollment, evidence) = (enrollment_name(id), req.evidence.clone());
        let what = DecisionAppealed { enrollment, evidence };
        let event = life::moved(What::DecisionAppealed(what), &seen, &row);
        tx.record_personal(event, &[row.company_id], &[("comment", &req.comment)]);
        let enrollment = resource::enrollment(&row, &company.region_code, call, tx.now())?;
        Ok(AppealDecisionResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}

/// The documents of these names, each of which is the partner's.
async fn documents(tx: &Tx, partner: PartnerId, names: &[String]) -> Result<Vec<EvidenceId>> {
    let mut ids: Vec<EvidenceId> = Vec::new();
    for name in names {
        let (of, id) = evidence_id(name)?;
        if of != partner {
            return Err(Error::not_found());
        }
        tx.evidence(partner, id).await?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
