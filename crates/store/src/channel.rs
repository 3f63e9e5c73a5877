//! What is known of companies together, for the goals between them: reads by key, one snapshot.

use domain::{
    EmailAddress, Error, Result,
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
    pub dealings: Dealings,
    /// The two partners are or were connected.
    pub were_connected: bool,
}

/// What a customer has, and ever had, to do with a provider and a reseller.
#[derive(Clone, Copy, Debug)]
pub struct Dealings {
    pub part: CustomerPart,
    /// It is or was the provider's customer, via any reseller.
    pub was_providers: bool,
    /// It is or was the reseller's customer.
    pub was_resellers: bool,
    /// It is or was the provider's customer via this reseller.
    pub were_all_three: bool,
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

    /// A customer with the two; without a reseller the provider's row counts via any.
    pub async fn dealings(
        &self,
        customer: &company::Model,
        provider: &Party,
        reseller: Option<&Party>,
    ) -> Result<Dealings> {
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
            has_agreement: customer.customer_version_id.is_some()
                || attested
                    .is_some_and(|it| it.state == domain::agreement::AttestationState::Attested),
        };
        let was_providers = !of_provider.is_empty();
        let were_all_three = of_provider.iter().any(|it| counts(it.via_id));
        let was_resellers = !of_reseller.is_empty();
        Ok(Dealings { part, was_providers, was_resellers, were_all_three })
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
        let dealings = self.dealings(&customer, &provider, Some(&reseller)).await?;
        Ok(Some(Trade { provider, reseller, customer, channel, were_connected, dealings }))
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
        let blockers = |part: &CustomerPart| match goal == Goal::ManageExisting {
            true => readiness::manage_existing(part),
            false => readiness::place_order(&trade.channel, part),
        };
        let part = trade.dealings.part;
        let Some(user) = self.caller().principal().filter(|it| !it.as_platform) else {
            return Ok(blockers(&part));
        };
        // Connecting shares no existing customer (R8): each side is to know the customer itself.
        let (turn, knows_customer) = match user.company {
            it if it == trade.provider.company.id => (Turn::Provider, trade.dealings.was_providers),
            it if it == trade.reseller.company.id => (Turn::Reseller, trade.dealings.was_resellers),
            it if it == trade.customer.id => {
                (Turn::Customer, trade.dealings.was_providers && trade.dealings.was_resellers)
            }
            _ => return Ok(readiness::never_connected()),
        };
        if !trade.were_connected || !knows_customer {
            return Ok(readiness::never_connected());
        }
        // Before the three had to do with each other, what the customer has with the other one is
        // none of the asker's business (R8): it counts as if it were not there.
        let part = match (trade.dealings.were_all_three, turn) {
            (false, Turn::Provider) => CustomerPart { has_reseller: false, ..part },
            (false, Turn::Reseller) => CustomerPart { has_agreement: false, ..part },
            _ => part,
        };
        Ok(readiness::as_shown_to(turn, blockers(&part)))
    }

    /// Whether the address is the one that the caller, of this company, proved by its own link (R4).
    async fn has_proven(&self, of: &Party, address: &EmailAddress) -> Result<bool> {
        let own = self.caller().user().filter(|it| it.company == of.company.id);
        let Some(caller) = own else {
            return Ok(false);
        };
        let account = self.any_account(caller.user).await?;
        let proven = account.filter(|it| it.email_verify_time.is_some());
        Ok(proven
            .and_then(|it| it.email.parse().ok())
            .is_some_and(|it: EmailAddress| it == *address))
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
                    || self.has_proven(reseller, &invited).await?
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
