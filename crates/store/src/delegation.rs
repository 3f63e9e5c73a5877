//! What a live DELEGATED_ADMIN opens: to the provider's ADMIN_AGENT its reseller's company, to be read
//! (R6). Asked on each call, so that it is gone with the next one.

use std::collections::{HashMap, HashSet};

use domain::{
    Reach, Result, Role,
    id::{CompanyId, PartnerId},
    partner::Kind,
    readiness::{self, Requirement, Turn},
    relationship::State,
};

use crate::{
    Party, View,
    channel::{Pair, Tie},
};

impl View {
    /// Those of the partners whose companies the caller administers by a live DELEGATED_ADMIN: in
    /// force, of a relationship that is ACTIVE, both partners ACTIVE (M7).
    pub async fn administered(&self, ids: &[PartnerId]) -> Result<HashSet<PartnerId>> {
        let none = HashSet::new();
        let Some(company) = self.administers_for() else {
            return Ok(none);
        };
        let Some(own) = self.any_partner_of(company).await? else {
            return Ok(none);
        };
        let others = ids.iter().copied().filter(|it| *it != own.id);
        let ids: Vec<PartnerId> = others.clone().chain([own.id]).collect();
        let parties = self.any_parties(&ids).await?;
        let is = |id: PartnerId, kind: Kind| {
            parties.get(&id).is_some_and(|it| it.partner.kind == kind && it.is_active())
        };
        if !is(own.id, Kind::Provider) {
            return Ok(none);
        }
        let pairs: Vec<Pair> =
            others.filter(|it| is(*it, Kind::Reseller)).map(|it| (own.id, it)).collect();
        let ties = self.any_ties(&pairs).await?;
        let is_live = |tie: &Tie| tie.relationship.state == State::Active && tie.has_admin_grant;
        Ok(ties.into_iter().filter(|(_, it)| is_live(it)).map(|((_, id), _)| id).collect())
    }

    /// A partner that the caller administers, to be read whole.
    pub async fn administered_party(&self, id: PartnerId) -> Result<Option<Party>> {
        match self.administered(&[id]).await?.contains(&id) {
            true => self.any_party(id).await,
            false => Ok(None),
        }
    }

    /// Whether the caller administers this company.
    pub(crate) async fn administers_company(&self, company: CompanyId) -> Result<bool> {
        match self.any_partner_id_of(company).await? {
            Some(id) => Ok(self.administered(&[id]).await?.contains(&id)),
            None => Ok(false),
        }
    }

    /// The company for which the caller may administer others at all: a provider's, as ADMIN_AGENT.
    fn administers_for(&self) -> Option<CompanyId> {
        let caller = self.caller().principal().filter(|it| !it.as_platform)?;
        let is_agent = caller.roles.contains(&Role::AdminAgent);
        (is_agent && caller.partner == Some(Kind::Provider)).then_some(caller.company)
    }

    /// What keeps a provider from administering a reseller, as far as the caller may know: the
    /// platform everything, a party its own part, and everybody else the one answer that unknown ids
    /// get too, as with orders (R10).
    pub async fn delegation_blockers(
        &self,
        provider: PartnerId,
        reseller: PartnerId,
    ) -> Result<Vec<Requirement>> {
        let mut parties: HashMap<PartnerId, Party> =
            self.any_parties(&[provider, reseller]).await?;
        let mut take = |id, kind| parties.remove(&id).filter(|it| it.partner.kind == kind);
        let (Some(provider), Some(reseller)) =
            (take(provider, Kind::Provider), take(reseller, Kind::Reseller))
        else {
            return Ok(readiness::never_connected());
        };
        let (tie, is_invited) = self.tie(&provider, &reseller).await?;
        let bond = Tie::bond(tie.as_ref(), is_invited);
        let has_grant = tie.as_ref().is_some_and(|it| it.has_admin_grant);
        let are_active = (provider.is_active(), reseller.is_active());
        let blockers = readiness::delegated_administration(are_active, bond, has_grant);
        let turn = match self.reach() {
            Reach::Everything => return Ok(blockers),
            Reach::Company(it) if it == provider.company.id => Turn::Provider,
            Reach::Company(it) if it == reseller.company.id => Turn::Reseller,
            Reach::Company(_) | Reach::Nothing => return Ok(readiness::never_connected()),
        };
        match tie.is_some() {
            true => Ok(readiness::as_shown_to(turn, blockers)),
            false => Ok(readiness::never_connected()),
        }
    }
}
