//! Questions about orders, asked by everybody, and held to the second telling.

use api::relationships::v1::{
    BatchCheckOrderAuthorizationRequest, CheckOrderAuthorizationRequest,
    CheckOrderAuthorizationResponse, OrderAuthorization, OrderOperation, OrderQuestion,
    relationships_service_client::RelationshipsServiceClient,
};
use serde_json::{Value, json};
use tonic::transport::Channel;

use super::{Trade, acts::plain, second::Second};
use crate::{Persona, World};

/// One question in so many is asked by itself, too.
const SINGLY: usize = 40;
/// A partner, and a customer, that there are not.
const UNKNOWN: &str = "01a20b5b-b9c7-74cf-9d60-da1cf728799d";

/// What came of a world.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub n_answers: usize,
    /// New purchases that the order system was told may be made, and how many it asked about.
    pub n_allowed: usize,
    pub n_purchases: usize,
    /// Answers to parties that had something to hide.
    pub n_opaque: usize,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.n_answers += other.n_answers;
        self.n_allowed += other.n_allowed;
        self.n_purchases += other.n_purchases;
        self.n_opaque += other.n_opaque;
    }
}

/// An answer that was given, to be asked for again later.
#[derive(Clone, Debug)]
pub struct Given {
    pub asker: &'static str,
    pub at: domain::Timestamp,
    pub question: OrderQuestion,
    pub answer: OrderAuthorization,
}

impl Trade {
    /// So many questions in both operations: most about who deals with whom, some about anybody.
    pub fn questions(&mut self, n: usize) -> Vec<OrderQuestion> {
        let mut questions = Vec::new();
        for _ in 0..n {
            let sale = self.dice.usize(0..self.sales.len().max(1));
            let sale = self.sales.get(sale).filter(|_| self.dice.u8(0..10) < 7);
            let (provider, reseller, customer) = match sale {
                Some(it) => (it.provider, it.reseller, it.customer),
                None => (self.dice.usize(0..4), self.dice.usize(0..7), self.dice.usize(0..5)),
            };
            let customer = self.customers[customer].company.replace("companies", "customers");
            let mut all = [
                self.providers[provider].partner.clone(),
                self.resellers[reseller].partner.clone(),
                customer,
            ];
            match self.dice.u8(0..40) {
                0 => all[0] = format!("partners/{UNKNOWN}"),
                1 => all[1] = format!("partners/{UNKNOWN}"),
                2 => all[2] = format!("customers/{UNKNOWN}"),
                3 => all.swap(0, 1),
                _ => {}
            }
            let [provider, reseller, customer] = all;
            for operation in [OrderOperation::NewPurchase, OrderOperation::ManageExisting] {
                questions.push(OrderQuestion {
                    provider: provider.clone(),
                    reseller: reseller.clone(),
                    customer: customer.clone(),
                    operation: operation.into(),
                });
            }
        }
        questions
    }

    /// Asks as everybody, and holds every answer to the second telling; some of what was answered.
    pub async fn compare(
        &mut self,
        world: &World,
        second: &mut Second,
        n: usize,
        what: &str,
    ) -> (Tally, Vec<Given>) {
        let questions = self.questions(n);
        let asked: Vec<Value> = self.askers().iter().map(|it| exported(it, &questions)).collect();
        second.ask(world, self, &asked).await;
        let singly: Vec<usize> =
            (0..questions.len()).filter(|_| self.dice.usize(0..SINGLY) == 0).collect();
        let answers = ask_all(world, self.askers(), &questions, &singly).await;
        let (mut tally, mut given) = (Tally::default(), Vec::new());
        let expected = second.answers().into_iter().zip(answers);
        for ((kind, _), (expected, answers)) in self.askers().iter().zip(expected) {
            for ((question, answer), expected) in questions.iter().zip(&answers).zip(expected) {
                let found: Vec<Value> = answer.blockers.iter().map(told).collect();
                assert_eq!(json!(found), expected, "{what}: {kind} asks {question:?}");
                assert_eq!(answer.authorized, answer.blockers.is_empty(), "{what}");
                tally.n_answers += 1;
                if *kind == "order system" && question.operation() == OrderOperation::NewPurchase {
                    tally.n_purchases += 1;
                    tally.n_allowed += usize::from(answer.authorized);
                }
                let is_opaque = |it: &Value| it["cure"].is_null() && it["permanent"] == false;
                tally.n_opaque += usize::from(found.iter().any(is_opaque));
                if self.dice.u8(0..120) == 0 {
                    let (question, answer) = (question.clone(), answer.clone());
                    given.push(Given { asker: kind, at: world.clock.now(), question, answer });
                }
            }
        }
        (tally, given)
    }
}

/// What everybody is answered to all questions.
async fn ask_all(
    world: &World,
    askers: Vec<(&'static str, Persona)>,
    questions: &[OrderQuestion],
    singly: &[usize],
) -> Vec<Vec<OrderAuthorization>> {
    let mut asks = Vec::new();
    for (_, who) in askers {
        let (client, questions, singly) =
            (world.relationships(), questions.to_vec(), singly.to_vec());
        asks.push(ask(client, who, questions, singly));
    }
    Trade::side_by_side(asks).await
}

/// By the hundred, and some also by themselves, which answers the same.
async fn ask(
    mut client: RelationshipsServiceClient<Channel>,
    who: Persona,
    questions: Vec<OrderQuestion>,
    singly: Vec<usize>,
) -> Vec<OrderAuthorization> {
    let mut answers = Vec::new();
    for questions in questions.chunks(100) {
        let request = BatchCheckOrderAuthorizationRequest { questions: questions.to_vec() };
        let answer = client.batch_check_order_authorization(who.asks(request)).await.unwrap();
        answers.extend(answer.into_inner().authorizations);
    }
    for at in singly {
        let it = &questions[at];
        let request = CheckOrderAuthorizationRequest {
            provider: it.provider.clone(),
            reseller: it.reseller.clone(),
            customer: it.customer.clone(),
            operation: it.operation,
            as_of: None,
        };
        let answer = client.check_order_authorization(who.asks(request)).await.unwrap();
        let CheckOrderAuthorizationResponse { authorized, blockers, .. } = answer.into_inner();
        assert_eq!(OrderAuthorization { authorized, blockers }, answers[at], "{it:?}");
    }
    answers
}

fn exported((kind, who): &(&'static str, Persona), questions: &[OrderQuestion]) -> Value {
    let is_platform = matches!(*kind, "order system" | "operator");
    let company = (!is_platform).then(|| plain(&who.company));
    let question = |it: &OrderQuestion| {
        let operation = match it.operation() {
            OrderOperation::ManageExisting => "MANAGE_EXISTING",
            OrderOperation::NewPurchase | OrderOperation::Unspecified => "NEW_PURCHASE",
        };
        json!([plain(&it.provider), plain(&it.reseller), plain(&it.customer), operation])
    };
    let questions: Vec<Value> = questions.iter().map(question).collect();
    json!({ "company": company, "questions": questions })
}

/// All that a blocker says, apart from the goals that it stands in the way of.
fn told(it: &api::types::v1::Requirement) -> Value {
    let cure = |it: &api::types::v1::Cure| json!([it.rpc, it.fields]);
    assert!(it.blocking && !it.overdue && it.since_time.is_none(), "{it:?}");
    json!({
        "id": it.id,
        "turn": it.turn().as_str_name().trim_start_matches("TURN_"),
        "permanent": it.permanent,
        "cure": it.cure.as_ref().map(cure),
        "alternatives": it.alternatives.iter().map(cure).collect::<Vec<Value>>(),
        "waits_for": it.waits_for,
        "problems": it.problems,
    })
}
