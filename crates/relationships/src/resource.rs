//! Parties, invitations and customers as the contract shows them.

use std::collections::{BTreeMap, HashMap};

use api::relationships::v1;
use domain::{
    Error, Reach, Result, Timestamp,
    id::{
        CompanyId, PartnerId, customer_invitation_name, customer_name, customer_relationship_name,
        invitation_name, partner_name, relationship_name,
    },
    invitation::State as Invited,
    link::Purpose,
    mail::Delivery,
    relationship::CustomerState,
};
use store::{
    Party, PartyThen, View,
    entity::{customer_invitation, customer_relationship, invitation},
};

pub fn party(it: &Party) -> v1::Party {
    v1::Party {
        partner: partner_name(it.partner.id),
        display_name: it.company.display_name.clone(),
        legal_name: it.legal_name().to_owned(),
        region_code: it.company.region_code.clone(),
        partner_id: it.location.as_ref().map(|it| it.number.clone()).unwrap_or_default(),
        active: it.is_active(),
    }
}

/// A party as it was when what it was part of ended.
pub fn party_then(kept: Option<&str>, now: &Party) -> Result<v1::Party> {
    let then = PartyThen::kept(kept, now)?;
    Ok(v1::Party {
        partner: partner_name(now.partner.id),
        display_name: then.display_name,
        legal_name: then.legal_name,
        region_code: then.region_code,
        partner_id: then.number,
        active: then.is_active,
    })
}

/// Invitations as the caller sees them: how far the mail has come is for who sent it.
pub async fn invitations(view: &View, rows: &[invitation::Model]) -> Result<Vec<v1::Invitation>> {
    let subjects = rows.iter().map(|it| it.id.0).collect();
    let deliveries = view.any_deliveries_for(Purpose::Invitation, subjects).await?;
    let names: Vec<String> = rows.iter().map(|it| invitation_name(it.id)).collect();
    let mut ids = view.own_external_ids(&names).await?;
    let shown = rows.iter().map(|row| {
        let delivery = deliveries.get(&row.id.0).filter(|_| is_own(view, row.provider_company_id));
        let shown = invitation(row, delivery.copied(), view.now());
        v1::Invitation { external_ids: ids.remove(&shown.name).unwrap_or_default(), ..shown }
    });
    Ok(shown.collect())
}

/// Customer invitations as the caller sees them.
pub async fn customer_invitations(
    view: &View,
    rows: &[customer_invitation::Model],
) -> Result<Vec<v1::CustomerInvitation>> {
    let subjects = rows.iter().map(|it| it.id.0).collect();
    let deliveries = view.any_deliveries_for(Purpose::CustomerInvitation, subjects).await?;
    let names: Vec<String> = rows.iter().map(|it| customer_invitation_name(it.id)).collect();
    let mut ids = view.own_external_ids(&names).await?;
    let groundless = view.any_groundless(rows).await?;
    let shown = rows.iter().map(|row| {
        let delivery = deliveries.get(&row.id.0).filter(|_| is_own(view, row.reseller_company_id));
        let over = customer_invitation::Model { state: Invited::Cancelled, ..row.clone() };
        let row = if groundless.contains(&row.id) { &over } else { row };
        let shown = customer_invitation(row, delivery.copied(), view.now());
        let external_ids = ids.remove(&shown.name).unwrap_or_default();
        v1::CustomerInvitation { external_ids, ..shown }
    });
    Ok(shown.collect())
}

fn is_own(view: &View, company: CompanyId) -> bool {
    match view.reach() {
        Reach::Everything => true,
        Reach::Company(own) => own == company,
        Reach::Nothing => false,
    }
}

/// An invitation with what is known of its mail.
pub fn invitation(
    row: &invitation::Model,
    delivery: Option<Delivery>,
    now: Timestamp,
) -> v1::Invitation {
    v1::Invitation {
        name: invitation_name(row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        provider: partner_name(row.provider_id),
        state: invitation_state(row.state.at(row.expire_time, now)),
        email: row.email.clone(),
        company_name: row.company_name.clone(),
        partner_id: row.named_number.clone(),
        grants_expire_time: row.grants_expire_time.map(gate::wire_time),
        language_code: row.language_code.clone(),
        message: row.message.clone(),
        expire_time: Some(gate::wire_time(row.expire_time)),
        delivery_state: delivery_state(delivery),
        relationship: row.relationship_id.map(relationship_name).unwrap_or_default(),
        external_ids: BTreeMap::new(),
    }
}

fn invitation_state(it: domain::invitation::State) -> i32 {
    api::number::<v1::InvitationState>(it.as_str())
}

fn delivery_state(it: Option<Delivery>) -> i32 {
    it.map(|it| api::number::<v1::DeliveryState>(it.as_str())).unwrap_or_default()
}

/// A customer invitation with what is known of its mail.
pub fn customer_invitation(
    row: &customer_invitation::Model,
    delivery: Option<Delivery>,
    now: Timestamp,
) -> v1::CustomerInvitation {
    v1::CustomerInvitation {
        name: customer_invitation_name(row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        reseller: partner_name(row.reseller_id),
        provider: partner_name(row.provider_id),
        state: invitation_state(row.state.at(row.expire_time, now)),
        email: row.email.clone(),
        company_name: row.company_name.clone(),
        language_code: row.language_code.clone(),
        message: row.message.clone(),
        expire_time: Some(gate::wire_time(row.expire_time)),
        delivery_state: delivery_state(delivery),
        customer: row.customer_id.map(customer_name).unwrap_or_default(),
        external_ids: BTreeMap::new(),
    }
}

/// Customers, each with the rows that the caller sees.
pub async fn customers(
    view: &View,
    all: &[Vec<customer_relationship::Model>],
) -> Result<Vec<v1::Customer>> {
    let names = all.iter().filter_map(|rows| rows.last().map(|it| customer_name(it.customer_id)));
    let names: Vec<String> = names.collect();
    let mut ids = view.own_external_ids(&names).await?;
    let shown = all.iter().map(|rows| {
        let name = rows.last().map(|it| customer_name(it.customer_id)).unwrap_or_default();
        customer(rows, ids.remove(&name).unwrap_or_default())
    });
    shown.collect()
}

/// A customer with the rows that the caller sees, at least one, and what the caller calls it.
pub fn customer(
    rows: &[customer_relationship::Model],
    external_ids: BTreeMap<String, String>,
) -> Result<v1::Customer> {
    let newest = rows.last().ok_or_else(Error::not_found)?;
    Ok(v1::Customer {
        name: customer_name(newest.customer_id),
        display_name: newest.customer_name.clone(),
        region_code: newest.customer_region_code.clone(),
        relationships: rows.iter().map(row).collect(),
        external_ids,
    })
}

pub fn row(it: &customer_relationship::Model) -> v1::CustomerRelationship {
    v1::CustomerRelationship {
        name: customer_relationship_name(it.id),
        create_time: Some(gate::wire_time(it.create_time)),
        partner: partner_name(it.partner_id),
        via_reseller: partner_name(it.via_id),
        state: api::number::<v1::CustomerRelationshipState>(it.state.as_str()),
        end_time: it.end_time.map(gate::wire_time),
    }
}

/// A partner as its customer sees it.
pub fn customer_partner(
    it: &customer_relationship::Model,
    parties: &HashMap<PartnerId, Party>,
) -> Result<v1::CustomerPartner> {
    let partner = parties.get(&it.partner_id).ok_or_else(Error::not_found)?;
    let partner = match it.state {
        CustomerState::Active => party(partner),
        CustomerState::Ended => party_then(it.partner_then.as_deref(), partner)?,
    };
    Ok(v1::CustomerPartner {
        name: customer_relationship_name(it.id),
        create_time: Some(gate::wire_time(it.create_time)),
        partner: Some(partner),
        via_reseller: partner_name(it.via_id),
        state: api::number::<v1::CustomerRelationshipState>(it.state.as_str()),
        end_time: it.end_time.map(gate::wire_time),
    })
}
