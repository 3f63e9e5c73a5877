//! What an asker learns of companies' agreements, with a fixed number of reads however many they are;
//! recorded, and bounded where they are strangers (A7).

use std::collections::HashMap;

use api::agreements::v1::{self, AgreementStatusKey};
use domain::{
    Call, Error, Reach, Reason, Result,
    agreement_status::{AgreementStatus, Subject, check_daily},
    facts::RegionCode,
    id::{CompanyId, PartnerId, company_name},
};
use event::{AgreementStatusChecked, Event, event::Kind as What};
use store::{Party, Tx};

use crate::Service;

/// A company as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Number(String),
    Tenant(String),
}

/// The status of each, in the order of the keys.
pub async fn ask(service: &Service, call: &Call, keys: &[AgreementStatusKey]) -> Result<Vec<i32>> {
    let keys: Vec<Key> = keys.iter().map(key).collect::<Result<_>>()?;
    let company = call.caller.principal().ok_or_else(Error::not_found)?.company;
    let write = async |tx: &mut Tx| {
        let found = subjects(tx, &keys).await?;
        let asker = asker(tx, company).await?;
        let known = match &asker {
            None => None,
            Some(asker) => Some(known_to(tx, asker, &found).await?),
        };
        let (mut statuses, mut n_strangers) = (Vec::new(), 0);
        for it in &keys {
            let party = found.get(it);
            let subject = party.map(|it| subject(tx, asker.as_ref(), it)).transpose()?;
            let status = AgreementStatus::of(subject.as_ref());
            let is_known =
                |party: &Party| known.as_ref().is_none_or(|them| them.contains(&party.partner.id));
            let is_stranger = known.is_some() && !party.is_some_and(is_known);
            n_strangers += i64::from(is_stranger);
            let shown = if is_stranger { status.to_a_stranger() } else { status };
            statuses.push(api::number::<v1::AgreementStatus>(shown.as_str()));
        }
        if n_strangers > 0 {
            check_daily(tx.count_agreement_checks(company, n_strangers).await?, tx.now())?;
        }
        record(tx, company, &keys);
        Ok(Statuses { statuses })
    };
    Ok(service.db.write(call, write).await?.statuses)
}

/// What the write answers.
#[derive(Clone, PartialEq, prost::Message)]
struct Statuses {
    #[prost(int32, repeated, tag = "1")]
    statuses: Vec<i32>,
}

fn key(it: &AgreementStatusKey) -> Result<Key> {
    match (it.partner_id.as_str(), it.tenant.as_str()) {
        ("", "") => Err(Error::new(Reason::ExactlyOneKey)),
        (number, "") => Ok(Key::Number(number.to_owned())),
        ("", tenant) => Ok(Key::Tenant(tenant.to_ascii_lowercase())),
        (_, _) => Err(Error::new(Reason::ExactlyOneKey)),
    }
}

/// The partners behind the keys; a key that is nobody's is left out.
async fn subjects(tx: &Tx, keys: &[Key]) -> Result<HashMap<Key, Party>> {
    let (mut numbers, mut tenants) = (Vec::new(), Vec::new());
    for it in keys {
        match it {
            Key::Number(number) => numbers.push(number.clone()),
            Key::Tenant(tenant) => tenants.push(tenant.clone()),
        }
    }
    let by_number = tx.any_partners_with_numbers(&numbers).await?;
    let by_tenant = tx.any_partners_of_domains(&tenants).await?;
    let by_number = by_number.into_iter().map(|(it, id)| (Key::Number(it), id));
    let by_tenant = by_tenant.into_iter().map(|(it, id)| (Key::Tenant(it), id));
    let found: Vec<(Key, PartnerId)> = by_number.chain(by_tenant).collect();
    let ids: Vec<PartnerId> = found.iter().map(|(_, id)| *id).collect();
    let parties = tx.any_parties(&ids).await?;
    let with_party = |(key, id): (Key, PartnerId)| Some((key, parties.get(&id)?.clone()));
    Ok(found.into_iter().filter_map(with_party).collect())
}

/// The asking provider; nobody where the platform asks.
async fn asker(tx: &Tx, company: CompanyId) -> Result<Option<Party>> {
    if tx.reach() == Reach::Everything {
        return Ok(None);
    }
    let own = tx.partner_of(company).await?.ok_or_else(Error::not_found)?;
    Ok(Some(tx.party(own.id).await?))
}

/// Of whom the provider learns the reason: its own resellers, and whom it invited by PartnerID.
async fn known_to(tx: &Tx, asker: &Party, found: &HashMap<Key, Party>) -> Result<Vec<PartnerId>> {
    let ids: Vec<PartnerId> = found.values().map(|it| it.partner.id).collect();
    let own = tx.any_own_resellers(asker.partner.id, &ids).await?;
    let number = |it: &Party| it.location.as_ref().map(|it| it.number.clone());
    let numbers: Vec<String> = found.values().filter_map(number).collect();
    let invited = tx.any_numbers_invited(asker.partner.id, &numbers).await?;
    let is_known = |it: &&Party| {
        own.contains(&it.partner.id) || number(it).is_some_and(|it| invited.contains(&it))
    };
    Ok(found.values().filter(is_known).map(|it| it.partner.id).collect())
}

fn subject(tx: &Tx, asker: Option<&Party>, it: &Party) -> Result<Subject> {
    let is_in_region = match asker {
        None => true,
        Some(asker) => {
            let (own, other): (RegionCode, RegionCode) = (asker.region()?, it.region()?);
            tx.facts().markets.same_region(&own, &other)
        }
    };
    Ok(Subject { kind: it.partner.kind, standing: it.standing(), is_in_region })
}

fn record(tx: &mut Tx, company: CompanyId, keys: &[Key]) {
    let words = keys.iter().map(|it| match it {
        Key::Number(it) | Key::Tenant(it) => it.clone(),
    });
    let what = AgreementStatusChecked { keys: words.collect() };
    let event = Event::of(company_name(company), What::AgreementStatusChecked(what));
    tx.record(event, &[company]);
}
