//! A channel of companies of every state whose ties change at random, asked about orders by everybody.

pub mod acts;
pub mod asking;
mod ends;
pub mod past;
mod places;
pub mod second;
mod standings;

use std::{future::Future, sync::Arc};

use domain::Role;
use tokio::sync::Semaphore;

use crate::{
    Persona, World,
    cast::{Firm, Stage},
};

/// A relationship that was made, whatever became of it.
#[derive(Clone, Debug)]
pub struct Tie {
    pub name: String,
    pub provider: usize,
    pub reseller: usize,
}

/// Rows of a customer that were made, whatever became of them.
#[derive(Clone, Debug)]
pub struct Sale {
    pub customer: usize,
    pub provider: usize,
    pub reseller: usize,
    /// `customerRelationships/{customer relationship}`.
    pub rows: Vec<String>,
}

/// The companies, and all that was ever between them.
pub struct Trade {
    /// The last one never has anything to do with anybody.
    pub providers: Vec<Firm>,
    pub resellers: Vec<Firm>,
    /// The last one is a reseller's company.
    pub customers: Vec<Persona>,
    pub operator: Persona,
    pub publisher: Persona,
    pub order_system: Persona,
    pub helpdesk: Persona,
    pub ties: Vec<Tie>,
    pub sales: Vec<Sale>,
    /// The market table in force, as CSV.
    pub markets: String,
    pub dice: fastrand::Rng,
}

/// So many askers ask at once: SQLite has four connections to read by, and nobody is to wait for one.
const AT_ONCE: usize = 3;

pub const SHIPPED: &str = include_str!("../../crates/domain/data/markets.csv");

impl Trade {
    /// Companies of every stage, most of them in the middle of business.
    pub async fn new(world: &World, seed: u64) -> Self {
        let staff = world.staff().await;
        let (operator, publisher) = (staff.operator.clone(), staff.publisher.clone());
        let order_system = staff.order_system.clone();
        let mut providers = Vec::new();
        for (region, stage) in [
            ("ES", Stage::Active),
            ("CH", Stage::Active),
            ("ES", Stage::Tied),
            ("ES", Stage::Active),
        ] {
            providers.push(world.provider("trade", region, stage).await);
        }
        let mut resellers = Vec::new();
        for (region, stage) in [
            ("ES", Stage::Active),
            ("DE", Stage::Active),
            ("ES", Stage::Active),
            ("US", Stage::Active),
            ("ES", Stage::Tied),
            ("ES", Stage::InReview),
            ("ES", Stage::Draft),
        ] {
            resellers.push(world.reseller("trade", region, stage).await);
        }
        let mut customers = Vec::new();
        for region in ["ES", "CH", "US", "TR"] {
            customers.push(world.company("trade", region).await);
        }
        customers.push(resellers[2].anna.clone());
        let helpdesk = world.colleague(&providers[0].anna, "help", &[Role::HelpdeskAgent]).await;
        let mut trade = Self {
            providers,
            resellers,
            customers,
            operator,
            publisher,
            order_system,
            helpdesk,
            ties: Vec::new(),
            sales: Vec::new(),
            markets: SHIPPED.to_owned(),
            dice: fastrand::Rng::with_seed(seed),
        };
        for provider in 0..2 {
            for reseller in 0..3 {
                trade.connect(world, provider, reseller).await;
                for customer in [0, 1, 4] {
                    trade.authorise(world, customer, provider, reseller).await;
                }
            }
        }
        for customer in [0, 1, 4] {
            trade.attest(world, 0, customer).await;
            trade.attest(world, 1, customer).await;
        }
        trade
    }

    /// Everybody signs in anew: time passes.
    pub async fn renew(&mut self, world: &World) {
        let annas = self.providers.iter_mut().chain(&mut self.resellers).map(|it| &mut it.anna);
        let staff =
            [&mut self.operator, &mut self.publisher, &mut self.order_system, &mut self.helpdesk];
        for it in annas.chain(&mut self.customers).chain(staff) {
            *it = world.session(&it.sign_in_name).await;
        }
    }

    /// One of each kind who may ask.
    pub fn askers(&self) -> Vec<(&'static str, Persona)> {
        vec![
            ("order system", self.order_system.clone()),
            ("operator", self.operator.clone()),
            ("provider", self.providers[0].anna.clone()),
            ("its helpdesk", self.helpdesk.clone()),
            ("another provider", self.providers[1].anna.clone()),
            ("reseller", self.resellers[0].anna.clone()),
            ("reseller and customer", self.resellers[2].anna.clone()),
            ("reseller that is not active yet", self.resellers[4].anna.clone()),
            ("stranger", self.providers[3].anna.clone()),
        ]
    }

    /// Runs these, some at a time; what each gave, in their order.
    async fn side_by_side<T: Send + 'static>(
        all: Vec<impl Future<Output = T> + Send + 'static>,
    ) -> Vec<T> {
        let seats = Arc::new(Semaphore::new(AT_ONCE));
        let mut begun = Vec::new();
        for it in all {
            let seats = seats.clone();
            begun.push(tokio::spawn(async move {
                let _seat = seats.acquire().await.unwrap();
                it.await
            }));
        }
        let mut done = Vec::new();
        for it in begun {
            done.push(it.await.unwrap());
        }
        done
    }

    pub(crate) fn some(&mut self, n: usize) -> usize {
        self.dice.usize(0..n)
    }
}
