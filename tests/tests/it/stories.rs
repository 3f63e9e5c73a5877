//! The acceptance stories, to the second, as far as the RPCs that they need are built.

mod baker;
mod forwarded_invitation;
mod holds_the_keys;
mod long_bridge;
mod suspended_on_a_friday;

use api::enrollment::v1::{
    AddressChoice, LegalProfile, UpdateLegalProfileRequest, UpdateLegalProfileResponse,
};
use it::{
    World,
    cast::{Firm, address_in},
};
use tonic::Status;

/// A company that has just begun its enrolment; its contact will have this mail domain.
async fn begun(world: &World, stem: &str, region_code: &str, domain: &str) -> Firm {
    let anna = world.company(stem, region_code).await;
    let started = world.start(&anna).await;
    Firm {
        partner: started.partner.unwrap().name,
        enrollment: started.enrollment.unwrap().name,
        domain: domain.to_owned(),
        region_code: region_code.to_owned(),
        number: String::new(),
        anna,
    }
}

/// The legal profile with the firm's good address, some of it changed, and what comes of it.
async fn state_address(
    world: &World,
    firm: &Firm,
    choice: AddressChoice,
    change: impl FnOnce(&mut api::types::v1::PostalAddress),
) -> Result<UpdateLegalProfileResponse, Status> {
    let mut address = address_in(&firm.region_code);
    change(&mut address);
    let legal_profile = Some(LegalProfile {
        address: Some(address),
        address_choice: choice.into(),
        ..LegalProfile::default()
    });
    let name = firm.enrollment.clone();
    let request = UpdateLegalProfileRequest { name, legal_profile, ..Default::default() };
    let asked = firm.anna.asks(request);
    Ok(world.enrollment().update_legal_profile(asked).await?.into_inner())
}

/// The legal profile as it stands after a change.
fn profile(changed: &UpdateLegalProfileResponse) -> LegalProfile {
    changed.enrollment.clone().unwrap().legal_profile.unwrap()
}
