//! All that can be between companies, and the goals that they have with each other.

use super::{
    super::*,
    check,
    partner::{Case, a_few_cases, unmet_of},
    yes_if,
};
use crate::partner::Kind;

fn channels() -> Vec<Channel> {
    let bonds = [
        Bond::None { invited: false },
        Bond::None { invited: true },
        Bond::Active,
        Bond::Suspended(Turn::Provider),
        Bond::Suspended(Turn::Reseller),
        Bond::Suspended(Turn::Operator),
    ];
    let mut all = Vec::new();
    for bond in bonds {
        for region in REGIONS {
            for n in 0..8_u8 {
                all.push(Channel {
                    is_provider_active: n & 1 == 1,
                    is_reseller_active: n & 2 == 2,
                    bond,
                    has_order_grant: n & 4 == 4,
                    region,
                });
            }
        }
    }
    all
}

const REGIONS: [Region; 3] = [Region::Same, Region::Different, Region::Unknown];

fn customer_parts() -> Vec<CustomerPart> {
    let mut all = Vec::new();
    for region in REGIONS {
        for n in 0..16_u8 {
            all.push(CustomerPart {
                is_partner: n & 1 == 1,
                region,
                has_reseller: n & 2 == 2,
                has_provider: n & 4 == 4,
                has_agreement: n & 8 == 8,
            });
        }
    }
    all
}

fn unmet_between(id: &str, it: &Channel) -> Option<bool> {
    match id {
        "provider.active" => yes_if(!it.is_provider_active),
        "reseller.active" => yes_if(!it.is_reseller_active),
        "relationship.active" => yes_if(it.bond != Bond::Active),
        "grant.order-on-behalf" => yes_if(!it.has_order_grant),
        "market.same-region" => yes_if(it.region != Region::Same),
        other => panic!("{other} is not of a channel"),
    }
}

fn unmet_of_customer(id: &str, channel: &Channel, it: &CustomerPart) -> Option<bool> {
    match id {
        "customer.not-partner" => yes_if(it.is_partner),
        "customer.market" => yes_if(it.region != Region::Same),
        "customer.reseller-authorised" => yes_if(!it.has_reseller),
        "customer.provider-authorised" => yes_if(!it.has_provider),
        "customer.agreement" => yes_if(!it.has_agreement),
        other => unmet_between(other, channel),
    }
}

#[test]
fn the_goals_of_a_partner_with_others_add_what_lies_between_them() {
    for it in a_few_cases().map(|it| Case { authority: false, ..it }) {
        let is_provider = it.facts.kind == Kind::Provider;
        check(
            Goal::InviteReseller,
            invite_reseller(&it.facts),
            |id| match id {
                "parties.kinds" => yes_if(!is_provider),
                own => unmet_of(own, &it),
            },
            &it.facts,
        );
        for channel in channels() {
            check(
                Goal::InviteCustomer,
                invite_customer(&it.facts, &channel),
                |id| match id {
                    // A side's own requirements are listed one by one.
                    "provider.active" if is_provider => None,
                    "reseller.active" if !is_provider => None,
                    "provider.active"
                    | "reseller.active"
                    | "relationship.active"
                    | "grant.order-on-behalf"
                    | "market.same-region" => unmet_between(id, &channel),
                    own => unmet_of(own, &it),
                },
                &(&it.facts, &channel),
            );
        }
        for channel in channels() {
            let (is_active, bond) = (channel.is_provider_active, channel.bond);
            check(
                Goal::RestoreGrant,
                restore_grant(&it.facts, is_active, bond),
                |id| match id {
                    "provider.active" | "relationship.active" => unmet_between(id, &channel),
                    own => unmet_of(own, &it),
                },
                &(&it.facts, &channel),
            );
        }
        for part in customer_parts() {
            check(
                Goal::AttestCustomerAgreement,
                attest_customer_agreement(&it.facts, &part),
                |id| match id {
                    "customer.provider-authorised" => yes_if(!part.has_provider),
                    own => unmet_of(own, &it),
                },
                &(&it.facts, &part),
            );
        }
    }
}

#[test]
fn accepting_a_provider_waits_for_both_and_a_wrong_addressee_learns_that_alone() {
    for it in a_few_cases().map(|it| Case { authority: false, ..it }) {
        for region in REGIONS {
            for n in 0..16_u8 {
                let facts = AcceptProvider {
                    is_addressed: n & 1 == 1,
                    reseller: it.facts.clone(),
                    provider_kind: [Kind::Provider, Kind::Reseller][usize::from(n & 2 == 2)],
                    is_distinct: n & 4 == 4,
                    is_provider_active: n & 8 == 8,
                    region,
                };
                let are_right =
                    facts.provider_kind == Kind::Provider && it.facts.kind == Kind::Reseller;
                let is_unmet = |id: &str| match id {
                    "invitation.addressee" => yes_if(!facts.is_addressed),
                    _ if !facts.is_addressed => None,
                    "parties.kinds" => yes_if(!are_right),
                    "parties.distinct" => yes_if(!facts.is_distinct),
                    "provider.active" => yes_if(!facts.is_provider_active),
                    "market.same-region" => yes_if(region != Region::Same),
                    own => unmet_of(own, &it),
                };
                let found = accept_provider(&facts);
                check(Goal::AcceptProvider, found, is_unmet, &facts);
            }
        }
    }
}

#[test]
fn a_customers_goals_wait_for_what_is_unmet_and_nothing_else() {
    for channel in channels() {
        for part in customer_parts() {
            let is_unmet = |id: &str| unmet_of_customer(id, &channel, &part);
            let what = (&channel, &part);
            let found = accept_customer_invitation(&channel, &part);
            check(Goal::AcceptCustomerInvitation, found, is_unmet, &what);
            check(Goal::PlaceOrder, place_order(&channel, &part), is_unmet, &what);
            check(Goal::ManageExisting, manage_existing(&part), is_unmet, &what);
        }
    }
    let alone: Vec<&str> = never_connected().iter().map(|it| it.id).collect();
    assert_eq!(alone, ["relationship.active"]);
}

#[test]
fn r6_administration_waits_for_both_partners_their_relationship_and_the_grant() {
    for it in channels() {
        // The channel's flag stands for the other grant here.
        let has_admin_grant = it.has_order_grant;
        let are_active = (it.is_provider_active, it.is_reseller_active);
        let unmet = delegated_administration(are_active, it.bond, has_admin_grant);
        let expected = [
            ("provider.active", !it.is_provider_active),
            ("reseller.active", !it.is_reseller_active),
            ("relationship.active", it.bond != Bond::Active),
            ("grant.delegated-admin", !has_admin_grant),
        ];
        let expected: Vec<&str> =
            expected.iter().filter(|(_, is_unmet)| *is_unmet).map(|(id, _)| *id).collect();
        let found: Vec<&str> = unmet.iter().map(|it| it.id).collect();
        assert_eq!(found, expected, "{it:?}");
        assert!(unmet.iter().all(|it| it.blocking && !it.permanent), "{it:?}");
    }
}
