//! A company ties a PartnerID of its organisation to its account (E14).

use api::enrollment::v1::{AssociatePartnerIdRequest, AssociatePartnerIdResponse};
use domain::{
    Call, Error, Reason, Result,
    check::CheckKind,
    enrollment::Action,
    id::{enrollment_id, location_name, partner_name},
    location::check_country,
};
use event::{Event, PartnerIdAssociated, event::Kind as What};
use store::{Party, Tx, entity::location};

use crate::{Service, life, resource};

pub async fn associate_partner_id(
    service: &Service,
    call: &Call,
    req: AssociatePartnerIdRequest,
) -> Result<AssociatePartnerIdResponse> {
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let party = tx.party(id).await?;
        let enrollment = life::started(&party)?;
        let seen = own_location(tx, &party, &req.partner_id).await?;
        gate::check_etag(&req.etag, enrollment.version)?;
        enrollment.state.after(Action::AssociatePartnerId)?;
        check_country(&seen.region_code, &party.company.region_code)?;
        if seen.partner_id.is_some() {
            return Err(Error::new(Reason::PartnerIdTied).with("partnerId", seen.number));
        }
        let business = enrollment.checks()?.map(|it| it.state(CheckKind::Business));
        let state = seen.state.once_tied(business)?;

        if let Some(former) = &party.location {
            let free = location::Model { partner_id: None, ..former.clone() };
            tx.change_location(former, free).await?;
        }
        let to = location::Model { state, partner_id: Some(id), ..seen.clone() };
        let row = tx.change_location(&seen, to).await?;
        tx.freeze_region(party.company.id).await?;
        let partner = tx.change_partner(&party.partner, party.partner.clone()).await?;

        let name = |it: &location::Model| location_name(&it.global_number, &it.number);
        let what = PartnerIdAssociated {
            partner: partner_name(id),
            location: name(&row),
            freed_location: party.location.as_ref().map(name).unwrap_or_default(),
        };
        let event = Event::of(partner_name(id), What::PartnerIdAssociated(what));
        let former = party.location.as_ref().map(|it| it.number.clone()).unwrap_or_default();
        let event = event.changed("partner_id", former, &row.number);
        tx.record(
            event.changed("location_state", seen.state.as_str(), row.state.as_str()),
            &[party.company.id],
        );
        let location = Some(resource::location(&row)?);
        let party = Party { partner, location: Some(row), ..party };
        let partner = Some(resource::partner(&party));
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
