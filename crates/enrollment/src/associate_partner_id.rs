//! A company ties a PartnerID to its account: its own, or one that a code of its owner opens (E14).

use api::enrollment::v1::{AssociatePartnerIdRequest, AssociatePartnerIdResponse};
use domain::{
    Call, Error, Reason, Result,
    check::CheckKind,
    enrollment::Action,
    id::{enrollment_id, partner_name},
    location::check_country,
};
use event::{AssociationCodeUsed, Event, LocationFreed, PartnerIdAssociated, event::Kind as What};
use store::{
    Party, Tx,
    entity::{association_code, enrollment, location},
};

use crate::{Service, life, partners, places, resource};

pub async fn associate_partner_id(
    service: &Service,
    call: &Call,
    req: AssociatePartnerIdRequest,
) -> Result<AssociatePartnerIdResponse> {
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let party = tx.party(id).await?;
        let enrollment = life::started(&party)?;
        let (seen, code) = match req.association_code.as_str() {
            "" => (own_location(tx, &party, &req.partner_id).await?, None),
            code => by_code(tx, &req.partner_id, code).await?,
        };
        gate::check_etag(&req.etag, enrollment.version)?;
        let state = enrollment.state.after(Action::AssociatePartnerId)?;
        check_country(&seen.region_code, &party.company.region_code)?;
        if seen.partner_id.is_some() {
            return Err(Error::new(Reason::PartnerIdTied).with("partnerId", seen.number));
        }
        let business = enrollment.checks()?.map(|it| it.state(CheckKind::Business));
        let to = seen.state.once_tied(business)?;

        if let Some(former) = &party.location {
            let free = location::Model { partner_id: None, ..former.clone() };
            tx.change_location(former, free).await?;
        }
        let to = location::Model { state: to, partner_id: Some(id), ..seen.clone() };
        let row = tx.change_location(&seen, to).await?;
        if let Some(code) = &code {
            tx.use_association_code(code, id).await?;
        }
        tx.freeze_region(party.company.id).await?;
        // The etag that was compared is the enrolment's: who holds the former one comes too late.
        let moved = enrollment::Model { state, ..enrollment.clone() };
        let moved = tx.change_enrollment(enrollment, moved).await?;
        let partner = tx.change_partner(&party.partner, party.partner.clone()).await?;

        let what = PartnerIdAssociated {
            partner: partner_name(id),
            location: places::name(&row),
            freed_location: party.location.as_ref().map(places::name).unwrap_or_default(),
        };
        let event = Event::of(partner_name(id), What::PartnerIdAssociated(what));
        let former = party.location.as_ref().map(|it| it.number.clone()).unwrap_or_default();
        let event = event.changed("partner_id", former, &row.number);
        tx.record(
            event.changed("location_state", seen.state.as_str(), row.state.as_str()),
            &[party.company.id],
        );
        tell_owners(tx, &party, &row);
        let location = Some(resource::location(&row)?);
        let enrollment = Some(moved);
        let party = Party { partner, enrollment, location: Some(row), ..party };
        let partner = partners::with_external_ids(tx, resource::partner(&party)).await?;
        let partner = Some(partner);
        Ok(AssociatePartnerIdResponse { partner, location, plan: None })
    };
    service.db.write(call, write).await
}

/// The location with this PartnerID, if it is of the company's organisation.
async fn own_location(tx: &Tx, party: &Party, number: &str) -> Result<location::Model> {
    let found = tx.location(number).await?.filter(|it| it.company_id == party.company.id);
    if let Some(location) = found {
        return Ok(location);
    }
    let organisation = tx.organisation_of(party.company.id).await?;
    match organisation.is_some_and(|it| it.global_number == number) {
        true => Err(Error::new(Reason::PartnerIdIsGlobal).with("partnerId", number)),
        false => Err(Error::not_found()),
    }
}

/// The location that the code opens. Whatever is wrong with the code or the PartnerID, the answer is
/// the same.
async fn by_code(
    tx: &Tx,
    number: &str,
    code: &str,
) -> Result<(location::Model, Option<association_code::Model>)> {
    let code = tx.any_good_association_code(number, code).await?;
    let location = tx.any_location(number).await?;
    Ok((location.ok_or_else(Error::not_found)?, Some(code)))
}

/// Other companies learn what becomes of their PartnerIDs, and not by whom.
fn tell_owners(tx: &mut Tx, party: &Party, tied: &location::Model) {
    let own = party.company.id;
    if tied.company_id != own {
        let what = AssociationCodeUsed { location: places::name(tied) };
        let event = Event::of(places::name(tied), What::AssociationCodeUsed(what));
        tx.record(event, &[tied.company_id]);
    }
    if let Some(freed) = party.location.as_ref().filter(|it| it.company_id != own) {
        let what = LocationFreed { location: places::name(freed) };
        let event = Event::of(places::name(freed), What::LocationFreed(what));
        tx.record(event, &[freed.company_id]);
    }
}
