//! As of a moment that has passed: what was so then is what was answered then.

use std::sync::{Arc, Mutex};

use api::{
    enrollment::v1::{LegalProfile, UpdateLegalProfileRequest},
    relationships::v1::{
        CheckOrderAuthorizationRequest, GetCustomerRequest, GetRelationshipRequest, OrderOperation,
    },
};
use chrono::Duration;
use domain::{Call, Timestamp, facts::Table, id::last_id, readiness::Goal};
use it::{
    Persona, World,
    cast::{Firm, Stage, address_in},
    fields, on_each_engine, postgres, reason,
    trade::{SHIPPED, Trade, second::Second},
    without_call,
};
use store::sea_orm::Statement;
use tonic::Status;

use crate::{customers::customer_of, order_batches::assert_by_key, ties};

fn wire(at: Timestamp) -> Option<prost_types::Timestamp> {
    let nanos = i32::try_from(at.timestamp_subsec_nanos()).unwrap();
    Some(prost_types::Timestamp { seconds: at.timestamp(), nanos })
}

/// Ids of what blocked a new purchase then.
async fn blockers(
    world: &World,
    who: &Persona,
    (provider, reseller, customer): (&Firm, &Firm, &str),
    as_of: Option<Timestamp>,
) -> Result<Vec<String>, Status> {
    let request = CheckOrderAuthorizationRequest {
        provider: provider.partner.clone(),
        reseller: reseller.partner.clone(),
        customer: customer.to_owned(),
        operation: OrderOperation::NewPurchase.into(),
        as_of: as_of.and_then(wire),
    };
    let answer = world.relationships().check_order_authorization(who.asks(request)).await?;
    Ok(answer.into_inner().blockers.into_iter().map(|it| it.id).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_live_is_answered_as_of_then_to_every_asker() {
    on_each_engine(async |world| {
        let mut trade = Trade::new(&world, 5).await;
        let mut second = Second::start();
        let (mut given, mut seen) = (Vec::new(), Vec::new());
        for it in 0..8 {
            for _ in 0..12 {
                trade.act(&world).await;
            }
            trade.renew(&world).await;
            let what = format!("world {it} on {}", world.engine);
            given.extend(trade.compare(&world, &mut second, 40, &what).await.1);
            seen.extend(trade.look(&world).await);
        }
        let n = trade.look_back(&world, &given, &seen).await;
        assert!(n > 300, "{n} on {}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_of_is_a_time_between_the_beginning_and_now() {
    on_each_engine(async |world| {
        let beginning = world.clock.now();
        let order_system = world.staff().await.order_system.clone();
        world.clock.advance(Duration::seconds(1));
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let before_tie = world.clock.now();
        world.clock.advance(Duration::seconds(1));
        let tie = world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        let name = customer_of(&customer);
        let all = (&provider, &reseller, name.as_str());
        let now = world.clock.now();
        let microsecond = Duration::microseconds(1);
        for (case, at, expected) in [
            ("the future", now + microsecond, Err("FIELD_INVALID")),
            ("before the beginning", beginning - microsecond, Err("FIELD_INVALID")),
            ("the beginning", beginning, Ok(())),
            ("now", now, Ok(())),
        ] {
            let case = format!("{case} on {}", world.engine);
            let as_of = wire(at);
            let order = blockers(&world, &order_system, all, Some(at)).await.map(|_| ());
            let ask = GetRelationshipRequest { name: tie.name.clone(), as_of };
            let relationship = world.relationships().get_relationship(order_system.asks(ask)).await;
            let ask = GetCustomerRequest { name: name.clone(), as_of };
            let found = world.relationships().get_customer(order_system.asks(ask)).await;
            for answer in [order, relationship.map(|_| ()), found.map(|_| ())] {
                match (answer, expected) {
                    (Err(err), Err(expected)) => {
                        assert_eq!(reason(&err), expected, "{case}");
                        assert_eq!(fields(&err), ["as_of"], "{case}");
                    }
                    (Err(err), Ok(())) => assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{case}"),
                    (answer, expected) => assert!(answer.is_ok() && expected.is_ok(), "{case}"),
                }
            }
        }
        // Before it was made it is as unknown as any other.
        for who in [&order_system, &provider.anna] {
            let mut answers = Vec::new();
            for (name, at) in [
                (tie.name.as_str(), before_tie),
                ("relationships/01a20b5b-b9c7-74cf-9d60-da1cf728799d", now),
            ] {
                let ask = GetRelationshipRequest { name: name.to_owned(), as_of: wire(at) };
                let err = world.relationships().get_relationship(who.asks(ask)).await.unwrap_err();
                answers.push(without_call(&err));
            }
            assert_eq!(answers[0], answers[1], "{}", world.engine);
            let found = blockers(&world, who, all, Some(before_tie)).await.unwrap();
            assert!(found.contains(&"relationship.active".to_owned()), "{}", world.engine);
        }
        let ask = GetCustomerRequest { name, as_of: wire(before_tie) };
        let err = world.relationships().get_customer(provider.anna.asks(ask)).await.unwrap_err();
        assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_country_a_name_and_a_hold_are_read_as_they_were_then() {
    on_each_engine(async |world| {
        let order_system = world.staff().await.order_system.clone();
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let draft = world.reseller("meseta", "ES", Stage::Draft).await;
        let customer = customer_of(&world.company("zbinden", "ES").await);
        let all = (&provider, &draft, customer.as_str());
        let abroad = "market.same-region".to_owned();
        let at_home = world.clock.now();
        world.clock.advance(Duration::seconds(1));
        let legal_profile = Some(LegalProfile {
            legal_name: "Meseta Bulut A.Ş.".to_owned(),
            region_code: "TR".to_owned(),
            address: Some(address_in("TR")),
            ..Default::default()
        });
        let name = draft.enrollment.clone();
        let change = UpdateLegalProfileRequest { name, legal_profile, ..Default::default() };
        world.enrollment().update_legal_profile(draft.anna.asks(change)).await.unwrap();
        let is_abroad = async |as_of| {
            blockers(&world, &order_system, all, as_of).await.unwrap().contains(&abroad)
        };
        assert!(is_abroad(None).await && is_abroad(Some(world.clock.now())).await);
        assert!(!is_abroad(Some(at_home)).await, "{}", world.engine);

        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let made = world.connect(&provider, &reseller).await;
        let connected = world.clock.now();
        world.clock.advance(Duration::seconds(1));
        ties::suspend(&world, &provider.anna, &made.name).await.unwrap();
        world.clock.advance(Duration::seconds(1));
        world.end_relationship(&reseller.anna, &made.name).await;
        let ask = GetRelationshipRequest { name: made.name.clone(), as_of: wire(connected) };
        for who in [&order_system, &provider.anna, &reseller.anna] {
            let then = world.relationships().get_relationship(who.asks(ask.clone())).await;
            assert_eq!(then.unwrap().into_inner().relationship.unwrap(), made, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_read_by_key_whatever_has_happened_since() {
    on_each_engine(async |world| {
        let mut trade = Trade::new(&world, 11).await;
        let then = world.clock.now();
        for n in 0..60 {
            if n % 10 == 0 {
                trade.renew(&world).await;
            }
            trade.act(&world).await;
        }
        let question = |it: &api::relationships::v1::OrderQuestion| store::OrderQuestion {
            goal: Goal::PlaceOrder,
            provider: last_id(&it.provider).unwrap(),
            reseller: last_id(&it.reseller).unwrap(),
            customer: last_id(&it.customer).unwrap(),
        };
        let many: Vec<store::OrderQuestion> = trade.questions(50).iter().map(question).collect();
        let mut costs = Vec::new();
        for questions in [&many[..1], &many[..]] {
            let seen = Arc::new(Mutex::new(Vec::<Statement>::new()));
            let (mut db, into) = (world.app.db.clone(), seen.clone());
            db.watch_reads(move |it| into.lock().unwrap().push(it.clone()));
            let read = async |view: &store::View| view.order_blockers(questions).await;
            db.read_as_of(&Call::system("plans"), Some(then), read).await.unwrap();
            let seen: Vec<Statement> = seen.lock().unwrap().clone();
            let asked = seen.into_iter().filter(|it| it.sql.starts_with("SELECT"));
            let asked: Vec<Statement> = asked.collect();
            for statement in &asked {
                assert_by_key(&world, statement).await;
            }
            costs.push(asked.len());
        }
        // The tables of an order, once each, with what is remembered of seven kinds of facts.
        assert!(costs[1] <= 24, "{costs:?} on {}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_market_table_is_read_once_however_often_it_is_asked_about() {
    on_each_engine(async |world| {
        world.staff().await;
        let kind = || imports::Kind::Table(Table::Markets);
        world.import(kind(), SHIPPED).await.unwrap();
        let then = world.clock.now();
        for country in ["ES,", "DE,"] {
            world.clock.advance(Duration::seconds(1));
            let lines = SHIPPED.lines().filter(|it| !it.starts_with(country));
            let table: Vec<&str> = lines.collect();
            world.import(kind(), table.join("\n")).await.unwrap();
        }
        world.clock.advance(Duration::seconds(1));
        let spain = "ES".parse().unwrap();
        let is_in = async |view: &store::View| Ok(view.facts().markets.is_known(&spain));
        let call = Call::system("plans");
        assert!(world.app.db.read(&call, is_in).await.unwrap(), "{}", world.engine);
        let between = then + Duration::seconds(1);
        for (at, is_known, n_read) in
            [(then, true, 1), (then, true, 0), (between, false, 1), (between, false, 0)]
        {
            let seen = Arc::new(Mutex::new(0));
            let (mut db, into) = (world.app.db.clone(), seen.clone());
            db.watch_reads(move |it| {
                *into.lock().unwrap() += usize::from(it.sql.contains("FROM import_row"));
            });
            let found = db.read_as_of(&call, Some(at), is_in).await.unwrap();
            let n = *seen.lock().unwrap();
            assert_eq!((found, n), (is_known, n_read), "{at} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_past_was_not_kept_it_begins_with_the_last_that_had_happened() {
    let url = postgres::fresh_database().await;
    let world = World::on(url.clone()).await;
    let order_system = world.staff().await.order_system.clone();
    let provider = world.provider("anahuac", "ES", Stage::Active).await;
    let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
    world.clock.advance(Duration::seconds(10));
    // As the migration does it in a database that is in use.
    let start = "INSERT INTO past_start (id, time) \
                 SELECT 1, max(create_time) + interval '5 s' FROM ledger HAVING count(*) > 0";
    postgres::ask(&url, start).await;
    let customer = customer_of(&world.company("zbinden", "ES").await);
    let all = (&provider, &reseller, customer.as_str());
    let ago = |n: i64| Some(world.clock.now() - Duration::seconds(n));
    let err = blockers(&world, &order_system, all, ago(6)).await.unwrap_err();
    assert_eq!((reason(&err).as_str(), fields(&err)), ("FIELD_INVALID", vec!["as_of".to_owned()]));
    blockers(&world, &order_system, all, ago(5)).await.unwrap();
    world.proof().hold().await;
}
