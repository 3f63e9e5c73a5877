//! A company begins its enrolment (E2, E4).

use api::enrollment::v1::{PartnerKind, StartEnrollmentRequest, StartEnrollmentResponse};
use domain::{
    Call, Error, Reason, Result, UserCaller,
    enrollment::State,
    id::{enrollment_name, partner_name},
    partner::Kind,
};
use event::{EnrollmentStarted, EnrollmentTakenOver, Event, event::Kind as What};
use store::{
    Founding, Party,
    entity::{enrollment, partner},
};

use crate::{Service, partners, resource};

pub async fn start_enrollment(
    service: &Service,
    call: &Call,
    req: StartEnrollmentRequest,
) -> Result<StartEnrollmentResponse> {
    let write = async |tx: &mut store::Tx| {
        let founding = Founding {
            display_name: &req.display_name,
            region_code: &req.region_code,
            language: call.language,
        };
        let caller = tx.founder(founding).await?;
        let mut company = tx.company(caller.company).await?;
        let stated = match req.region_code.as_str() {
            "" => company.region_code.clone(),
            stated => stated.to_owned(),
        };
        tx.facts().served_region(&stated)?;

        let partner = tx.partner_of(company.id).await?;
        let enrollment = match &partner {
            Some(partner) => tx.enrollment_of(partner.id).await?,
            None => None,
        };
        if let (Some(partner), Some(prepared)) = (&partner, &enrollment)
            && prepared.is_prepared
        {
            return take_over(tx, call, &caller, &req, partner, prepared).await;
        }
        refuse_second(partner.as_ref(), enrollment.as_ref())?;
        let is_provider = partner.as_ref().is_some_and(|it| it.kind == Kind::Provider);
        if req.kind() == PartnerKind::Provider && !is_provider {
            return Err(Error::new(Reason::ProviderNotAppointed));
        }
        if stated != company.region_code {
            if company.region_frozen {
                return Err(Error::new(Reason::CountryFrozen));
            }
            tx.set_region(company.id, &stated).await?;
            company = tx.company(company.id).await?;
        }

        let partner = match partner {
            Some(partner) => partner,
            None => tx.add_partner(company.id, Kind::Reseller).await?,
        };
        let draft = tx.add_enrollment(&partner, caller.user).await?;
        let name = enrollment_name(partner.id);
        let what = EnrollmentStarted {
            enrollment: name.clone(),
            kind: partner.kind.as_str().to_owned(),
            region_code: stated.clone(),
        };
        let event = Event::of(name, What::EnrollmentStarted(what));
        tx.record(event.changed("state", "", draft.state.as_str()), &[company.id]);
        let shown = resource::enrollment(&draft, &company.region_code, call, tx.now())?;
        let agreement = tx.agreement_of(&partner).await?;
        let party = Party { partner, company, enrollment: Some(draft), location: None, agreement };
        let partner = Some(resource::partner(&party));
        Ok(StartEnrollmentResponse { enrollment: Some(shown), partner, plan: None })
    };
    service.db.write(call, write).await
}

/// A member of the programme goes on with the DRAFT that an operator prepared for it (E4).
async fn take_over(
    tx: &mut store::Tx,
    call: &Call,
    caller: &UserCaller,
    req: &StartEnrollmentRequest,
    partner: &partner::Model,
    prepared: &enrollment::Model,
) -> Result<StartEnrollmentResponse> {
    if req.kind() == PartnerKind::Provider && partner.kind != Kind::Provider {
        return Err(Error::new(Reason::ProviderNotAppointed));
    }
    let party = tx.party(partner.id).await?;
    if !req.region_code.is_empty() && req.region_code != party.company.region_code {
        return Err(Error::new(Reason::CountryFrozen));
    }
    let to = enrollment::Model { is_prepared: false, starter_id: caller.user, ..prepared.clone() };
    let draft = tx.change_enrollment(prepared, to).await?;
    let name = enrollment_name(partner.id);
    let what = EnrollmentTakenOver { enrollment: name.clone() };
    tx.record(Event::of(name, What::EnrollmentTakenOver(what)), &[party.company.id]);
    let shown = resource::enrollment(&draft, &party.company.region_code, call, tx.now())?;
    let party = Party { enrollment: Some(draft), ..party };
    let partner = partners::with_external_ids(tx, resource::partner(&party)).await?;
    Ok(StartEnrollmentResponse { enrollment: Some(shown), partner: Some(partner), plan: None })
}

/// One partner per company: a second start names the first, unless that was withdrawn or only
/// appointed.
fn refuse_second(
    partner: Option<&partner::Model>,
    enrollment: Option<&enrollment::Model>,
) -> Result<()> {
    match (partner, enrollment) {
        (Some(partner), Some(enrollment)) if enrollment.state != State::Withdrawn => {
            let name = partner_name(partner.id);
            Err(Error::new(Reason::EnrollmentAlreadyExists).with("partner", name))
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}
