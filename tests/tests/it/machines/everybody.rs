//! One person of each role at a provider, a reseller and a customer, of others and of the platform.

use std::{collections::BTreeMap, sync::Mutex};

use chrono::Duration;
use domain::{Role, Secret, Timestamp};
use it::{
    PASSWORD, Persona, World,
    cast::{Firm, Stage},
};

/// Whoever may try something, by the names of the tables.
pub const ACTORS: [&str; 30] = [
    "PV-GA", "PV-AA", "PV-UA", "PV-AC", "PV-SA", "PV-HD", "PV-BA", "RS-GA", "RS-AA", "RS-UA",
    "RS-AC", "RS-SA", "RS-HD", "RS-BA", "CU-GA", "CU-AA", "CU-UA", "CU-AC", "CU-SA", "CU-HD",
    "CU-BA", "xPV-GA", "xRS-GA", "xCU-GA", "OP", "RV", "AP", "AU", "IS", "nobody",
];
const ROLES: [(&str, Role); 7] = [
    ("GA", Role::GlobalAdmin),
    ("AA", Role::AdminAgent),
    ("UA", Role::UserAdmin),
    ("AC", Role::AccountAdmin),
    ("SA", Role::SalesAgent),
    ("HD", Role::HelpdeskAgent),
    ("BA", Role::BillingAdmin),
];

pub struct Everybody {
    pub provider: Firm,
    pub reseller: Firm,
    /// Another provider.
    pub second: Firm,
    /// Sign-in names by the names of the tables.
    people: BTreeMap<String, String>,
    /// By sign-in name, with when they began.
    sessions: Mutex<BTreeMap<String, (Timestamp, Persona)>>,
}

impl Everybody {
    pub async fn gather(world: &World) -> Self {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let second = world.provider("wisla", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("meseta", "ES", Stage::Active).await;
        let mut people = BTreeMap::from([
            ("xPV-GA".to_owned(), second.anna.sign_in_name.clone()),
            ("xRS-GA".to_owned(), other.anna.sign_in_name),
        ]);
        let hash = world.app.passwords.hash(&Secret::new(PASSWORD)).await.unwrap();
        for (kind, firm) in [("PV", &provider), ("RS", &reseller)] {
            for (short, role) in ROLES {
                let (name, actor) = (short.to_lowercase(), format!("{kind}-{short}"));
                let who = world.person_in(&firm.anna, &name, &[role], &hash, true).await;
                people.insert(actor, who.sign_in_name);
            }
        }
        let staff = world.staff().await;
        let auditor = world.platform(&[Role::Auditor]).await;
        for (name, who) in [
            ("OP", &staff.operator),
            ("RV", &staff.reviewer),
            ("AP", &staff.publisher),
            ("IS", &staff.order_system),
            ("AU", &auditor),
        ] {
            people.insert(name.to_owned(), who.sign_in_name.clone());
        }
        let sessions = Mutex::default();
        let mut all = Self { provider, reseller, second, people, sessions };
        all.renew_customers(world).await;
        all
    }

    /// Other customers, who have had to do with nobody yet.
    pub async fn renew_customers(&mut self, world: &World) {
        let names: Vec<(String, [Role; 1])> =
            ROLES.iter().map(|(short, role)| (short.to_lowercase(), [*role])).collect();
        let people: Vec<(&str, &[Role])> =
            names.iter().map(|(name, roles)| (name.as_str(), &roles[..])).collect();
        for (persona, (short, _)) in world.crowd("CH", &people).await.into_iter().zip(ROLES) {
            self.people.insert(format!("CU-{short}"), persona.sign_in_name);
        }
        let other = world.crowd("CH", &[("ga", &[Role::GlobalAdmin])]).await.remove(0);
        self.people.insert("xCU-GA".to_owned(), other.sign_in_name);
    }

    /// The person, signed in lately.
    pub async fn person(&self, world: &World, actor: &str) -> Persona {
        match self.people.get(actor) {
            Some(name) => self.session(world, name).await,
            None if actor == "nobody" => Persona::stranger(),
            None => panic!("nobody is called {actor}"),
        }
    }

    /// The firm's first person, signed in lately.
    pub async fn anna(&self, world: &World, of: &Firm) -> Persona {
        self.session(world, &of.anna.sign_in_name).await
    }

    /// A session that has just begun, or not long ago.
    pub async fn session(&self, world: &World, name: &str) -> Persona {
        let now = world.clock.now();
        let known = self.sessions.lock().unwrap().get(name).cloned();
        match known.filter(|(begun, _)| now < *begun + Duration::minutes(10)) {
            Some((_, it)) => it,
            None => {
                let made = world.session(name).await;
                self.sessions.lock().unwrap().insert(name.to_owned(), (now, made.clone()));
                made
            }
        }
    }
}
