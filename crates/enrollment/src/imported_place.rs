//! Places of business that an operator brings along with PartnerIDs given elsewhere (M4).

use api::types::v1::PostalAddress;
use domain::{
    Error, Language, Result, Violation,
    facts::{self, Facts},
    id::{CompanyId, last_id},
    location,
};
use event::{Event, LocationImported, event::Kind as What};
use store::{Tx, View, entity::location::Model};

use crate::{address::checked_address, get_enrollment_guide::known_region, places};

/// One place, as an operator states it.
#[derive(Clone, Debug)]
pub struct ImportedPlace {
    /// Whose: `companies/{company}`, or the prefix of its work accounts' domain.
    pub company: String,
    /// Its head office's PartnerID; empty for the one that the organisation has, or a new one.
    pub global_partner_id: String,
    pub partner_id: String,
    pub display_name: String,
    pub address: PostalAddress,
}

/// What an import does with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is added, ACTIVE.
    Added,
    /// It was here, and takes part from now on.
    Activated,
    /// It was here, ACTIVE.
    None,
}

impl ImportedPlace {
    /// What is wrong with it by itself, by the names of the columns and, for the address, of the
    /// contract.
    pub fn problems(&self, facts: &Facts) -> Vec<Violation> {
        match self.checked(facts) {
            Ok(_) => Vec::new(),
            Err(err) if err.violations.is_empty() => {
                let description = "is no country that addresses are known for".to_owned();
                let field = "address.region_code".to_owned();
                vec![Violation { field, reason: err.reason.as_str(), description }]
            }
            Err(err) => err.violations,
        }
    }

    fn checked(&self, facts: &Facts) -> Result<facts::PostalAddress> {
        if self.display_name.is_empty() {
            return Err(Error::field("display_name", "REQUIRED", "must be given"));
        }
        let region = known_region(facts, &self.address.region_code)?;
        checked_address(&self.address, "address", &region, facts, Language::English)
    }

    /// What importing it would do; refused by column where something here is in its way.
    pub async fn effect(&self, view: &View) -> Result<Effect> {
        let company = self.owner(view).await?;
        let organisation = view.organisation_of(company).await?;
        let global = self.global_partner_id.as_str();
        let own_global = organisation.as_ref().map(|it| it.global_number.as_str());
        if own_global.is_some_and(|it| !global.is_empty() && it != global) {
            let words = "the company's organisation has another";
            return Err(Error::field("global_partner_id", "MISMATCH", words));
        }
        let taken = |field| Error::field(field, "TAKEN", "the PartnerID is in use");
        if own_global.is_none() && !global.is_empty() && view.is_number_taken(global).await? {
            return Err(taken("global_partner_id"));
        }
        match view.any_location(&self.partner_id).await? {
            Some(row) if row.company_id != company => Err(taken("partner_id")),
            Some(row) if row.state == location::State::Active => Ok(Effect::None),
            Some(_) => Ok(Effect::Activated),
            None if view.is_number_taken(&self.partner_id).await? => Err(taken("partner_id")),
            None => {
                let address = self.checked(view.facts())?;
                let has_it = match &organisation {
                    Some(it) => view.has_location_at(it.id, &address).await?,
                    None => false,
                };
                if has_it {
                    let words = "the company has a location at this address";
                    return Err(Error::field("address", "TAKEN", words));
                }
                Ok(Effect::Added)
            }
        }
    }

    async fn owner(&self, view: &View) -> Result<CompanyId> {
        let unknown = || Error::field("company", "UNKNOWN", "there is no such company");
        let named = match self.company.strip_prefix("companies/") {
            Some(_) => view.any_company(last_id(&self.company).map_err(|_| unknown())?).await?,
            None => {
                let directory = &view.programme().directory_domain;
                view.any_company_by_domain(&format!("{}.{directory}", self.company)).await?
            }
        };
        Ok(named.ok_or_else(unknown)?.id)
    }

    /// Brings it in, as ACTIVE; a place that is here keeps what it says of itself.
    pub async fn import(&self, tx: &mut Tx) -> Result<Effect> {
        let effect = self.effect(tx).await?;
        let company = self.owner(tx).await?;
        let (former, row) = match effect {
            Effect::None => return Ok(effect),
            Effect::Activated => {
                let seen = tx.any_location(&self.partner_id).await?.ok_or_else(Error::not_found)?;
                let state = seen.state.after(location::Action::Activate)?;
                let row = tx.change_location(&seen, Model { state, ..seen.clone() }).await?;
                (seen.state.as_str(), row)
            }
            Effect::Added => {
                let address = self.checked(tx.facts())?;
                let global = Some(self.global_partner_id.as_str()).filter(|it| !it.is_empty());
                let organisation = tx.claim_organisation(company, global).await?;
                let (number, name) = (&self.partner_id, &self.display_name);
                ("", tx.import_location(&organisation, number, name, &address, None).await?)
            }
        };
        let what = LocationImported { location: places::name(&row) };
        let event = Event::of(places::name(&row), What::LocationImported(what));
        let concerned = places::concerned(tx, &row).await?;
        tx.record(event.changed("state", former, row.state.as_str()), &concerned);
        Ok(effect)
    }
}
