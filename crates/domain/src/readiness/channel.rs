//! The goals between companies: provider and reseller, and their customers.

use super::{Cure, Goal, PartnerFacts, Requirement, Turn, partner_goal};
use crate::{Reason, partner::Kind};

/// How two countries lie to each other in the market table in force (R5, R11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    Same,
    Different,
    /// The table has no row for one of them.
    Unknown,
}

/// What is between a provider and a reseller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bond {
    /// Nothing, or only what has ended; `invited`: an invitation to the reseller waits.
    None {
        invited: bool,
    },
    Active,
    /// Held, by whom first.
    Suspended(Turn),
}

/// What is known of a provider and a reseller together.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    pub is_provider_active: bool,
    pub is_reseller_active: bool,
    pub bond: Bond,
    /// ORDER_ON_BEHALF is ACTIVE and not past its end.
    pub has_order_grant: bool,
    pub region: Region,
}

/// What is known of a customer with a provider and a reseller.
#[derive(Clone, Copy, Debug)]
pub struct CustomerPart {
    /// It is one of the partners' own companies, or a reseller of this provider.
    pub is_partner: bool,
    /// Its country against the partners'.
    pub region: Region,
    pub has_reseller: bool,
    /// The provider's row via this reseller, or via any where the goal asks so.
    pub has_provider: bool,
    /// A customer agreement stands, attested by this provider or accepted.
    pub has_agreement: bool,
}

/// What is known when a reseller is about to accept a provider's invitation.
#[derive(Clone, Debug)]
pub struct AcceptProvider {
    /// The invitation is addressed to this company (R4).
    pub is_addressed: bool,
    pub reseller: PartnerFacts,
    pub provider_kind: Kind,
    /// They are two companies.
    pub is_distinct: bool,
    pub is_provider_active: bool,
    pub region: Region,
}

/// What a provider waits for before it can invite (R2).
pub fn invite_reseller(provider: &PartnerFacts) -> Vec<Requirement> {
    let mut unmet = partner_goal(Goal::InviteReseller, provider, false);
    unmet.extend(kinds(provider.kind == Kind::Provider));
    unmet
}

/// What a reseller waits for before it can accept (R4, R5): a wrong addressee learns that alone.
pub fn accept_provider(facts: &AcceptProvider) -> Vec<Requirement> {
    if !facts.is_addressed {
        let cure = Cure::relationships("CreateInvitation").with(&["partner_id"]);
        let it = Requirement::new(ADDRESSEE, Turn::Provider, cure);
        return vec![it.with(Some(Reason::InvitationRecipientMismatch.as_str()))];
    }
    let mut unmet = partner_goal(Goal::AcceptProvider, &facts.reseller, false);
    unmet.extend(active(facts.is_provider_active, Kind::Provider));
    if !facts.is_distinct {
        unmet.push(Requirement::permanent("parties.distinct", Turn::Applicant));
    }
    let are_right = facts.provider_kind == Kind::Provider && facts.reseller.kind == Kind::Reseller;
    unmet.extend(kinds(are_right));
    unmet.extend(same_region(facts.region));
    unmet
}

/// What stands between one side of a channel, `own`, and inviting a customer through it (R9).
pub fn invite_customer(own: &PartnerFacts, channel: &Channel) -> Vec<Requirement> {
    let mut unmet = partner_goal(Goal::InviteCustomer, own, false);
    unmet.extend(match own.kind {
        Kind::Reseller => active(channel.is_provider_active, Kind::Provider),
        Kind::Provider => active(channel.is_reseller_active, Kind::Reseller),
    });
    unmet.extend(relationship(channel.bond));
    unmet.extend(order_grant(channel));
    unmet.extend(same_region(channel.region));
    unmet
}

/// What a company waits for before it can become the customer of both (R9).
pub fn accept_customer_invitation(channel: &Channel, customer: &CustomerPart) -> Vec<Requirement> {
    let mut unmet = between(channel);
    if customer.is_partner {
        unmet.push(Requirement::permanent("customer.not-partner", Turn::Customer));
    }
    unmet.extend(customer_market(customer.region));
    unmet
}

/// What a provider waits for before it can attest a customer's agreement (A8); the customer's row
/// counts via any reseller.
pub fn attest_customer_agreement(
    provider: &PartnerFacts,
    customer: &CustomerPart,
) -> Vec<Requirement> {
    let mut unmet = partner_goal(Goal::AttestCustomerAgreement, provider, false);
    unmet.extend(customer_row(customer.has_provider, "customer.provider-authorised"));
    unmet
}

/// What blocks a new purchase (R10).
pub fn place_order(channel: &Channel, customer: &CustomerPart) -> Vec<Requirement> {
    let mut unmet = between(channel);
    unmet.extend(same_region(channel.region));
    unmet.extend(customer_market(customer.region));
    unmet.extend(customer_row(customer.has_reseller, "customer.reseller-authorised"));
    unmet.extend(customer_row(customer.has_provider, "customer.provider-authorised"));
    if !customer.has_agreement {
        let cure = Cure::agreements("AcceptCustomerAgreement");
        let it = Requirement::new("customer.agreement", Turn::Customer, cure);
        unmet.push(it.or(Cure::agreements("AttestCustomerAgreement")));
    }
    unmet
}

/// What blocks renewing, decreasing or cancelling (R10).
pub fn manage_existing(customer: &CustomerPart) -> Vec<Requirement> {
    customer_row(customer.has_provider, "customer.provider-authorised").into_iter().collect()
}

/// What a reseller waits for before it can give a power again (R6).
pub fn restore_grant(
    reseller: &PartnerFacts,
    is_provider_active: bool,
    bond: Bond,
) -> Vec<Requirement> {
    let mut unmet = partner_goal(Goal::RestoreGrant, reseller, false);
    unmet.extend(active(is_provider_active, Kind::Provider));
    unmet.extend(relationship(bond));
    unmet
}

/// What keeps a provider from administering its reseller's company (R6); whether the provider, and
/// whether the reseller is ACTIVE.
pub fn delegated_administration(
    (is_provider_active, is_reseller_active): (bool, bool),
    bond: Bond,
    has_admin_grant: bool,
) -> Vec<Requirement> {
    let mut unmet: Vec<Requirement> =
        active(is_provider_active, Kind::Provider).into_iter().collect();
    unmet.extend(active(is_reseller_active, Kind::Reseller));
    unmet.extend(relationship(bond));
    unmet.extend(grant("grant.delegated-admin", has_admin_grant, bond));
    unmet
}

/// The one answer for companies that are unknown, or were never connected (R10, R12).
pub fn never_connected() -> Vec<Requirement> {
    relationship(Bond::None { invited: false }).into_iter().collect()
}

/// That the invitation is not the company's: its own to know in full, though another's to cure.
const ADDRESSEE: &str = "invitation.addressee";

/// What one party may read (R10): of other companies' conditions only id and turn; its own in full,
/// whoever's turn they are, and so what the programme's tables say.
pub fn as_shown_to(party: Turn, unmet: Vec<Requirement>) -> Vec<Requirement> {
    let opaque = |it: Requirement| Requirement {
        blocking: it.blocking,
        permanent: false,
        ..Requirement::permanent(it.id, it.turn)
    };
    let is_own =
        |it: &Requirement| it.turn == party || it.id == ADDRESSEE || !it.turn.is_of_a_counterpart();
    let show = |it: Requirement| if is_own(&it) { it } else { opaque(it) };
    unmet.into_iter().map(show).collect()
}

fn between(channel: &Channel) -> Vec<Requirement> {
    let mut unmet: Vec<Requirement> =
        active(channel.is_provider_active, Kind::Provider).into_iter().collect();
    unmet.extend(active(channel.is_reseller_active, Kind::Reseller));
    unmet.extend(relationship(channel.bond));
    unmet.extend(order_grant(channel));
    unmet
}

fn active(is_active: bool, of: Kind) -> Option<Requirement> {
    let (id, turn) = match of {
        Kind::Provider => ("provider.active", Turn::Provider),
        Kind::Reseller => ("reseller.active", Turn::Reseller),
    };
    let cure = Cure::enrollment("GetReadiness").with(&["goal"]);
    (!is_active).then(|| Requirement::new(id, turn, cure))
}

fn kinds(are_right: bool) -> Option<Requirement> {
    (!are_right).then(|| Requirement::permanent("parties.kinds", Turn::Applicant))
}

fn same_region(region: Region) -> Option<Requirement> {
    market("market.same-region", region)
}

fn customer_market(region: Region) -> Option<Requirement> {
    market("customer.market", region)
}

fn market(id: &'static str, region: Region) -> Option<Requirement> {
    let problem = match region {
        Region::Same => return None,
        Region::Different => None,
        Region::Unknown => Some(Reason::CountryUnknown.as_str()),
    };
    Some(Requirement::permanent(id, Turn::System).with(problem))
}

fn relationship(bond: Bond) -> Option<Requirement> {
    let id = "relationship.active";
    match bond {
        Bond::Active => None,
        Bond::None { invited: false } => {
            let cure = Cure::relationships("CreateInvitation");
            Some(Requirement::new(id, Turn::Provider, cure))
        }
        Bond::None { invited: true } => {
            let cure = Cure::relationships("AcceptInvitation");
            Some(Requirement::new(id, Turn::Reseller, cure))
        }
        Bond::Suspended(holder) => {
            let cure = Cure::relationships("ResumeRelationship");
            Some(Requirement::new(id, holder, cure))
        }
    }
}

fn order_grant(channel: &Channel) -> Option<Requirement> {
    grant("grant.order-on-behalf", channel.has_order_grant, channel.bond)
}

fn grant(id: &'static str, has_grant: bool, bond: Bond) -> Option<Requirement> {
    let it = || {
        let cure = Cure::relationships("RestoreGrant").with(&["grant_type"]);
        let it = Requirement::new(id, Turn::Reseller, cure);
        it.after(match bond {
            Bond::Active => &[],
            Bond::None { .. } | Bond::Suspended(_) => &["relationship.active"],
        })
    };
    (!has_grant).then(it)
}

fn customer_row(has_row: bool, id: &'static str) -> Option<Requirement> {
    let it = || {
        let cure = Cure::relationships("CreateCustomerInvitation").with(&["provider"]);
        let it = Requirement::new(id, Turn::Reseller, cure);
        it.or(Cure::relationships("AcceptCustomerInvitation"))
    };
    (!has_row).then(it)
}
