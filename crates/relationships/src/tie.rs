//! Relationships as the contract shows them: to each side, and once they are over as they were.

use std::collections::{BTreeMap, HashMap};

use api::{Word as _, relationships::v1};
use domain::{
    Error, Language, Reach, Result, Timestamp,
    consent::to_restore,
    id::{PartnerId, relationship_name},
    relationship::{Grant, GrantState, State},
};
use store::{
    Party, View,
    entity::{relationship, relationship_grant},
};

use crate::resource::{party, party_then};

/// Relationships with their parties and grants: five reads, however many there are.
pub async fn relationships(
    view: &View,
    rows: &[relationship::Model],
    language: Language,
) -> Result<Vec<v1::Relationship>> {
    let ids: Vec<PartnerId> = rows.iter().flat_map(|it| [it.provider_id, it.reseller_id]).collect();
    let parties = view.any_parties(&ids).await?;
    let of: Vec<_> = rows.iter().map(|it| it.id).collect();
    let grants = view.grants(&of).await?;
    let names: Vec<String> = of.into_iter().map(relationship_name).collect();
    let mut ids = view.own_external_ids(&names).await?;
    let shown = rows.iter().map(|row| {
        let grants = grants.get(&row.id).map_or(&[][..], Vec::as_slice);
        let shown = relationship(row, &parties, grants, view.now())?;
        let external_ids = ids.remove(&shown.name).unwrap_or_default();
        let grants = match may_restore(view, row) {
            true => restorable(shown.grants, language),
            false => shown.grants,
        };
        Ok(v1::Relationship { external_ids, grants, ..shown })
    });
    shown.collect()
}

/// Whether the caller is of the side that gives powers, while there is something to give them in.
fn may_restore(view: &View, row: &relationship::Model) -> bool {
    let is_reseller = view.reach() == Reach::Company(row.reseller_company_id);
    is_reseller && row.state != State::Ended
}

/// Grants, those that are over with what is stated to give them again (R6).
fn restorable(grants: Vec<v1::Grant>, language: Language) -> Vec<v1::Grant> {
    let with_statement = |it: v1::Grant| {
        let is_over = it.state() != v1::GrantState::Active;
        let kind = Grant::of(it.r#type().word()).filter(|_| is_over);
        let consent_statement = kind.map(|it| gate::statement(to_restore(it), language));
        v1::Grant { consent_statement, ..it }
    };
    grants.into_iter().map(with_statement).collect()
}

fn relationship(
    row: &relationship::Model,
    parties: &HashMap<PartnerId, Party>,
    grants: &[relationship_grant::Model],
    now: Timestamp,
) -> Result<v1::Relationship> {
    let of = |id: PartnerId| parties.get(&id).ok_or_else(Error::not_found);
    let (provider, reseller) = (of(row.provider_id)?, of(row.reseller_id)?);
    let both_active = provider.is_active() && reseller.is_active();
    let is_live = row.state == State::Active && both_active;
    let (provider, reseller) = match row.state {
        State::Active | State::Suspended => (party(provider), party(reseller)),
        State::Ended => (
            party_then(row.provider_then.as_deref(), provider)?,
            party_then(row.reseller_then.as_deref(), reseller)?,
        ),
    };
    Ok(v1::Relationship {
        name: relationship_name(row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        provider: Some(provider),
        reseller: Some(reseller),
        state: api::number::<v1::RelationshipState>(row.state.as_str()),
        grants: grants.iter().map(|it| grant(it, is_live, now)).collect(),
        end_time: row.end_time.map(gate::wire_time),
        held_by: row
            .holds()
            .sides()
            .into_iter()
            .filter(|_| row.state == State::Suspended)
            .map(|it| api::number::<v1::Holder>(it.as_str()))
            .collect(),
        external_ids: BTreeMap::new(),
    })
}

fn grant(it: &relationship_grant::Model, is_live: bool, now: Timestamp) -> v1::Grant {
    let state = it.state.at(it.expire_time, now);
    v1::Grant {
        r#type: api::number::<v1::GrantType>(it.kind.as_str()),
        state: api::number::<v1::GrantState>(state.as_str()),
        create_time: Some(gate::wire_time(it.create_time)),
        expire_time: it.expire_time.map(gate::wire_time),
        end_time: it.end_time.map(gate::wire_time),
        live: is_live && state == GrantState::Active,
        consent_statement: None,
    }
}
