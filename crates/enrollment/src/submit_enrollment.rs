//! A company hands its enrolment in; its contact is asked to confirm (E8).

use api::enrollment::v1::{SubmitEnrollmentRequest, SubmitEnrollmentResponse};
use domain::{
    Call, Error, Result,
    check::Checks,
    consent::AUTHORITY,
    enrollment::{Action, Form},
    id::{enrollment_id, enrollment_name},
    readiness::{Goal, guard, partner_goal},
};
use event::{EnrollmentSubmitted, event::Kind as What};
use store::entity::enrollment;

use crate::{Service, life, resource};

pub async fn submit_enrollment(
    service: &Service,
    call: &Call,
    req: SubmitEnrollmentRequest,
) -> Result<SubmitEnrollmentResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let id = enrollment_id(&req.name)?;
    // What is not confirmed at all is one of the requirements, listed with the others.
    if req.authority_confirmed {
        AUTHORITY.check(true, &req.authority_text_sha256)?;
    }

    let write = async |tx: &mut store::Tx| {
        let party = tx.party(id).await?;
        let seen = life::started(&party)?;
        gate::check_etag(&req.etag, seen.version)?;
        let mut checks = seen.checks()?.unwrap_or_else(|| Checks::new(tx.now()));
        checks.resubmit(tx.now());
        let is_confirmed = checks.email_holds();
        let state = seen.state.after(match is_confirmed {
            true if seen.form == Form::Short && checks.all_hold() => Action::SubmitShort,
            true => Action::SubmitConfirmed,
            false => Action::Submit,
        })?;
        let facts = tx.facts_of(&party).await?;
        let goal = Goal::SubmitEnrollment;
        guard(goal, partner_goal(goal, &facts, req.authority_confirmed))?;

        let mut row = enrollment::Model {
            state,
            submit_time: Some(tx.now()),
            submitter_id: Some(caller.user),
            authority_text_sha256: Some(req.authority_text_sha256.clone()),
            ..seen.clone()
        };
        row.set_checks(&checks)?;
        tx.freeze_region(party.company.id).await?;
        life::forget_disowning(tx, &mut row).await?;
        let mut row = life::step(tx, &party.company, seen, row).await?;
        if !is_confirmed {
            row = life::ask_contact(tx, &party.company, &row).await?;
        }

        let hash = req.authority_text_sha256.iter().map(|it| format!("{it:02x}")).collect();
        let what =
            EnrollmentSubmitted { enrollment: enrollment_name(id), authority_text_sha256: hash };
        tx.record(life::moved(What::EnrollmentSubmitted(what), seen, &row), &[row.company_id]);
        let enrollment = resource::enrollment(&row, &party.company.region_code, call, tx.now())?;
        Ok(SubmitEnrollmentResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}
