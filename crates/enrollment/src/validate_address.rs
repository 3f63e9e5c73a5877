//! Somebody asks how an address stands, before giving it (E6).

use api::enrollment::v1::{ValidateAddressRequest, ValidateAddressResponse};
use domain::{Call, Error, Result};

use crate::{Service, address::reviewed, get_enrollment_guide::known_region, resource};

pub async fn validate_address(
    service: &Service,
    call: &Call,
    req: ValidateAddressRequest,
) -> Result<ValidateAddressResponse> {
    let facts = &*service.db.facts();
    let address = req.address.as_ref().ok_or_else(Error::not_found)?;
    known_region(facts, &address.region_code)?;
    let review = reviewed(&resource::domain_address(address), facts, call.language);
    Ok(ValidateAddressResponse { review: Some(review) })
}
