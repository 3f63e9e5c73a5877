//! What is known of companies together, for the goals between them: reads by key, one snapshot.

use domain::{
    EmailAddress, Error, Result,
    agreement::AttestationState,
    facts::{Facts, RegionCode},
    id::{CompanyId, PartnerId},
    readiness::{AcceptProvider, Bond, Channel, CustomerPart, PartnerFacts, Region},
};

use crate::{
    Party, View,
    entity::{company, customer_relationship, invitation, relationship},
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

/// A provider and a reseller.
pub type Pair = (PartnerId, PartnerId);

/// What two partners have, or had, with each other.
#[derive(Clone, Debug)]
pub struct Tie {
    /// Their newest relationship.
    pub relationship: relationship::Model,
    /// Its ORDER_ON_BEHALF is ACTIVE and not past its end.
    pub has_order_grant: bool,
    /// So is its DELEGATED_ADMIN.
    pub has_admin_grant: bool,
}

impl Tie {
    pub fn is_over(&self) -> bool {
        matches!(self.relationship.bond(), Bond::None { .. })
    }

    /// What goes on between the two; where nothing does, whether an invitation waits.
    pub fn bond(it: Option<&Self>, is_invited: bool) -> Bond {
        match it.map(|it| it.relationship.bond()) {
            None | Some(Bond::None { .. }) => Bond::None { invited: is_invited },
            Some(bond @ (Bond::Active | Bond::Suspended(_))) => bond,
        }
    }
}

impl View {
    /// A provider and a reseller together, and whether they are or ever were connected.
    pub async fn channel(&self, provider: &Party, reseller: &Party) -> Result<(Channel, bool)> {
        let (tie, is_invited) = self.tie(provider, reseller).await?;
        let channel = channel_of(self.facts(), provider, reseller, tie.as_ref(), is_invited)?;
        Ok((channel, tie.is_some()))
    }

    /// What the two have, or had, with each other; where nothing goes on, whether an invitation waits
    /// that names the reseller.
    pub(crate) async fn tie(
        &self,
        provider: &Party,
        reseller: &Party,
    ) -> Result<(Option<Tie>, bool)> {
        let pair = (provider.partner.id, reseller.partner.id);
        let tie = self.any_ties(&[pair]).await?.remove(&pair);
        let number = reseller.location.as_ref().filter(|_| tie.as_ref().is_none_or(Tie::is_over));
        let number = number.map(|it| (pair.0, it.number.clone()));
        let invited = self.any_invited(number.as_slice()).await?;
        Ok((tie, !invited.is_empty()))
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
        let attested = self.any_attestation(customer.id, provider_id).await?;
        let is_attested = attested.is_some_and(|it| it.state == AttestationState::Attested);
        let reseller_rows = reseller.map(|it| (it, of_reseller.as_slice()));
        let provider_rows = (provider, of_provider.as_slice());
        let facts = self.facts();
        let found = dealings_of(facts, customer, provider_rows, reseller_rows, is_attested)?;

        let own = self.any_partner_of(customer.id).await?;
        let is_side = customer.id == provider.company.id
            || reseller.is_some_and(|it| it.company.id == customer.id);
        let is_partner = match own {
            _ if is_side => true,
            None => false,
            Some(it) => self.any_standing_relationship(provider_id, it.id).await?.is_some(),
        };
        Ok(Dealings { part: CustomerPart { is_partner, ..found.part }, ..found })
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

/// What is known of a provider and a reseller together.
pub(crate) fn channel_of(
    facts: &Facts,
    provider: &Party,
    reseller: &Party,
    tie: Option<&Tie>,
    is_invited: bool,
) -> Result<Channel> {
    let bond = Tie::bond(tie, is_invited);
    Ok(Channel {
        is_provider_active: provider.is_active(),
        is_reseller_active: reseller.is_active(),
        bond,
        has_order_grant: tie.is_some_and(|it| it.has_order_grant),
        region: region(facts, &provider.region()?, &reseller.region()?),
    })
}

type Rows<'a> = (&'a Party, &'a [customer_relationship::Model]);

/// What a customer has, and had, to do with the two, from all its rows with each. Whether it is a
/// partner itself is no part of an order, and left out.
pub(crate) fn dealings_of(
    facts: &Facts,
    customer: &company::Model,
    (provider, of_provider): Rows<'_>,
    reseller: Option<Rows<'_>>,
    is_attested: bool,
) -> Result<Dealings> {
    let of_reseller = reseller.map_or(&[][..], |(_, rows)| rows);
    let counts = |via: PartnerId| reseller.is_none_or(|(it, _)| it.partner.id == via);
    let country: RegionCode = customer.region_code.parse().map_err(Error::internal)?;
    let part = CustomerPart {
        is_partner: false,
        region: region(facts, &provider.region()?, &country),
        has_reseller: of_reseller.iter().any(customer_relationship::Model::is_active),
        has_provider: of_provider.iter().any(|it| it.is_active() && counts(it.via_id)),
        has_agreement: customer.customer_version_id.is_some() || is_attested,
    };
    Ok(Dealings {
        part,
        was_providers: !of_provider.is_empty(),
        was_resellers: !of_reseller.is_empty(),
        were_all_three: of_provider.iter().any(|it| counts(it.via_id)),
    })
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
