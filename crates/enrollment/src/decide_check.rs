//! A reviewer decides one check; the enrolment follows its checks (E11).

use api::{
    Word as _,
    enrollment::v1::{CheckDecision, DecideCheckRequest, DecideCheckResponse},
};
use domain::{
    Call, EmailAddress, Error, Reason, Result, UserCaller,
    check::{CheckKind, Checks, Decision, Ruling},
    enrollment::{Action, State},
    id::{enrollment_id, enrollment_name, location_name},
    location,
};
use event::{CheckDecided, Event, LocationActivated, event::Kind as What};
use store::{Party, Tx, entity::enrollment};

use crate::{Service, life, places, resource};

pub async fn decide_check(
    service: &Service,
    call: &Call,
    req: DecideCheckRequest,
) -> Result<DecideCheckResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let id = enrollment_id(&req.name)?;
    let ruling = ruling(&req, caller)?;
    ruling.check()?;

    let write = async |tx: &mut Tx| {
        let party = tx.party(id).await?;
        let seen = life::started(&party)?;
        refuse_conflict(tx, caller, &party, seen).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let checks = seen.checks()?.filter(|it| is_open(seen.state, it, ruling.kind));
        let mut checks = checks.ok_or_else(|| seen.state.refusal(Action::DecideCheck))?;
        checks.decide(&ruling, tx.now())?;
        // What is checked anew after approval changes no state (E15).
        let to = if seen.state == State::Approved { State::Approved } else { checks.fold() };
        let state = seen.state.after_to(Action::DecideCheck, to)?;
        let mut row = enrollment::Model { state, ..seen.clone() };
        row.set_checks(&checks)?;
        let row = life::step(tx, &party.company, seen, row).await?;
        if ruling.kind == CheckKind::Business && ruling.decision == Decision::Pass {
            activate_location(tx, &party).await?;
        }

        let what = CheckDecided {
            enrollment: enrollment_name(id),
            check: ruling.kind.as_str().to_owned(),
            decision: ruling.decision.as_str().to_owned(),
            reasons: ruling.reasons.clone(),
            evidence_alternatives: ruling.evidence.clone(),
        };
        let event = life::moved(What::CheckDecided(what), seen, &row);
        tx.record(event.because(&ruling.note), &[row.company_id]);
        let enrollment = resource::enrollment(&row, &party.company.region_code, call, tx.now())?;
        Ok(DecideCheckResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}

/// Whether there is something to decide. Before the mailbox is proven there is nothing to review,
/// whatever the state says; after approval only what was re-opened is (E15).
fn is_open(state: State, checks: &Checks, kind: CheckKind) -> bool {
    match state {
        State::Approved => !checks.state(kind).holds(),
        State::Draft
        | State::Submitted
        | State::InReview
        | State::ActionRequired
        | State::Rejected
        | State::Withdrawn => checks.email_holds(),
    }
}

fn ruling(req: &DecideCheckRequest, caller: &UserCaller) -> Result<Ruling> {
    Ok(Ruling {
        kind: CheckKind::of(req.kind().word()).ok_or_else(Error::not_found)?,
        decision: match req.decision() {
            CheckDecision::Pass => Decision::Pass,
            CheckDecision::Fail => Decision::Fail,
            CheckDecision::RequestEvidence => Decision::RequestEvidence,
            CheckDecision::Unspecified => return Err(Error::not_found()),
        },
        reasons: req.reasons().map(|it| it.word().to_owned()).collect(),
        evidence: req.evidence_alternatives().map(|it| it.word().to_owned()).collect(),
        note: req.note.clone(),
        by: caller.user,
    })
}

/// Nobody reviews their own company (I13): its people, its contact, and who applied for it.
async fn refuse_conflict(
    tx: &Tx,
    caller: &UserCaller,
    party: &Party,
    seen: &enrollment::Model,
) -> Result<()> {
    let reviewer = tx.account(caller.user).await?;
    let address: Option<EmailAddress> = reviewer.email.parse().ok();
    let contact: Option<EmailAddress> = seen.contact_email.parse().ok();
    let is_contact = address.is_some() && address == contact;
    let applied = seen.starter_id == caller.user || seen.submitter_id == Some(caller.user);
    let key = address.as_ref().map_or("", EmailAddress::key);
    let is_conflict = caller.company == party.company.id
        || is_contact
        || applied
        || tx.any_person_with_address(party.company.id, key).await?;
    match is_conflict {
        true => Err(Error::new(Reason::ReviewerConflict)),
        false => Ok(()),
    }
}

/// The location that waited for the business to be established takes part from now on (M4).
async fn activate_location(tx: &mut Tx, party: &Party) -> Result<()> {
    let Some(seen) = &party.location else {
        return Ok(());
    };
    let state = seen.state.after(location::Action::BusinessPassed)?;
    if state == seen.state {
        return Ok(());
    }
    let to = store::entity::location::Model { state, ..seen.clone() };
    let row = tx.change_location(seen, to).await?;
    let name = location_name(&row.global_number, &row.number);
    let what = LocationActivated { location: name.clone() };
    let event = Event::of(name, What::LocationActivated(what));
    let event = event.changed("state", seen.state.as_str(), row.state.as_str());
    let concerned = places::concerned(tx, &row).await?;
    tx.record(event, &concerned);
    Ok(())
}
