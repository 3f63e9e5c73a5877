//! Places of business as the caller may read them, and what becomes of those tied to others.

use api::enrollment::v1::Location;
use domain::{
    Error, Reach, Result,
    id::{CompanyId, location_name, location_numbers},
};
use store::{View, entity::location};

use crate::resource;

/// The place of this name within reach.
pub async fn named(view: &View, name: &str) -> Result<location::Model> {
    let (global, number) = location_numbers(name)?;
    let row = view.location(number).await?.filter(|it| it.global_number == global);
    row.ok_or_else(Error::not_found)
}

/// The places, without the names of others' accounts that codes let in.
pub async fn seen(view: &View, rows: &[location::Model]) -> Result<Vec<Location>> {
    let own = match view.reach() {
        Reach::Everything | Reach::Nothing => None,
        Reach::Company(company) => view.partner_of(company).await?.map(|it| it.id),
    };
    let sees_all = view.reach() == Reach::Everything;
    let rows = rows.iter().map(|row| {
        let location = resource::location(row)?;
        match sees_all || row.partner_id == own {
            true => Ok(location),
            false => Ok(Location { partner: String::new(), ..location }),
        }
    });
    rows.collect()
}

pub fn name(row: &location::Model) -> String {
    location_name(&row.global_number, &row.number)
}

/// Whom it concerns what becomes of a place: its owner, and the company whose account it is tied to.
pub async fn concerned(view: &View, row: &location::Model) -> Result<Vec<CompanyId>> {
    let mut companies = vec![row.company_id];
    if let Some(partner) = row.partner_id {
        let party = view.any_party(partner).await?.ok_or_else(Error::not_found)?;
        companies.extend(Some(party.company.id).filter(|it| *it != row.company_id));
    }
    Ok(companies)
}
