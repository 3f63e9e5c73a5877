//! Partners as the caller may read them: whole, in summary, or not at all.

use api::enrollment::v1::Partner;
use domain::{
    Error, Reach, Result,
    id::{PartnerId, partner_name},
};
use store::{Party, View};

use crate::resource;

/// The partner as the caller may read it: whole within its reach and where it administers the
/// company (R6), in summary where it is a counterpart; anybody else's is unknown.
pub async fn seen(view: &View, id: PartnerId) -> Result<Partner> {
    let partner = match view.party(id).await {
        Ok(party) => resource::partner(&party),
        Err(unknown) => {
            if !view.is_counterpart(id).await? {
                return Err(unknown);
            }
            let party = view.any_party(id).await?.ok_or_else(Error::not_found)?;
            match view.administered(&[id]).await?.contains(&id) {
                true => resource::partner(&party),
                false => resource::counterpart(&party),
            }
        }
    };
    with_external_ids(view, partner).await
}

/// Partners whose ids the caller may read.
pub async fn all_seen(view: &View, ids: &[PartnerId]) -> Result<Vec<Partner>> {
    let mut parties = view.any_parties(ids).await?;
    let names: Vec<String> = ids.iter().map(|it| partner_name(*it)).collect();
    let mut external_ids = view.own_external_ids(&names).await?;
    let administered = view.administered(ids).await?;
    let partners = ids.iter().filter_map(|id| {
        let party = parties.remove(id)?;
        let is_whole = is_own(view, &party) || administered.contains(id);
        let partner = match is_whole {
            true => resource::partner(&party),
            false => resource::counterpart(&party),
        };
        let external_ids = external_ids.remove(&partner.name).unwrap_or_default();
        Some(Partner { external_ids, ..partner })
    });
    Ok(partners.collect())
}

/// The partner, with what the caller's company calls it.
pub async fn with_external_ids(view: &View, partner: Partner) -> Result<Partner> {
    let mut found = view.own_external_ids(std::slice::from_ref(&partner.name)).await?;
    let external_ids = found.remove(&partner.name).unwrap_or_default();
    Ok(Partner { external_ids, ..partner })
}

fn is_own(view: &View, party: &Party) -> bool {
    match view.reach() {
        Reach::Everything => true,
        Reach::Company(company) => party.company.id == company,
        Reach::Nothing => false,
    }
}
