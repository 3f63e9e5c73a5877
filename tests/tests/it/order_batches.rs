//! Many orders at once: answered as if each were asked alone, by one look at each table.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use api::relationships::v1::{
    BatchCheckOrderAuthorizationRequest, CheckOrderAuthorizationRequest, OrderAuthorization,
    OrderOperation, OrderQuestion,
};
use domain::{Call, Role, id::last_id, readiness::Goal};
use it::{
    Persona, World,
    cast::{Firm, Stage},
    fields, metadata, on_each_engine, reason,
};
use store::sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use tonic::{Code, Status};

use crate::{customers::customer_of, invitations::invite, invitations::named};

const UNKNOWN: &str = "01a20b5b-b9c7-74cf-9d60-da1cf728799d";

/// Two providers, three resellers of which one is a customer as well, and customers of some of them.
struct Channel {
    providers: Vec<Firm>,
    resellers: Vec<Firm>,
    customers: Vec<Persona>,
}

async fn channel(world: &World) -> Channel {
    let mut providers = Vec::new();
    let mut resellers = Vec::new();
    for stem in ["anahuac", "cierzo"] {
        providers.push(world.provider(stem, "ES", Stage::Active).await);
    }
    for stem in ["diagonal", "meseta", "nube"] {
        resellers.push(world.reseller(stem, "ES", Stage::Active).await);
    }
    let mut customers = vec![resellers[2].anna.clone()];
    for stem in ["zbinden", "alpine"] {
        customers.push(world.company(stem, "CH").await);
    }
    world.connect(&providers[0], &resellers[0]).await;
    let ended = world.connect(&providers[1], &resellers[0]).await.name;
    world.connect(&providers[0], &resellers[1]).await;
    world.authorise(&customers[1], &resellers[0], &providers[0]).await;
    world.authorise(&customers[1], &resellers[0], &providers[1]).await;
    world.authorise(&customers[0], &resellers[1], &providers[0]).await;
    world.end_relationship(&resellers[0].anna, &ended).await;
    let to = &resellers[2];
    invite(world, &providers[1].anna, named(&to.contact(), to)).await.unwrap();
    world.suspend(&resellers[1].partner, Some("UNPAID")).await;
    Channel { providers, resellers, customers }
}

/// Everybody with everybody, in both operations, and some that there are not.
fn questions(of: &Channel) -> Vec<OrderQuestion> {
    let unknown = format!("partners/{UNKNOWN}");
    let mut questions = Vec::new();
    for operation in [OrderOperation::NewPurchase, OrderOperation::ManageExisting] {
        let mut ask = |provider: &str, reseller: &str, customer: String| {
            questions.push(OrderQuestion {
                provider: provider.to_owned(),
                reseller: reseller.to_owned(),
                customer,
                operation: operation.into(),
            });
        };
        for provider in &of.providers {
            for reseller in &of.resellers {
                for customer in &of.customers {
                    ask(&provider.partner, &reseller.partner, customer_of(customer));
                }
            }
        }
        let (p, r) = (&of.providers[0].partner, &of.resellers[0].partner);
        let c = || customer_of(&of.customers[1]);
        ask(&unknown, r, c());
        ask(p, &unknown, c());
        ask(p, r, format!("customers/{UNKNOWN}"));
        ask(r, p, c());
    }
    questions
}

async fn batch(
    world: &World,
    who: &Persona,
    questions: Vec<OrderQuestion>,
) -> Result<Vec<OrderAuthorization>, Status> {
    let request = BatchCheckOrderAuthorizationRequest { questions };
    let mut client = world.relationships();
    let answer = client.batch_check_order_authorization(who.asks(request)).await?.into_inner();
    assert!(answer.check_time.is_some());
    Ok(answer.authorizations)
}

async fn alone(world: &World, who: &Persona, it: &OrderQuestion) -> OrderAuthorization {
    let request = CheckOrderAuthorizationRequest {
        provider: it.provider.clone(),
        reseller: it.reseller.clone(),
        customer: it.customer.clone(),
        operation: it.operation,
        as_of: None,
    };
    let answer = world.relationships().check_order_authorization(who.asks(request)).await;
    let answer = answer.unwrap().into_inner();
    OrderAuthorization { authorized: answer.authorized, blockers: answer.blockers }
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_a_batch_answers_each_question_as_if_it_were_asked_alone() {
    on_each_engine(async |world| {
        let channel = channel(&world).await;
        let questions = questions(&channel);
        let stranger = world.provider("elsewhere", "ES", Stage::Active).await;
        let operator = world.platform(&[Role::Operator]).await;
        let helpdesk =
            world.colleague(&channel.providers[0].anna, "help", &[Role::HelpdeskAgent]).await;
        let mut askers = vec![
            ("the order system", world.staff().await.order_system.clone()),
            ("an operator", operator),
            ("a provider's helpdesk", helpdesk),
            ("a stranger", stranger.anna.clone()),
        ];
        let firms = channel.providers.iter().chain(&channel.resellers);
        askers.extend(firms.map(|it| ("a party", it.anna.clone())));
        let mut n_told: BTreeMap<&str, usize> = BTreeMap::new();
        for (case, who) in &askers {
            let answers = batch(&world, who, questions.clone()).await.unwrap();
            assert_eq!(answers.len(), questions.len(), "{case} on {}", world.engine);
            for (it, answer) in questions.iter().zip(&answers) {
                let expected = alone(&world, who, it).await;
                assert_eq!(*answer, expected, "{case} about {it:?} on {}", world.engine);
                assert_eq!(answer.authorized, answer.blockers.is_empty(), "{case}");
                let ids: Vec<_> = answer.blockers.iter().map(|it| it.id.as_str()).collect();
                *n_told.entry(*case).or_default() += usize::from(ids != ["relationship.active"]);
            }
        }
        // All but the eight that name somebody who is not, or swap the kinds.
        let platform = questions.len() - 8;
        let by_platform = |it: &str| n_told[it] > platform / 2 && n_told[it] <= platform;
        assert!(by_platform("the order system"), "{n_told:?} on {}", world.engine);
        assert_eq!(n_told["the order system"], n_told["an operator"], "{}", world.engine);
        assert_eq!(n_told["a stranger"], 0, "{}", world.engine);
        assert!(0 < n_told["a party"] && 0 < n_told["a provider's helpdesk"], "{n_told:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_orders_holds_one_to_a_hundred_questions() {
    on_each_engine(async |world| {
        let order_system = world.staff().await.order_system.clone();
        let question = OrderQuestion {
            provider: format!("partners/{UNKNOWN}"),
            reseller: format!("partners/{UNKNOWN}"),
            customer: format!("customers/{UNKNOWN}"),
            operation: OrderOperation::NewPurchase.into(),
        };
        let none = batch(&world, &order_system, Vec::new()).await.unwrap_err();
        assert_eq!((none.code(), fields(&none)), (Code::InvalidArgument, vec!["questions".into()]));
        let most = batch(&world, &order_system, vec![question.clone(); 100]).await.unwrap();
        assert_eq!(most.len(), 100, "{}", world.engine);
        let more = batch(&world, &order_system, vec![question.clone(); 101]).await.unwrap_err();
        assert_eq!(
            (reason(&more).as_str(), more.code()),
            ("BATCH_TOO_LARGE", Code::InvalidArgument)
        );
        assert_eq!(metadata(&more, "limit"), "100", "{}", world.engine);
        let wrong = OrderQuestion { operation: 0, customer: String::new(), ..question.clone() };
        let wrong = batch(&world, &order_system, vec![question, wrong]).await.unwrap_err();
        let named = ["questions[1].customer", "questions[1].operation"];
        assert_eq!(fields(&wrong), named, "{}", world.engine);
    })
    .await;
}

/// The statements of asking these, in their order.
async fn statements(world: &World, questions: &[store::OrderQuestion]) -> Vec<Statement> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut db = world.app.db.clone();
    let into = seen.clone();
    db.watch_reads(move |it| into.lock().unwrap().push(it.clone()));
    let read = async |view: &store::View| view.order_blockers(questions).await;
    let answers = db.read(&Call::system("plans"), read).await.unwrap();
    assert_eq!(answers.len(), questions.len());
    let seen = seen.lock().unwrap();
    seen.iter().filter(|it| it.sql.starts_with("SELECT")).cloned().collect()
}

fn table(of: &Statement) -> String {
    let from = of.sql.split(" FROM ").nth(1).unwrap();
    from.split_whitespace().next().unwrap().trim_matches('"').to_owned()
}

/// More invitations that wait than PostgreSQL would read whole.
async fn many_wait(world: &World) {
    let db = world.app.db.connection();
    if db.get_database_backend() == DbBackend::Postgres {
        let fill = "INSERT INTO invitation SELECT (jsonb_populate_record(it, jsonb_build_object( \
                      'id', gen_random_uuid(), 'state', 'PENDING', 'named_number', n::text, \
                      'email_key', n || '@nube.example'))).* \
                      FROM invitation it, generate_series(1000000, 1002000) n \
                      WHERE it.id = (SELECT id FROM invitation ORDER BY id LIMIT 1); \
                    ANALYZE invitation";
        db.execute_unprepared(fill).await.unwrap();
    }
}

/// Each step of the plan looks rows up by an index, with a condition of its own.
pub async fn assert_by_key(world: &World, statement: &Statement) {
    let is_sqlite = world.engine == "sqlite";
    let explain = if is_sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
    let mut asked = statement.clone();
    asked.sql = format!("{explain} {}", asked.sql);
    let rows = world.app.db.connection().query_all_raw(asked).await.unwrap();
    let place = if is_sqlite { 3 } else { 0 };
    let steps: Vec<String> =
        rows.iter().map(|it| it.try_get_by_index::<String>(place).unwrap()).collect();
    let n = |of: &str| steps.iter().filter(|it| it.contains(of)).count();
    let is_by_key = match statement.db_backend {
        DbBackend::Sqlite => n("SCAN ") == 0 && n("SEARCH ") > 0,
        _ => {
            n("Seq Scan") == 0
                && 0 < n("Index Cond")
                && n(" using ") + n("on ") <= 3 * n("Index Cond")
        }
    };
    assert!(is_by_key, "{}: {steps:#?}", statement.sql);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_orders_cost_one_look_up_by_key_in_each_table() {
    on_each_engine(async |world| {
        let channel = channel(&world).await;
        many_wait(&world).await;
        let all: Vec<store::OrderQuestion> = questions(&channel)
            .iter()
            .map(|it| store::OrderQuestion {
                goal: match it.operation() {
                    OrderOperation::ManageExisting => Goal::ManageExisting,
                    OrderOperation::NewPurchase | OrderOperation::Unspecified => Goal::PlaceOrder,
                },
                provider: last_id(&it.provider).unwrap(),
                reseller: last_id(&it.reseller).unwrap(),
                customer: last_id(&it.customer).unwrap(),
            })
            .collect();
        let hundred: Vec<store::OrderQuestion> = all.iter().cycle().take(100).copied().collect();
        let many = statements(&world, &hundred).await;
        let mut tables: Vec<String> = many.iter().map(table).collect();
        tables.sort();
        let expected = [
            "agreement",
            "company",
            "customer_agreement",
            "customer_relationship",
            "enrollment",
            "import_current",
            "invitation",
            "location",
            "partner",
            "relationship",
            "relationship_grant",
        ];
        assert_eq!(tables, expected, "{}", world.engine);
        let one = statements(&world, &all[..1]).await;
        assert!(one.len() <= many.len(), "{}", world.engine);
        for statement in one.iter().chain(&many) {
            assert_by_key(&world, statement).await;
        }
    })
    .await;
}
