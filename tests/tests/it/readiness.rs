//! What is missing at each step of the thread, for every goal: exactly what the catalogue lists.

use api::{
    enrollment::v1::{GetReadinessRequest, GetReadinessResponse},
    types::v1::Goal,
};
use it::{
    Persona, World,
    cast::{Firm, Stage, invitation},
    metadata, on_each_engine, reason, unmet,
};

async fn ask(world: &World, who: &Persona, ask: GetReadinessRequest) -> GetReadinessResponse {
    world.enrollment().get_readiness(who.asks(ask)).await.unwrap().into_inner()
}

fn ids(answer: &GetReadinessResponse) -> Vec<&str> {
    let blocks = answer.requirements.iter().any(|it| it.blocking);
    assert_eq!(answer.satisfied, answer.already || !blocks, "{answer:?}");
    answer.requirements.iter().map(|it| it.id.as_str()).collect()
}

async fn of_partner(world: &World, firm: &Firm, goal: Goal) -> GetReadinessResponse {
    let (goal, partner) = (goal.into(), firm.partner.clone());
    ask(world, &firm.anna, GetReadinessRequest { goal, partner, ..Default::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_an_enrolment_lacks_exactly_what_the_catalogue_lists() {
    on_each_engine(async |world| {
        let ahead = ["partner-id.associated", "partner-id.active", "agreement.accepted"];
        let checks = ["check.employment", "check.business"];
        let contact = ["contact.confirmed"];
        let first = ["applicant.authority", "enrollment.submitted"];
        let steps: [(Stage, Vec<&str>); 6] = [
            (Stage::Draft, [&first[..], &contact, &checks, &ahead].concat()),
            (Stage::Submitted, [&contact[..], &checks, &ahead].concat()),
            (Stage::InReview, [&checks[..], &ahead].concat()),
            (Stage::Approved, ahead.to_vec()),
            (Stage::Tied, vec!["agreement.accepted"]),
            (Stage::Active, Vec::new()),
        ];
        for (stage, lacks) in steps {
            let firm = world.provider("steps", "ES", stage).await;
            let at = format!("{stage:?} on {}", world.engine);
            for goal in [Goal::BecomeActive, Goal::InviteReseller] {
                let answer = of_partner(&world, &firm, goal).await;
                assert_eq!(ids(&answer), lacks, "{goal:?} {at}");
                let is_done = goal == Goal::BecomeActive && stage == Stage::Active;
                assert_eq!(answer.already, is_done, "{goal:?} {at}");
            }
            // What blocks the call is what readiness said.
            let asked = firm.anna.asks(invitation("someone@reseller.example"));
            let answer = world.relationships().create_invitation(asked).await;
            let readiness = of_partner(&world, &firm, Goal::InviteReseller).await;
            match answer {
                Ok(_) => assert!(readiness.satisfied, "{at}"),
                Err(err) => assert_eq!(unmet(&err), ids(&readiness), "{at}"),
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_between_companies_lacks_exactly_what_the_catalogue_lists() {
    on_each_engine(async |world| {
        let provider = world.provider("between", "ES", Stage::Active).await;
        let reseller = world.reseller("between", "ES", Stage::Active).await;
        let customer = world.company("between", "CH").await;
        let name = customer.company.replace("companies", "customers");
        let goal = |goal: Goal| GetReadinessRequest {
            goal: goal.into(),
            provider: provider.partner.clone(),
            reseller: reseller.partner.clone(),
            customer: name.clone(),
            ..GetReadinessRequest::default()
        };
        let none: [&str; 0] = [];
        let on = world.engine;
        let strangers = ["relationship.active"];
        let order_system = &world.staff().await.order_system;

        let answer = ask(&world, &reseller.anna, goal(Goal::InviteCustomer)).await;
        assert_eq!(ids(&answer), strangers, "{on}");
        let link_secret = world.invite(&provider, &reseller).await;
        let accept = GetReadinessRequest { link_secret, ..goal(Goal::AcceptProvider) };
        assert_eq!(ids(&ask(&world, &reseller.anna, accept.clone()).await), none, "{on}");
        world.accept(&reseller, &accept.link_secret).await;
        let refused = world.enrollment().get_readiness(reseller.anna.asks(accept)).await;
        assert_eq!(reason(&refused.unwrap_err()), "LINK_USED", "{on}");

        for side in [&provider.anna, &reseller.anna] {
            assert_eq!(ids(&ask(&world, side, goal(Goal::InviteCustomer)).await), none, "{on}");
        }
        // Before the customer has anything to do with them it is nobody to them.
        for side in [&provider.anna, &reseller.anna, &customer] {
            let answer = ask(&world, side, goal(Goal::PlaceOrder)).await;
            assert_eq!(ids(&answer), strangers, "{on}");
        }
        let rows = ["customer.reseller-authorised", "customer.provider-authorised"];
        let all = [&rows[..], &["customer.agreement"]].concat();
        assert_eq!(ids(&ask(&world, order_system, goal(Goal::PlaceOrder)).await), all, "{on}");
        let answer = ask(&world, order_system, goal(Goal::ManageExisting)).await;
        assert_eq!(ids(&answer), rows[1..], "{on}");

        let link_secret = world.invite_customer(&reseller, &provider, "b@bluewin.example").await;
        let accept = GetReadinessRequest { link_secret, ..goal(Goal::AcceptCustomerInvitation) };
        assert_eq!(ids(&ask(&world, &customer, accept.clone()).await), none, "{on}");
        let answer = ask(&world, &reseller.anna, accept).await;
        assert_eq!(ids(&answer), ["customer.not-partner"], "{on}");
        world.authorise(&customer, &reseller, &provider).await;
        for who in [order_system, &provider.anna, &reseller.anna, &customer] {
            let answer = ask(&world, who, goal(Goal::PlaceOrder)).await;
            assert_eq!(ids(&answer), ["customer.agreement"], "{on}");
            assert_eq!(ids(&ask(&world, who, goal(Goal::ManageExisting)).await), none, "{on}");
        }
        let answer = ask(&world, &provider.anna, goal(Goal::AttestCustomerAgreement)).await;
        assert_eq!(ids(&answer), none, "{on}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goal_without_its_subject_names_what_it_needs() {
    on_each_engine(async |world| {
        let reseller = world.reseller("subject", "ES", Stage::Draft).await;
        for (goal, subject) in [
            (Goal::SubmitEnrollment, "partner"),
            (Goal::AcceptProvider, "link_secret"),
            (Goal::InviteCustomer, "provider"),
            (Goal::AcceptCustomerInvitation, "link_secret"),
            (Goal::AttestCustomerAgreement, "customer"),
            (Goal::PlaceOrder, "provider"),
        ] {
            let ask = GetReadinessRequest { goal: goal.into(), ..Default::default() };
            let asked = reseller.anna.asks(ask);
            let err = world.enrollment().get_readiness(asked).await.unwrap_err();
            let seen = (reason(&err), metadata(&err, "subject"));
            let wanted = ("GOAL_SUBJECT_MISSING".to_owned(), subject.to_owned());
            assert_eq!(seen, wanted, "{goal:?} on {}", world.engine);
        }
    })
    .await;
}
