//! How the firms of a channel stand: flags, places, signatures, and the market table.

use api::{
    agreements::v1::{CreateAgreementVersionRequest, NewDocument, PublishAgreementVersionRequest},
    enrollment::v1::{
        ActivateLocationRequest, DeactivateLocationRequest, DeauthorizePartnerRequest,
        ReinstatePartnerRequest, SuspendPartnerRequest,
    },
};
use chrono::Duration;
use domain::facts::Table;

use super::{SHIPPED, Trade, acts::done};
use crate::World;

impl Trade {
    pub(super) async fn flag(&mut self, world: &World, reseller: usize, is_suspended: bool) {
        let name = match self.dice.u8(0..3) {
            0 => self.providers[self.dice.usize(0..2)].partner.clone(),
            _ => self.resellers[reseller].partner.clone(),
        };
        self.put_flag(world, name, is_suspended).await;
    }

    async fn put_flag(&self, world: &World, name: String, is_suspended: bool) {
        let reason = "unpaid bills".to_owned();
        if is_suspended {
            let request = SuspendPartnerRequest { name, reason, ..Default::default() };
            done(world.enrollment().suspend_partner(self.operator.asks(request)).await);
        } else {
            let request = ReinstatePartnerRequest { name, reason, ..Default::default() };
            done(world.enrollment().reinstate_partner(self.operator.asks(request)).await);
        }
    }

    pub(super) async fn reinstate_all(&mut self, world: &World) {
        let firms = self.providers.iter().chain(&self.resellers);
        for name in firms.map(|it| it.partner.clone()).collect::<Vec<_>>() {
            self.put_flag(world, name, false).await;
        }
    }

    pub(super) async fn deauthorize(&mut self, world: &World) {
        // For good: only the one that sells least.
        if self.dice.u8(0..20) == 0 {
            let (name, reason) = (self.resellers[3].partner.clone(), "fraud".to_owned());
            let request = DeauthorizePartnerRequest { name, reason, ..Default::default() };
            done(world.enrollment().deauthorize_partner(self.operator.asks(request)).await);
        }
    }

    pub(super) async fn place(&mut self, world: &World, reseller: usize, is_open: bool) {
        let firm = match self.dice.u8(0..3) {
            0 => &self.providers[1],
            _ => &self.resellers[reseller],
        };
        for it in world.locations_of(firm).await {
            let (name, reason) = (it.name, "checked by hand".to_owned());
            if is_open {
                let request = ActivateLocationRequest { name, reason, ..Default::default() };
                done(world.enrollment().activate_location(self.operator.asks(request)).await);
            } else {
                let request = DeactivateLocationRequest { name, reason, ..Default::default() };
                done(world.enrollment().deactivate_location(self.operator.asks(request)).await);
            }
        }
    }

    pub(super) async fn open_all(&mut self, world: &World) {
        for reseller in 0..self.resellers.len() {
            self.place(world, reseller, true).await;
        }
    }

    pub(super) async fn sign(&mut self, world: &World, reseller: usize) {
        let firm = match self.dice.u8(0..4) {
            0 => &self.providers[2],
            _ => &self.resellers[reseller],
        };
        let request = world.signature(firm).await;
        done(world.agreements().accept_agreement(firm.anna.asks(request)).await);
    }

    pub(super) async fn sign_all(&mut self, world: &World) {
        for reseller in 0..self.resellers.len() {
            self.sign(world, reseller).await;
        }
        for firm in [&self.providers[0], &self.providers[1]] {
            let request = world.signature(firm).await;
            done(world.agreements().accept_agreement(firm.anna.asks(request)).await);
        }
    }

    /// A new version that has to be accepted anew within 30 days; half of the time those pass.
    pub(super) async fn ask_anew(&mut self, world: &World) {
        let kind = if self.dice.bool() { "reseller" } else { "provider" };
        let document = NewDocument {
            language_code: "en".to_owned(),
            media_type: "text/markdown".to_owned(),
            content: format!("terms {}", self.dice.u64(..)).into_bytes(),
        };
        let request = CreateAgreementVersionRequest {
            parent: format!("agreements/{kind}"),
            display_name: "2026-11".to_owned(),
            documents: vec![document],
            ..Default::default()
        };
        let asked = self.publisher.asks(request);
        let made = done(world.agreements().create_agreement_version(asked).await).unwrap();
        let in_days = |n: i64| prost_types::Duration { seconds: n * 86_400, nanos: 0 };
        let later = world.clock.now() + Duration::hours(2);
        let effective_time = self.dice.bool().then(|| api::time(later.timestamp(), 0));
        let request = PublishAgreementVersionRequest {
            name: made.agreement_version.unwrap().name,
            effective_time,
            grace_period: Some(in_days(30)),
            ..Default::default()
        };
        let asked = self.publisher.asks(request);
        done(world.agreements().publish_agreement_version(asked).await);
        if self.dice.bool() {
            let days = if self.dice.bool() { 20 } else { 31 };
            world.clock.advance(Duration::days(days));
            self.renew(world).await;
            for firm in self.providers[..2].iter().chain(&self.resellers[..3]) {
                if self.dice.u8(0..4) > 0 {
                    let request = world.signature(firm).await;
                    done(world.agreements().accept_agreement(firm.anna.asks(request)).await);
                }
            }
        }
    }

    /// A table in which one country is elsewhere, or nowhere.
    pub(super) async fn move_markets(&mut self, world: &World) {
        let country = *self.dice.choice(&["ES", "CH", "DE", "US"]).unwrap();
        let region = *self.dice.choice(&["", "EUROPE", "UNITED_STATES"]).unwrap();
        let line = |it: &str| match (it.starts_with(&format!("{country},")), region) {
            (false, _) => format!("{it}\n"),
            (true, "") => String::new(),
            (true, region) => format!("{country},Somewhere,{region},EUR\n"),
        };
        let table: String = SHIPPED.lines().map(line).collect();
        self.import(world, table).await;
    }

    pub(super) async fn import(&mut self, world: &World, table: String) {
        if self.markets != table {
            let kind = imports::Kind::Table(Table::Markets);
            world.import(kind, &table).await.unwrap();
            self.markets = table;
        }
    }
}
