//! What becomes of ties: held, resumed, without a power or with it again, ended.

use api::relationships::v1::{
    EndCustomerRelationshipRequest, EndRelationshipRequest, GrantType, RestoreGrantRequest,
    ResumeRelationshipRequest, RevokeGrantRequest, SuspendRelationshipRequest,
};
use chrono::Duration;
use domain::consent;

use super::{Trade, acts::done};
use crate::{Persona, World, cast::yes};

impl Trade {
    /// A relationship, and who of it or of the platform acts.
    fn side(&mut self) -> Option<(String, Persona)> {
        let n = self.ties.len();
        let tie = self.ties.get(self.dice.usize(0..n.max(1)))?.clone();
        let who = match self.dice.u8(0..5) {
            0 => &self.operator,
            1 | 2 => &self.providers[tie.provider].anna,
            _ => &self.resellers[tie.reseller].anna,
        };
        Some((tie.name, who.clone()))
    }

    pub(super) async fn hold(&mut self, world: &World) {
        let Some((name, who)) = self.side() else { return };
        let reason = "unpaid bills".to_owned();
        let request = SuspendRelationshipRequest { name, reason, ..Default::default() };
        done(world.relationships().suspend_relationship(who.asks(request)).await);
    }

    /// Two of three holds are lifted at once, so that most of the time nothing is held.
    pub(super) async fn resume(&mut self, world: &World) {
        for tie in self.ties.clone() {
            for who in [
                &self.operator,
                &self.providers[tie.provider].anna,
                &self.resellers[tie.reseller].anna,
            ] {
                if self.dice.u8(0..3) > 0 {
                    let name = tie.name.clone();
                    let request = ResumeRelationshipRequest { name, ..Default::default() };
                    done(world.relationships().resume_relationship(who.asks(request)).await);
                }
            }
        }
    }

    pub(super) async fn revoke(&mut self, world: &World) {
        let Some((name, who)) = self.side() else { return };
        let grant_type = match self.dice.bool() {
            true => GrantType::OrderOnBehalf,
            false => GrantType::DelegatedAdmin,
        };
        let grant_type = grant_type.into();
        let request = RevokeGrantRequest { name, grant_type, ..Default::default() };
        done(world.relationships().revoke_grant(who.asks(request)).await);
    }

    pub(super) async fn restore(&mut self, world: &World) {
        for tie in self.ties.clone() {
            let end = world.clock.now() + Duration::minutes(self.dice.i64(1..30_000));
            let is_bounded = self.dice.u8(0..4) == 0;
            let expire_time = is_bounded.then(|| api::time(end.timestamp(), 0));
            let request = RestoreGrantRequest {
                name: tie.name,
                grant_type: GrantType::OrderOnBehalf.into(),
                consent: yes(consent::ORDER_ON_BEHALF),
                expire_time,
                ..Default::default()
            };
            let asked = self.resellers[tie.reseller].anna.asks(request);
            done(world.relationships().restore_grant(asked).await);
        }
    }

    pub(super) async fn part(&mut self, world: &World) {
        let Some((name, who)) = self.side() else { return };
        let reason = "another channel".to_owned();
        let request = EndRelationshipRequest { name, reason, ..Default::default() };
        done(world.relationships().end_relationship(who.asks(request)).await);
    }

    pub(super) async fn end_row(&mut self, world: &World) {
        let n = self.sales.len();
        let Some(sale) = self.sales.get(self.dice.usize(0..n.max(1))).cloned() else { return };
        let Some(name) = self.dice.choice(&sale.rows).cloned() else { return };
        let who = match self.dice.u8(0..3) {
            0 => &self.customers[sale.customer],
            1 => &self.providers[sale.provider].anna,
            _ => &self.resellers[sale.reseller].anna,
        };
        let reason = "moving on".to_owned();
        let request = EndCustomerRelationshipRequest { name, reason, ..Default::default() };
        done(world.relationships().end_customer_relationship(who.asks(request)).await);
    }
}
