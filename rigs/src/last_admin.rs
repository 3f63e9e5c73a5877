//! Two global admins at each other, or leaving, at the same time: a company never loses its last one.

use api::users::v1::{ListUsersRequest, UserState};
use domain::Role;
use it::{Persona, World, people::wire, reason};
use tonic::Status;

use crate::engines;

const ACTS: [&str; 5] = ["demote", "suspend", "delete", "leave", "reset"];

/// Companies that race at once.
const AT_A_TIME: usize = 4;

async fn act(world: &World, act: &str, who: &Persona, other: &Persona) -> Result<(), Status> {
    match act {
        "demote" => {
            let (add, remove) = ([Role::HelpdeskAgent], [Role::GlobalAdmin]);
            world.change_roles(who, &other.user, &add, &remove).await.map(drop)
        }
        "suspend" => world.shut_out(who, &other.user).await.map(drop),
        "delete" => world.remove(who, &other.user).await.map(drop),
        "leave" => world.remove(who, &who.user).await.map(drop),
        "reset" => world.reset(who, &other.user).await.map(drop),
        other => panic!("no act {other}"),
    }
}

/// One race; whether both acts were done.
async fn race(world: &World, operator: &Persona, pair: &[Persona], acts: [&str; 2]) -> bool {
    let (first, second) = tokio::join!(
        act(world, acts[0], &pair[0], &pair[1]),
        act(world, acts[1], &pair[1], &pair[0])
    );
    let ask = ListUsersRequest {
        parent: pair[0].company.clone(),
        role: wire(&[Role::GlobalAdmin])[0],
        state: UserState::Active.into(),
        ..ListUsersRequest::default()
    };
    let left = world.users().list_users(operator.asks(ask)).await.unwrap().into_inner().users;
    let answers = [&first, &second].map(|it| it.as_ref().err().map(reason).unwrap_or_default());
    assert!(!left.is_empty(), "{acts:?} answered {answers:?} on {}: nobody left", world.engine);
    // Of each pair one is done; the other finds its power gone, or itself the last one.
    assert!(first.is_ok() || second.is_ok(), "{acts:?} {answers:?} on {}", world.engine);
    for why in answers.iter().filter(|it| !it.is_empty()) {
        let expected = [
            // Its roles were taken between the gate and the write: a new call is refused them.
            "CONTENTION",
            "LAST_GLOBAL_ADMIN",
            "SESSION_REVOKED",
            "ROLE_MISSING",
            "TARGET_OUTRANKS_CALLER",
            "INVALID_STATE_TRANSITION",
        ];
        assert!(expected.contains(&why.as_str()), "{acts:?} {answers:?} on {}", world.engine);
    }
    first.is_ok() && second.is_ok()
}

pub async fn run(n: usize) {
    for world in engines().await {
        let operator = world.platform(&[Role::Operator]).await;
        let (mut n_both, mut n_run) = (0, 0);
        while n_run < n {
            let some = AT_A_TIME.min(n - n_run);
            let mut pairs = Vec::new();
            for _ in 0..some {
                let people = [("anna", &[Role::GlobalAdmin][..]), ("dora", &[Role::GlobalAdmin])];
                pairs.push(world.crowd("AT", &people).await);
            }
            let races = (n_run..n_run + some).zip(&pairs).map(|(at, pair)| {
                // Every pair of acts comes equally often.
                let acts = [ACTS[at % ACTS.len()], ACTS[at / ACTS.len() % ACTS.len()]];
                race(&world, &operator, pair, acts)
            });
            let both = futures_of(races).await;
            n_both += both.into_iter().filter(|it| *it).count();
            n_run += some;
        }
        println!(
            "last-admin   {:8}  {n} races: never a company without its global admin; both acts done \
             in {n_both}; {} writes lost a race",
            world.engine,
            world.app.db.lost_races()
        );
    }
}

/// All of them at once.
async fn futures_of<F: Future<Output = bool>>(all: impl Iterator<Item = F>) -> Vec<bool> {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    let mut done = vec![None; all.len()];
    std::future::poll_fn(|cx| {
        for (one, done) in all.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(it) = one.as_mut().poll(cx)
            {
                *done = Some(it);
            }
        }
        match done.iter().all(Option::is_some) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
