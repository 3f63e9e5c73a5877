//! What is known of companies together, for the goals between them: reads by key, one snapshot.

use domain::{
    Caller, Error, Result,
    facts::{Facts, RegionCode},
    id::{CompanyId, PartnerId},
    readiness::{
        self, AcceptProvider, Bond, Channel, CustomerPart, Goal, PartnerFacts, Region, Requirement,
        Turn,
    },
    relationship::{CustomerState, Grant, GrantState},
};

use crate::{
    Party, View,
    entity::{company, invitation},
};

/// A provider, a reseller and a customer, with all that an order is decided by.
#[derive(Debug)]
pub struct Trade {
    pub provider: Party,
    pub reseller: Party,
    pub customer: company::Model,
    pub channel: Channel,
    pub part: CustomerPart,
    /// The two partners are or were connected.
    pub were_connected: bool,
    pub served_by: ServedBy,
}

/// Who serves or served a customer, via whomever: who knows of it.
#[derive(Clone, Copy, Debug)]
pub struct ServedBy {
    pub provider: bool,
    pub reseller: bool,
}

impl View {
    /// A provider and a reseller together, and whether they are or ever were connected.
    pub async fn channel(&self, provider: &Party, reseller: &Party) -> Result<(Channel, bool)> {
        let (provider_id, reseller_id) = (provider.partner.id, reseller.partner.id);
        let history = self.any_relationships_of(provider_id, reseller_id).await?;
        let mut bond = history.last().map_or(Bond::None { invited: false }, |it| it.bond());
        if let (Bond::None { .. }, Some(location)) = (bond, &reseller.location) {
            let number = location.number.as_str();
            let pending = self.any_pending_invitations(provider_id, number).await?;
            bond = Bond::None { invited: pending.iter().any(|it| self.now() < it.expire_time) };
        }
        let grants = match history.last() {
            None => Vec::new(),
            Some(it) => self.grants(&[it.id]).await?.remove(&it.id).unwrap_or_default(),
        };
        let is_in_force = |it: &crate::entity::relationship_grant::Model| {
            it.kind == Grant::OrderOnBehalf
                && it.state.at(it.expire_time, self.now()) == GrantState::Active
        };
        let channel = Channel {
            is_provider_active: provider.is_active(),
            is_reseller_active: reseller.is_active(),
            bond,
            has_order_grant: grants.iter().any(is_in_force),
            region: region(self.facts(), &provider.region()?, &reseller.region()?),
        };
        Ok((channel, !history.is_empty()))
    }

    /// A customer with the two, and which of them it is or was a customer of; without a reseller the
    /// provider's row counts via any.
    pub async fn customer_part(
        &self,
        customer: &company::Model,
        provider: &Party,
        reseller: Option<&Party>,
    ) -> Result<(CustomerPart, ServedBy)> {
        let provider_id = provider.partner.id;
        let of_provider = self.any_customer_rows(customer.id, provider_id).await?;
        let of_reseller = match reseller {
            None => Vec::new(),
            Some(it) => self.any_customer_rows(customer.id, it.partner.id).await?,
        };
        let is_active =
            |it: &&crate::entity::customer_relationship::Model| it.state == CustomerState::Active;
        let counts = |via: PartnerId| reseller.is_none_or(|it| it.partner.id == via);
        let own = self.any_partner_of(customer.id).await?;
        let is_side = customer.id == provider.company.id
            || reseller.is_some_and(|it| it.company.id == customer.id);
        let is_partner = match own {
            _ if is_side => true,
            None => false,
            Some(it) => self.any_standing_relationship(provider_id, it.id).await?.is_some(),
        };
        let country: RegionCode = customer.region_code.parse().map_err(Error::internal)?;
        let attested = self.any_attestation(customer.id, provider_id).await?;
        let part = CustomerPart {
            is_partner,
            region: region(self.facts(), &provider.region()?, &country),
            has_reseller: of_reseller.iter().any(|it| is_active(&it)),
            has_provider: of_provider.iter().filter(is_active).any(|it| counts(it.via_id)),
            has_agreement: attested
                .is_some_and(|it| it.state == domain::agreement::AttestationState::Attested),
        };
        let (provider, reseller) = (!of_provider.is_empty(), !of_reseller.is_empty());
        Ok((part, ServedBy { provider, reseller }))
    }

    /// All that an order is decided by; nothing if one of the three is unknown or of another kind.
    pub async fn any_trade(
        &self,
        provider: PartnerId,
        reseller: PartnerId,
        customer: CompanyId,
    ) -> Result<Option<Trade>> {
        let mut parties = self.any_parties(&[provider, reseller]).await?;
        let (provider, reseller) = (parties.remove(&provider), parties.remove(&reseller));
        let provider = provider.filter(|it| it.partner.kind == domain::partner::Kind::Provider);
        let reseller = reseller.filter(|it| it.partner.kind == domain::partner::Kind::Reseller);
        let customer = self.any_company(customer).await?;
        let (Some(provider), Some(reseller), Some(customer)) = (provider, reseller, customer)
        else {
            return Ok(None);
        };
        let (channel, were_connected) = self.channel(&provider, &reseller).await?;
        let (part, served_by) = self.customer_part(&customer, &provider, Some(&reseller)).await?;
        let (provider, reseller, customer) = (provider, reseller, customer);
        Ok(Some(Trade { provider, reseller, customer, channel, part, were_connected, served_by }))
    }

    /// What blocks an order, as far as the caller may know (R10): the platform everything, a party
    /// its own part, and everybody else the one answer that unknown ids get too.
    pub async fn order_blockers(
        &self,
        goal: Goal,
        provider: PartnerId,
        reseller: PartnerId,
        customer: CompanyId,
    ) -> Result<Vec<Requirement>> {
        let Some(trade) = self.any_trade(provider, reseller, customer).await? else {
            return Ok(readiness::never_connected());
        };
        let unmet = match goal == Goal::ManageExisting {
            true => readiness::manage_existing(&trade.part),
            false => readiness::place_order(&trade.channel, &trade.part),
        };
        let Caller::User(user) = self.caller() else {
            return Ok(unmet);
        };
        if user.roles.iter().any(|it| it.sees_everything()) {
            return Ok(unmet);
        }
        let served_by = trade.served_by;
        let (turn, knows_customer) = match user.company {
            it if it == trade.provider.company.id => (Turn::Provider, served_by.provider),
            it if it == trade.reseller.company.id => (Turn::Reseller, served_by.reseller),
            it if it == trade.customer.id => {
                (Turn::Customer, served_by.provider || served_by.reseller)
            }
            _ => return Ok(readiness::never_connected()),
        };
        match trade.were_connected && knows_customer {
            true => Ok(readiness::as_shown_to(turn, unmet)),
            false => Ok(readiness::never_connected()),
        }
    }

    /// What is known when this reseller is about to accept an invitation (R4, R5).
    pub async fn acceptance_facts(
        &self,
        invitation: &invitation::Model,
        provider: &Party,
        reseller: &Party,
    ) -> Result<AcceptProvider> {
        let facts: PartnerFacts = self.facts_of(reseller).await?;
        let number = reseller.location.as_ref().map(|it| it.number.as_str());
        let is_addressed = match invitation.named_number.as_str() {
            "" => {
                let invited = invitation.email.parse().map_err(Error::internal)?;
                let domains = &self.facts().mail_domains;
                reseller.proven_contact()?.is_addressed(&invited, domains)
            }
            named => number == Some(named),
        };
        Ok(AcceptProvider {
            is_addressed,
            reseller: facts,
            provider_kind: provider.partner.kind,
            is_distinct: provider.company.id != reseller.company.id,
            is_provider_active: provider.is_active(),
            region: region(self.facts(), &provider.region()?, &reseller.region()?),
        })
    }
}

/// How two countries lie to each other in the market table in force.
fn region(facts: &Facts, a: &RegionCode, b: &RegionCode) -> Region {
    let markets = &facts.markets;
    match (markets.is_known(a) && markets.is_known(b), markets.same_region(a, b)) {
        (false, _) => Region::Unknown,
        (true, true) => Region::Same,
        (true, false) => Region::Different,
    }
}
