//! Takes a right away while it is used at full speed on two servers, and looks who still had it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use api::{
    enrollment::v1::{
        SetPartnerExternalIdsRequest, SuspendPartnerRequest,
        enrollment_service_client::EnrollmentServiceClient,
    },
    relationships::v1::{
        ListRelationshipsRequest, relationships_service_client::RelationshipsServiceClient,
    },
    users::v1::{SignOutRequest, WhoAmIRequest, users_service_client::UsersServiceClient},
};
use domain::Role;
use tokio::sync::Semaphore;
use tonic::{Status, transport::Channel};

use crate::{
    Persona, World,
    cast::{Stage, invitation},
    reason,
};

/// What is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// A person is suspended.
    User,
    /// A person loses the role that its calls need.
    Role,
    /// A machine's key is revoked.
    Key,
    /// A person signs out.
    Session,
    /// A partner is suspended: its people go on, and invite nobody.
    Partner,
}

pub const KINDS: &[Taken] = &[Taken::User, Taken::Role, Taken::Key, Taken::Session, Taken::Partner];

/// Calls at once, on each of the two servers.
const CALLERS: usize = 4;
/// Calls that succeed before anything is taken, and calls of each caller after the acknowledgement.
const BEFORE: u32 = 40;
const AFTER: usize = 5;

/// How the calls went.
#[derive(Debug, Default)]
pub struct Seen {
    /// That started before the acknowledgement and succeeded.
    pub before: usize,
    /// That started after it and were refused.
    pub after: usize,
    /// That started after it and succeeded.
    pub late: Vec<String>,
}

/// A call: when it started, and why it was refused.
type Call = (Instant, Result<(), String>);

/// Calls two servers of the world's database at full speed, takes the right away on the world's own,
/// and looks at what came of the calls that started after the acknowledgement.
pub async fn revoke_under_load(
    world: &World,
    servers: &[Channel; 2],
    taken: Taken,
    round: usize,
) -> Seen {
    let scene = Scene::set(world, taken, round).await;
    let is_taken = Arc::new(AtomicBool::new(false));
    let successes = Arc::new(Semaphore::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for server in servers {
        for n in 0..CALLERS {
            let (is_taken, caller) = (is_taken.clone(), scene.caller.clone());
            let successes = successes.clone();
            let channels = Channels {
                users: UsersServiceClient::new(server.clone()),
                enrollment: EnrollmentServiceClient::new(server.clone()),
                relationships: RelationshipsServiceClient::new(server.clone()),
            };
            let (partner, writes) = (scene.partner.clone(), n % 2 == 0);
            callers.spawn(async move {
                let mut calls: Vec<Call> = Vec::new();
                let mut n_left = AFTER;
                while n_left > 0 {
                    n_left -= usize::from(is_taken.load(Ordering::SeqCst));
                    let start = Instant::now();
                    let answer = channels.call(taken, &caller, &partner, writes).await;
                    successes.add_permits(usize::from(answer.is_ok()));
                    calls.push((start, answer.map_err(|it| reason(&it))));
                }
                calls
            });
        }
    }
    let enough = successes.acquire_many(BEFORE).await.unwrap();
    scene.take(world, taken).await;
    let acknowledged = Instant::now();
    is_taken.store(true, Ordering::SeqCst);
    drop(enough);

    let mut seen = Seen::default();
    for (start, answer) in callers.join_all().await.into_iter().flatten() {
        match (start > acknowledged, answer) {
            (false, Ok(())) => seen.before += 1,
            (false, Err(_)) => {}
            (true, Err(why)) => {
                assert!(REFUSALS.contains(&why.as_str()), "{taken:?}: {why}");
                seen.after += 1;
            }
            (true, Ok(())) => seen.late.push(format!("{:?} later", start - acknowledged)),
        }
    }
    seen
}

const REFUSALS: &[&str] = &[
    "SESSION_REVOKED",
    "CREDENTIAL_INVALID",
    "ROLE_MISSING",
    "REQUIREMENTS_NOT_MET",
    // The invitations get in each other's way, and are refused nevertheless.
    "CONTENTION",
];

#[derive(Clone)]
struct Channels {
    users: UsersServiceClient<Channel>,
    enrollment: EnrollmentServiceClient<Channel>,
    relationships: RelationshipsServiceClient<Channel>,
}

impl Channels {
    /// A read or a write that needs what is taken.
    async fn call(
        &self,
        taken: Taken,
        caller: &Persona,
        partner: &str,
        writes: bool,
    ) -> Result<(), Status> {
        let (mut users, mut enrollment) = (self.users.clone(), self.enrollment.clone());
        let mut relationships = self.relationships.clone();
        match (taken, writes) {
            (Taken::Partner, _) => {
                let email = format!("info@{}.example", uuid::Uuid::now_v7());
                let asked = caller.asks(invitation(&email));
                relationships.create_invitation(asked).await.map(drop)
            }
            (Taken::User | Taken::Session | Taken::Key, false) => {
                users.who_am_i(caller.asks(WhoAmIRequest {})).await.map(drop)
            }
            (Taken::Role, false) => {
                let asked = caller.asks(ListRelationshipsRequest::default());
                relationships.list_relationships(asked).await.map(drop)
            }
            (Taken::User | Taken::Session | Taken::Key | Taken::Role, true) => {
                let id = uuid::Uuid::now_v7().to_string();
                let ask = SetPartnerExternalIdsRequest {
                    name: partner.to_owned(),
                    external_ids: [("crm".to_owned(), id)].into(),
                    ..SetPartnerExternalIdsRequest::default()
                };
                enrollment.set_partner_external_ids(caller.asks(ask)).await.map(drop)
            }
        }
    }
}

/// Who calls, and who takes.
struct Scene {
    caller: Persona,
    taker: Persona,
    partner: String,
    /// The key, where one is revoked.
    key: String,
}

impl Scene {
    async fn set(world: &World, taken: Taken, round: usize) -> Self {
        let stage = if taken == Taken::Partner { Stage::Active } else { Stage::Draft };
        let firm = world.provider("taken", "DE", stage).await;
        let anna = firm.anna.clone();
        let name = format!("berta{round}");
        let berta = world.colleague(&anna, &name, &[Role::AdminAgent]).await;
        let (mut caller, mut taker, mut key) = (berta.clone(), anna.clone(), String::new());
        match taken {
            // A global admin of a partner's company manages people as an admin agent.
            Taken::User => {
                let dora = world.colleague(&anna, "dora", &[Role::AdminAgent]).await;
                taker = dora;
            }
            Taken::Role => {}
            Taken::Session => taker = berta,
            Taken::Key => {
                let machine = world.machine(&anna, &[Role::AdminAgent]).await;
                caller = world.signed(&machine);
                key = machine.key_name;
            }
            Taken::Partner => taker = world.staff().await.operator.clone(),
        }
        Self { caller, taker, partner: firm.partner, key }
    }

    /// Takes it, again if a race was lost: the acknowledgement is what counts.
    async fn take(&self, world: &World, taken: Taken) {
        loop {
            let answer = match taken {
                Taken::User => world.shut_out(&self.taker, &self.caller.user).await.map(drop),
                Taken::Role => {
                    let (give, take) = ([Role::UserAdmin], [Role::AdminAgent]);
                    let changed = world.change_roles(&self.taker, &self.caller.user, &give, &take);
                    changed.await.map(drop)
                }
                Taken::Key => world.revoke_key(&self.taker, &self.key).await.map(drop),
                Taken::Session => {
                    let asked = self.taker.asks(SignOutRequest::default());
                    world.users().sign_out(asked).await.map(drop)
                }
                Taken::Partner => {
                    let ask = SuspendPartnerRequest {
                        name: self.partner.clone(),
                        reason: "under load".to_owned(),
                        ..SuspendPartnerRequest::default()
                    };
                    world.enrollment().suspend_partner(self.taker.asks(ask)).await.map(drop)
                }
            };
            match answer {
                Ok(()) => return,
                Err(err) if reason(&err) == "CONTENTION" => {}
                Err(err) => panic!("{taken:?}: {err:?}"),
            }
        }
    }
}
