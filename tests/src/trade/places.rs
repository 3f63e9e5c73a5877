//! Which place of business a partner takes part by: another one is tied, or none any more.

use api::enrollment::v1::{
    AddLocationRequest, AssociatePartnerIdRequest, Location, ReopenEnrollmentRequest,
    WithdrawEnrollmentRequest,
};
use api::types::v1::PostalAddress;

use super::{Trade, acts::done};
use crate::{World, cast::address_in};

/// So many places has a firm at most; later it goes back and forth between them.
const MOST: usize = 3;

impl Trade {
    /// Another place of the firm's is tied, and the former one is free.
    pub(super) async fn tie_another(&mut self, world: &World, provider: usize, reseller: usize) {
        let is_provider = self.dice.u8(0..4) == 0;
        let firm = match is_provider {
            true => self.providers[provider].clone(),
            false => self.resellers[reseller].clone(),
        };
        let places = world.locations_of(&firm).await;
        let free: Vec<&Location> = places.iter().filter(|it| !it.associated).collect();
        let partner_id = match self.dice.choice(&free) {
            Some(place) if places.len() >= MOST || self.dice.bool() => place.partner_id.clone(),
            _ if places.len() >= MOST => return,
            _ => {
                let street = format!("Street {}", world.label("place"));
                let address_lines = vec![street.clone()];
                let address = PostalAddress { address_lines, ..address_in(&firm.region_code) };
                let (display_name, address) = (street, Some(address));
                let request = AddLocationRequest { display_name, address, ..Default::default() };
                let made = done(world.enrollment().add_location(firm.anna.asks(request)).await);
                let Some(place) = made.and_then(|it| it.location) else { return };
                place.partner_id
            }
        };
        let name = firm.enrollment.clone();
        let request = AssociatePartnerIdRequest { name, partner_id, ..Default::default() };
        let tied = done(world.enrollment().associate_partner_id(firm.anna.asks(request)).await);
        let Some(place) = tied.and_then(|it| it.location) else { return };
        let firm = match is_provider {
            true => &mut self.providers[provider],
            false => &mut self.resellers[reseller],
        };
        firm.number = place.partner_id;
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
