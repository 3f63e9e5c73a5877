//! Companies are looked up in the register, by one key.

use api::enrollment::v1::{
    LookupCompaniesRequest, LookupCompaniesResponse, RegisteredCompany, RegistrationId,
};
use domain::{Call, Error, Reason, Result, facts::RegionCode};
use store::{CompanyKey, entity::register_company};

use crate::Service;

pub async fn lookup_companies(
    service: &Service,
    call: &Call,
    req: LookupCompaniesRequest,
) -> Result<LookupCompaniesResponse> {
    let given = [&req.duns_number, &req.lei, &req.registration_id, &req.name];
    if given.iter().filter(|it| !it.is_empty()).count() != 1 {
        return Err(Error::new(Reason::ExactlyOneKey));
    }
    let needs_region = !req.name.is_empty() || !req.registration_id.is_empty();
    if needs_region && req.region_code.is_empty() {
        return Err(Error::field("region_code", "REQUIRED", "must be given with this key"));
    }
    let read = async |view: &store::View| {
        if !req.region_code.is_empty() {
            check_region(view, &req.region_code)?;
        }
        let key = match (&*req.duns_number, &*req.lei, &*req.registration_id) {
            ("", "", "") => CompanyKey::Name(&req.region_code, &req.name),
            ("", "", id) => CompanyKey::Registration(&req.region_code, id),
            ("", lei, _) => CompanyKey::Lei(lei),
            (duns, _, _) => CompanyKey::Duns(duns),
        };
        view.lookup_companies(key).await
    };
    let page = service.db.read(call, read).await?;
    let of_region = |it: &register_company::Model| {
        req.region_code.is_empty() || it.region_code == req.region_code
    };
    let companies = page.rows.into_iter().filter(of_region).map(company).collect();
    Ok(LookupCompaniesResponse { companies, has_more: page.has_more })
}

fn check_region(view: &store::View, code: &str) -> Result<()> {
    let unknown = || Error::new(Reason::CountryUnknown).with("regionCode", code);
    let region: RegionCode = code.parse().map_err(|_| unknown())?;
    let facts = view.facts();
    match facts.addresses.is_known(&region) || facts.markets.is_known(&region) {
        true => Ok(()),
        false => Err(unknown()),
    }
}

pub fn company(it: register_company::Model) -> RegisteredCompany {
    let registration_id =
        RegistrationId { r#type: it.registration_authority, value: it.registration_id };
    RegisteredCompany {
        legal_name: it.name,
        region_code: it.region_code,
        lei: it.lei,
        duns_number: it.duns_number,
        registration_id: Some(registration_id).filter(|it| !it.value.is_empty()),
        administrative_area: it.administrative_area,
        postal_code: it.postal_code,
        locality: it.locality,
        address_line: it.address_line,
        entity_status: it.status,
    }
}
