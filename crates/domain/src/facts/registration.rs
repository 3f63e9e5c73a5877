//! Says which countries demand a registration id of a company, and which ids they know.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FactsError, RegionCode, rows};

/// Registration ids by country (E5).
#[derive(Clone, Debug, Default)]
pub struct RegistrationIds {
    by_region: BTreeMap<RegionCode, RegistrationId>,
}

#[derive(Clone, Debug)]
struct RegistrationId {
    required: bool,
    types: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    region_code: RegionCode,
    required: bool,
    id_types: String,
}

impl RegistrationIds {
    /// Reads a table of `region_code,required,id_types`, the types separated by `;`.
    pub fn parse(csv: &str) -> Result<RegistrationIds, FactsError> {
        let rows: Vec<Row> = rows("registration_ids.csv", csv)?;
        let by_region = rows.into_iter().map(Row::into_entry).collect();
        Ok(RegistrationIds { by_region })
    }

    /// Whether a company of the country must give an id (REGISTRATION_ID_REQUIRED).
    pub fn required(&self, region: &RegionCode) -> bool {
        self.by_region.get(region).is_some_and(|it| it.required)
    }

    /// The types the country knows, any one of which will do; empty where we know none.
    pub fn types(&self, region: &RegionCode) -> &[String] {
        self.by_region.get(region).map_or(&[], |it| &it.types)
    }

    /// Whether the type is one of the country's, spelt as in the table; where we know none,
    /// any named type is (REGISTRATION_ID_TYPE_INVALID otherwise).
    pub fn accepts_type(&self, region: &RegionCode, id_type: &str) -> bool {
        match self.types(region) {
            [] => !id_type.trim().is_empty(),
            types => types.iter().any(|it| it == id_type),
        }
    }
}

impl Row {
    fn into_entry(self) -> (RegionCode, RegistrationId) {
        let types = self.id_types.split(';').map(str::trim).filter(|it| !it.is_empty());
        let types = types.map(str::to_owned).collect();
        (self.region_code, RegistrationId { required: self.required, types })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    fn region(code: &str) -> RegionCode {
        code.parse().unwrap()
    }

    #[test]
    fn brazil_demands_a_cnpj_and_spain_nothing() {
        let ids = &Facts::shipped().registration_ids;
        assert!(ids.required(&region("BR")));
        assert!(ids.accepts_type(&region("BR"), "CNPJ"));
        assert!(!ids.accepts_type(&region("BR"), "CPF"));
        assert!(!ids.required(&region("ES")));
        assert!(ids.types(&region("ES")).is_empty());
        assert!(ids.accepts_type(&region("ES"), "NIF"));
        assert!(!ids.accepts_type(&region("ES"), " "));
    }

    #[test]
    fn a_country_may_know_an_id_without_demanding_it() {
        let ids = &Facts::shipped().registration_ids;
        assert!(!ids.required(&region("US")));
        assert_eq!(["EIN"], ids.types(&region("US")));
    }

    #[test]
    fn any_one_of_several_types_will_do() {
        let ids = &Facts::shipped().registration_ids;
        assert_eq!(["Tax ID", "VAT number"], ids.types(&region("AE")));
        assert!(ids.accepts_type(&region("AE"), "VAT number"));
    }
}
