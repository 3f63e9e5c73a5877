//! Customers and partners part; what has ended stays readable as it was (R13, M8, A8).

use api::relationships::v1::{
    Customer, CustomerPartner, CustomerRelationshipState, EndCustomerRelationshipRequest,
    GetCustomerRequest, ListCustomerPartnersRequest, ListCustomersRequest, OrderOperation,
};
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage},
    on_each_engine, reason, without_call,
};
use tonic::Status;

use crate::{customers::customer_of, invitations::only, thread::blockers};

pub async fn get(world: &World, who: &Persona, name: &str) -> Result<Customer, Status> {
    let ask = GetCustomerRequest { name: name.to_owned(), as_of: None };
    let answer = world.relationships().get_customer(who.asks(ask)).await?;
    Ok(answer.into_inner().customer.unwrap())
}

pub async fn listed(world: &World, who: &Persona, show_ended: bool) -> usize {
    let ask = ListCustomersRequest { show_ended, ..ListCustomersRequest::default() };
    let answer = world.relationships().list_customers(who.asks(ask)).await.unwrap();
    answer.into_inner().customers.len()
}

pub async fn partners(world: &World, who: &Persona, show_ended: bool) -> Vec<CustomerPartner> {
    let ask = ListCustomerPartnersRequest { show_ended, ..Default::default() };
    let answer = world.relationships().list_customer_partners(who.asks(ask)).await.unwrap();
    answer.into_inner().customer_partners
}

pub async fn end(world: &World, who: &Persona, name: &str) -> Result<usize, Status> {
    let request = EndCustomerRelationshipRequest {
        name: name.to_owned(),
        reason: "moving on".to_owned(),
        ..EndCustomerRelationshipRequest::default()
    };
    let answer = world.relationships().end_customer_relationship(who.asks(request)).await?;
    let ended = answer.into_inner().customer_relationships;
    assert!(ended.iter().all(|it| it.state() == CustomerRelationshipState::Ended));
    Ok(ended.len())
}

/// A customer of one reseller via two providers.
pub struct Served {
    pub customer: Persona,
    pub reseller: Firm,
    pub one: Firm,
    pub two: Firm,
}

pub async fn served(world: &World) -> Served {
    let one = world.provider("anahuac", "ES", Stage::Active).await;
    let two = world.provider("wisla", "ES", Stage::Active).await;
    let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
    let customer = world.company("zbinden", "CH").await;
    for provider in [&one, &two] {
        world.connect(provider, &reseller).await;
        world.authorise(&customer, &reseller, provider).await;
    }
    Served { customer, reseller, one, two }
}

pub fn row_of(all: &[CustomerPartner], firm: &Firm) -> String {
    let is_of = |it: &&CustomerPartner| it.partner.as_ref().unwrap().partner == firm.partner;
    all.iter().find(is_of).unwrap().name.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_a_customer_ends_one_provider_and_the_reseller_stays() {
    on_each_engine(async |world| {
        let Served { customer, reseller, one, two } = served(&world).await;
        let order_system = world.staff().await.order_system.clone();
        let (name, engine) = (customer_of(&customer), world.engine);
        let all = partners(&world, &customer, false).await;
        assert_eq!(all.len(), 3, "{engine}");
        let (of_one, of_two) = (row_of(&all, &one), row_of(&all, &two));

        let bare = EndCustomerRelationshipRequest { name: of_one.clone(), ..Default::default() };
        let err = world.relationships().end_customer_relationship(customer.asks(bare)).await;
        assert_eq!(reason(&err.unwrap_err()), "REASON_REQUIRED", "{engine}");
        let nowhere = "customerRelationships/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        for (case, who) in [("the other provider", &two.anna), ("the reseller", &reseller.anna)] {
            let foreign = end(&world, who, &of_one).await.unwrap_err();
            let unknown = end(&world, who, nowhere).await.unwrap_err();
            assert_eq!(without_call(&foreign), without_call(&unknown), "{case} on {engine}");
        }
        assert_eq!(end(&world, &customer, &of_one).await.unwrap(), 1, "{engine}");
        let err = end(&world, &customer, &of_one).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");
        for told in [&one, &reseller] {
            let mail = world.mail_to(&told.anna_mail()).await;
            assert!(mail.text.contains("moving on"), "{}", mail.text);
            let ledger = world.ledger(&told.anna).await;
            assert_eq!(only(&ledger, "CustomerRelationshipEnded").len(), 1, "{engine}");
        }
        assert!(only(&world.ledger(&two.anna).await, "CustomerRelationshipEnded").is_empty());

        assert_eq!(partners(&world, &customer, false).await.len(), 2, "{engine}");
        assert_eq!(partners(&world, &customer, true).await.len(), 3, "{engine}");
        assert_eq!(
            (listed(&world, &one.anna, false).await, listed(&world, &one.anna, true).await),
            (0, 1)
        );
        let read = get(&world, &one.anna, &name).await.unwrap();
        assert_eq!(read.relationships.len(), 1, "{engine}");
        assert_eq!(read.relationships[0].state(), CustomerRelationshipState::Ended, "{engine}");
        for (provider, expected) in [(&one, 1), (&two, 0)] {
            let all = (provider, &reseller, name.as_str());
            let found = blockers(&world, &order_system, all, OrderOperation::ManageExisting).await;
            assert_eq!(found.len(), expected, "{found:?} on {engine}");
        }
        let stranger = world.provider("donau", "ES", Stage::Active).await;
        let foreign = get(&world, &stranger.anna, &name).await.unwrap_err();
        let unknown = "customers/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let unknown = get(&world, &stranger.anna, unknown).await.unwrap_err();
        assert_eq!(without_call(&foreign), without_call(&unknown), "{engine}");

        // Asked and accepted again: one row of the provider is added, the reseller's is not doubled.
        world.authorise(&customer, &reseller, &one).await;
        let active = partners(&world, &customer, false).await;
        assert_eq!(active.len(), 3, "{engine}");
        assert_ne!(row_of(&active, &one), of_one, "{engine}");
        assert_eq!(row_of(&active, &two), of_two, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_with_the_reseller_go_all_that_serve_through_it() {
    on_each_engine(async |world| {
        for (case, by_customer) in [("by the customer", true), ("by the reseller", false)] {
            let Served { customer, reseller, one, two } = served(&world).await;
            let all = partners(&world, &customer, false).await;
            let agent = world.colleague(&reseller.anna, "berta", &[Role::AdminAgent]).await;
            let who = if by_customer { &customer } else { &agent };
            let of_reseller = row_of(&all, &reseller);
            assert_eq!(end(&world, who, &of_reseller).await.unwrap(), 3, "{case}");
            assert!(partners(&world, &customer, false).await.is_empty(), "{case}");
            for provider in [&one, &two] {
                assert_eq!(listed(&world, &provider.anna, false).await, 0, "{case}");
                let mail = world.mail_to(&provider.anna_mail()).await;
                assert!(mail.text.contains("moving on"), "{case}: {}", mail.text);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_a_customer_goes_on_seeing_a_partner_that_it_left_as_it_was() {
    on_each_engine(async |world| {
        let Served { customer, one, two, .. } = served(&world).await;
        let of_one = row_of(&partners(&world, &customer, false).await, &one);
        end(&world, &customer, &of_one).await.unwrap();
        let shown = async |of: &Firm| {
            let all = partners(&world, &customer, true).await;
            let row = row_of(&all, of);
            all.into_iter().find(|it| it.name == row).unwrap().partner.unwrap()
        };
        let (left, kept) = (shown(&one).await, shown(&two).await);
        assert!(left.active && left.partner_id == one.number, "{left:?} on {}", world.engine);
        for firm in [&one, &two] {
            world.suspend(&firm.partner, Some("UNPAID")).await;
        }
        assert_eq!(shown(&one).await, left, "{}", world.engine);
        assert_ne!(shown(&two).await, kept, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_what_a_provider_attested_is_void_once_its_last_row_has_ended() {
    on_each_engine(async |world| {
        let Served { customer, reseller, one, .. } = served(&world).await;
        let second = world.reseller("meseta", "ES", Stage::Active).await;
        world.connect(&one, &second).await;
        world.authorise(&customer, &second, &one).await;
        crate::attestations::attest_for(&world, &one, &customer).await;
        let order_system = world.staff().await.order_system.clone();
        let (name, engine) = (customer_of(&customer), world.engine);
        let has_agreement = async |via: &Firm| {
            let all = (&one, via, name.as_str());
            let found = blockers(&world, &order_system, all, OrderOperation::NewPurchase).await;
            !found.contains(&"customer.agreement".to_owned())
        };
        let rows = partners(&world, &customer, false).await;
        let via = |firm: &Firm| {
            let is = |it: &&CustomerPartner| {
                it.via_reseller == firm.partner
                    && it.partner.as_ref().unwrap().partner == one.partner
            };
            rows.iter().find(is).unwrap().name.clone()
        };
        end(&world, &one.anna, &via(&reseller)).await.unwrap();
        assert!(has_agreement(&second).await, "another row stands on {engine}");
        end(&world, &one.anna, &via(&second)).await.unwrap();
        world.authorise(&customer, &second, &one).await;
        assert!(!has_agreement(&second).await, "it was void and stays so on {engine}");
        let voided = only(&world.ledger(&customer).await, "CustomerAgreementVoided").len();
        assert_eq!(voided, 1, "{engine}");
        crate::attestations::attest_for(&world, &one, &customer).await;
        assert!(has_agreement(&second).await, "the same data count again on {engine}");
    })
    .await;
}
