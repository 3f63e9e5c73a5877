//! What the company register has to say about an enrolment (E11).

use api::enrollment::v1::{RegisterAnswer, RegisterFindings, RegisterHit};
use domain::{Result, register};
use store::{
    CompanyKey, View,
    entity::{enrollment, register_company},
};

use crate::lookup_companies::company;

/// Whatever has a number that the enrolment states; else what is called so in its country.
pub async fn findings(view: &View, row: &enrollment::Model) -> Result<RegisterFindings> {
    if !view.has_register().await? {
        let answer = RegisterAnswer::NoRegister.into();
        return Ok(RegisterFindings { answer, hits: Vec::new() });
    }
    let region = row.region_code.as_str();
    let by_number = [
        CompanyKey::Duns(&row.duns_number),
        CompanyKey::Registration(region, &row.registration_id),
    ];
    let (found, answer) = match any_of(view, &by_number).await? {
        none if none.is_empty() => {
            let named = any_of(view, &[CompanyKey::Name(region, &row.legal_name)]).await?;
            (named, RegisterAnswer::ByName)
        }
        some => (some, RegisterAnswer::ByNumber),
    };
    let answer = if found.is_empty() { RegisterAnswer::None } else { answer };
    let stated = Stated::of(row)?;
    let hits = found.into_iter().map(|it| stated.beside(it)).collect();
    Ok(RegisterFindings { answer: answer.into(), hits })
}

/// Each company once, as many as one look-up answers.
async fn any_of(view: &View, keys: &[CompanyKey<'_>]) -> Result<Vec<register_company::Model>> {
    let mut found: Vec<register_company::Model> = Vec::new();
    for key in keys.iter().filter(|it| !it.is_empty()) {
        let mut new = view.lookup_companies(*key).await?.rows;
        new.retain(|it| found.iter().all(|known| known.n != it.n));
        found.extend(new);
    }
    found.truncate(store::COMPANIES_SHOWN);
    Ok(found)
}

/// What an enrolment states, in the spelling that is compared.
struct Stated<'a> {
    duns: &'a str,
    registration: String,
    name: String,
    region: &'a str,
    postal_code: String,
}

impl<'a> Stated<'a> {
    fn of(row: &'a enrollment::Model) -> Result<Self> {
        let postal_code = row.postal_address()?.map(|it| it.postal_code).unwrap_or_default();
        Ok(Self {
            duns: &row.duns_number,
            registration: register::registration_key(&row.registration_id),
            name: register::fold(&row.legal_name),
            region: &row.region_code,
            postal_code: register::registration_key(&postal_code),
        })
    }

    fn beside(&self, it: register_company::Model) -> RegisterHit {
        let same = |one: &str, other: &str| !one.is_empty() && one == other;
        let same_region = it.region_code == self.region;
        let postal_code = register::registration_key(&it.postal_code);
        RegisterHit {
            same_duns_number: same(self.duns, &it.duns_number),
            same_registration_id: same_region && same(&self.registration, &it.registration_key),
            same_legal_name: same(&self.name, &register::fold(&it.name)),
            same_region,
            same_postal_code: same_region && same(&self.postal_code, &postal_code),
            company: Some(company(it)),
        }
    }
}
