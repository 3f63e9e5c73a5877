//! Which place of business a partner takes part by, its own or a lent one or none any more, and what
//! it is called.

use api::enrollment::v1::{
    AddLocationRequest, AssociatePartnerIdRequest, CreateAssociationCodeRequest, LegalProfile,
    Location, ReopenEnrollmentRequest, UpdateLegalProfileRequest, WithdrawEnrollmentRequest,
};
use api::types::v1::PostalAddress;

use super::{Trade, acts::done};
use crate::{
    World,
    cast::{Firm, address_in},
};

/// So many places has a firm at most; later it goes back and forth between them.
const MOST: usize = 3;

impl Trade {
    /// A place of the firm's that is not tied: one that it has, or a new one.
    async fn free_place(&mut self, world: &World, firm: &Firm) -> Option<Location> {
        let places = world.locations_of(firm).await;
        let free: Vec<&Location> = places.iter().filter(|it| !it.associated).collect();
        let found = self.dice.choice(&free).map(|it| (*it).clone());
        if places.len() >= MOST || (found.is_some() && self.dice.bool()) {
            return found;
        }
        let street = format!("Street {}", world.label("place"));
        let address_lines = vec![street.clone()];
        let address = PostalAddress { address_lines, ..address_in(&firm.region_code) };
        let (display_name, address) = (street, Some(address));
        let request = AddLocationRequest { display_name, address, ..Default::default() };
        done(world.enrollment().add_location(firm.anna.asks(request)).await)?.location
    }

    /// Another place of the firm's is tied, and the former one is free.
    pub(super) async fn tie_another(&mut self, world: &World, provider: usize, reseller: usize) {
        let is_provider = self.dice.u8(0..4) == 0;
        let firm = match is_provider {
            true => self.providers[provider].clone(),
            false => self.resellers[reseller].clone(),
        };
        let Some(place) = self.free_place(world, &firm).await else { return };
        let Some(number) = tie(world, &firm, &place, String::new()).await else { return };
        let firm = match is_provider {
            true => &mut self.providers[provider],
            false => &mut self.resellers[reseller],
        };
        firm.number = number;
    }

    /// A firm takes part by a place of another one, whose global admin lends it by a code.
    pub(super) async fn tie_lent(&mut self, world: &World) {
        // All of one country.
        let mut firms = [0, 2, 4, 5];
        self.dice.shuffle(&mut firms);
        let [lender, holder, ..] = firms.map(|it| self.resellers[it].clone());
        let Some(place) = self.free_place(world, &lender).await else { return };
        let name = place.name.clone();
        let request = CreateAssociationCodeRequest { name, ..Default::default() };
        let made = world.enrollment().create_association_code(lender.anna.asks(request)).await;
        let Some(made) = done(made) else { return };
        let Some(number) = tie(world, &holder, &place, made.code).await else { return };
        self.resellers[firms[1]].number = number;
    }

    /// What a firm is called changes, and nothing that it is asked about.
    pub(super) async fn rename(&mut self, world: &World, provider: usize, reseller: usize) {
        let firm = match self.dice.u8(0..3) {
            0 => &self.providers[provider],
            _ => &self.resellers[reseller],
        };
        let legal_name = format!("Called {}", self.dice.u32(..));
        let request = UpdateLegalProfileRequest {
            name: firm.enrollment.clone(),
            legal_profile: Some(LegalProfile { legal_name, ..LegalProfile::default() }),
            ..UpdateLegalProfileRequest::default()
        };
        done(world.enrollment().update_legal_profile(firm.anna.asks(request)).await);
    }

    /// The one that is in review withdraws, which frees its place, or begins anew.
    pub(super) async fn withdraw(&mut self, world: &World) {
        let (firm, name) = (&self.resellers[5], self.resellers[5].enrollment.clone());
        if self.dice.bool() {
            let request = WithdrawEnrollmentRequest { name, ..Default::default() };
            done(world.enrollment().withdraw_enrollment(firm.anna.asks(request)).await);
        } else {
            let request = ReopenEnrollmentRequest { name, ..Default::default() };
            done(world.enrollment().reopen_enrollment(firm.anna.asks(request)).await);
        }
    }
}

/// The PartnerID that the firm takes part by from now on, unless that is refused.
async fn tie(
    world: &World,
    firm: &Firm,
    place: &Location,
    association_code: String,
) -> Option<String> {
    let request = AssociatePartnerIdRequest {
        name: firm.enrollment.clone(),
        partner_id: place.partner_id.clone(),
        association_code,
        ..Default::default()
    };
    let tied = world.enrollment().associate_partner_id(firm.anna.asks(request)).await;
    Some(done(tied)?.location?.partner_id)
}
