//! Who holds the keys (AT): four people of a reseller, and who may do what to whom.

use api::{
    changes::v1::ListAuditEntriesRequest,
    users::v1::{ListRolesRequest, UserState},
};
use domain::Role;
use it::{
    Persona, World,
    cast::Stage,
    look::bytes,
    on_each_engine,
    people::{newcomer, wire},
    reason,
};
use tonic::Status;

/// How often Dora and Emil try to demote each other.
const ROUNDS: usize = 1_000;

fn why<T>(answer: Result<T, Status>) -> String {
    answer.err().map(|it| reason(&it)).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_keys() {
    on_each_engine(async |world| {
        // Signing has made Anna ADMIN_AGENT (U2).
        let donau = world.reseller("donau", "AT", Stage::Active).await;
        let anna = world.anew(&donau.anna).await;
        let bernd = world.join(&anna, "bernd", &[Role::UserAdmin]).await;
        let clara = world.join(&anna, "clara", &[Role::AdminAgent]).await;
        lesser_roles(&world, &bernd).await;
        greater_people(&world, &anna, &bernd, &clara).await;
        let dora = succession(&world, &anna).await;
        let emil = world.join_by_agent(&dora, &clara, "emil").await;
        demotions(&world, &dora, &emil).await;
        old_tokens(&world, &anna, &dora).await;
        restoring(&world, &dora, &clara, &emil).await;
        repetition(&world, &clara).await;
        strangers(&world, &clara).await;
    })
    .await;
}

trait Joins {
    async fn join_by_agent(&self, admin: &Persona, agent: &Persona, name: &str) -> Persona;
}

impl Joins for World {
    /// An ADMIN_AGENT adds a person, whom the global admin makes one.
    async fn join_by_agent(&self, admin: &Persona, agent: &Persona, name: &str) -> Persona {
        let joined = self.join(agent, name, &[Role::HelpdeskAgent]).await;
        self.change_roles(admin, &joined.user, &[Role::GlobalAdmin], &[]).await.unwrap();
        self.anew(&joined).await
    }
}

/// (a): a USER_ADMIN gives lesser roles, and itself none.
async fn lesser_roles(world: &World, bernd: &Persona) {
    let own = world.change_roles(bernd, &bernd.user, &[Role::AdminAgent], &[]).await;
    assert_eq!(why(own), "SELF_CHANGE_NOT_ALLOWED", "{}", world.engine);
    let add = world.add(bernd, "franz", &[Role::AdminAgent]).await;
    assert_eq!(why(add), "ROLE_NOT_ASSIGNABLE", "{}", world.engine);
    world.add(bernd, "franz", &[Role::HelpdeskAgent]).await.unwrap();
}

/// (b): who holds more is not an ADMIN_AGENT's to touch; a reseller has no sales agents.
async fn greater_people(world: &World, anna: &Persona, bernd: &Persona, clara: &Persona) {
    for answer in [
        why(world.shut_out(clara, &anna.user).await),
        why(world.remove(clara, &anna.user).await),
        why(world.reset(clara, &anna.user).await),
    ] {
        assert_eq!(answer, "TARGET_OUTRANKS_CALLER", "{}", world.engine);
    }
    for who in [anna, clara] {
        let give = world.change_roles(who, &bernd.user, &[Role::SalesAgent], &[]).await;
        assert_eq!(why(give), "ROLE_NOT_ASSIGNABLE", "{}", world.engine);
    }
}

/// (c): Anna leaves once there is another global admin who has signed in, and not before.
async fn succession(world: &World, anna: &Persona) -> Persona {
    let leave = async || why(world.remove(anna, &anna.user).await);
    let (dora, one_time) = world.add(anna, "dora", &[Role::GlobalAdmin]).await.unwrap();
    assert_eq!(leave().await, "LAST_GLOBAL_ADMIN", "{}", world.engine);
    let own = world.shut_out(anna, &anna.user).await;
    assert_eq!(why(own), "SELF_CHANGE_NOT_ALLOWED", "{}", world.engine);
    let own = world.change_roles(anna, &anna.user, &[], &[Role::GlobalAdmin]).await;
    assert_eq!(why(own), "SELF_CHANGE_NOT_ALLOWED", "{}", world.engine);

    let name = dora.sign_in_name.as_str();
    let early = world.sign_in_with(name, &one_time).await;
    let ask = world.users().list_roles(early.asks(ListRolesRequest {})).await;
    assert_eq!(why(ask), "PASSWORD_CHANGE_REQUIRED", "{}", world.engine);
    assert_eq!(leave().await, "LAST_GLOBAL_ADMIN", "{}", world.engine);
    world.change_password(name, &one_time).await;
    let again = world.reset(anna, &dora.name).await.unwrap().one_time_password;
    assert_eq!(leave().await, "LAST_GLOBAL_ADMIN", "{}", world.engine);
    world.change_password(name, &again).await;
    let dora = world.sign_in(name).await;
    assert_eq!(leave().await, "", "{}", world.engine);
    dora
}

/// (d): two global admins demote each other at the same time; one of them always stays.
async fn demotions(world: &World, dora: &Persona, emil: &Persona) {
    let pair = [dora, emil];
    for round in 0..ROUNDS {
        let demote = async |by: usize| {
            let (add, remove) = ([Role::HelpdeskAgent], [Role::GlobalAdmin]);
            why(world.change_roles(pair[by], &pair[1 - by].user, &add, &remove).await)
        };
        let (by_dora, by_emil) = tokio::join!(demote(0), demote(1));
        let won = [by_dora.is_empty(), by_emil.is_empty()];
        let what = format!("{round}: {by_dora:?} {by_emil:?} on {}", world.engine);
        assert_eq!(won.iter().filter(|it| **it).count(), 1, "{what}");
        let (winner, loser) = if won[0] { (dora, emil) } else { (emil, dora) };
        let back = world.change_roles(winner, &loser.user, &[Role::GlobalAdmin], &[]).await;
        let roles = back.unwrap_or_else(|err| panic!("{what}: {err:?}")).roles;
        assert!(roles.contains(&wire(&[Role::GlobalAdmin])[0]), "{what}");
    }
    // Dora goes on as GLOBAL_ADMIN alone.
    let drop = world.change_roles(emil, &dora.user, &[], &[Role::HelpdeskAgent]).await;
    assert!(drop.is_ok(), "{drop:?} on {}", world.engine);
}

/// (e): what Anna could do ended with her.
async fn old_tokens(world: &World, anna: &Persona, dora: &Persona) {
    let ask = |who: &Persona| {
        let parent = dora.company.clone();
        who.asks(ListAuditEntriesRequest { parent, ..ListAuditEntriesRequest::default() })
    };
    let read = world.changes().list_audit_entries(ask(anna)).await;
    assert_eq!(why(read), "SESSION_REVOKED", "{}", world.engine);
    world.changes().list_audit_entries(ask(dora)).await.unwrap();
}

/// (f): managing people takes ADMIN_AGENT, which a global admin gives itself; a deleted person comes
/// back by who has power over its roles, unless its address is another's by then.
async fn restoring(world: &World, dora: &Persona, clara: &Persona, emil: &Persona) {
    let early = world.remove(dora, &emil.user).await;
    assert_eq!(why(early), "ROLE_MISSING", "{}", world.engine);
    world.change_roles(dora, &dora.user, &[Role::AdminAgent], &[]).await.unwrap();
    world.remove(dora, &emil.user).await.unwrap();
    let by_clara = world.restore(clara, &emil.user).await;
    assert_eq!(why(by_clara), "TARGET_OUTRANKS_CALLER", "{}", world.engine);
    let mut other = newcomer("emilia", &[Role::HelpdeskAgent]);
    other.email = "emil@people.example".to_owned();
    let asked = clara.asks(other);
    let other = world.users().create_user(asked).await.unwrap().into_inner().user.unwrap();
    let taken = world.restore(dora, &emil.user).await;
    assert_eq!(why(taken), "USER_ALREADY_EXISTS", "{}", world.engine);
    world.remove(dora, &other.name).await.unwrap();
    let back = world.restore(dora, &emil.user).await.unwrap();
    assert_eq!(back.state(), UserState::Active, "{}", world.engine);
    assert_eq!(back.roles, wire(&[Role::GlobalAdmin, Role::HelpdeskAgent]), "{}", world.engine);
}

/// (g): the same call again answers the same person, without the password.
async fn repetition(world: &World, clara: &Persona) {
    let mut request = newcomer("gerda", &[Role::BillingAdmin]);
    request.request_id = uuid::Uuid::new_v4().to_string();
    let mut client = world.users();
    let first = client.create_user(clara.asks(request.clone())).await.unwrap().into_inner();
    let again = client.create_user(clara.asks(request)).await.unwrap().into_inner();
    assert_eq!(first.user, again.user, "{}", world.engine);
    assert!(!first.one_time_password.is_empty() && !first.secret_withheld, "{}", world.engine);
    assert!(again.one_time_password.is_empty() && again.secret_withheld, "{}", world.engine);
}

/// (h): another company's people are as unknown as people that nobody has.
async fn strangers(world: &World, clara: &Persona) {
    let foreign = world.company("inn", "AT").await;
    let unknown = format!("{}/users/{}", foreign.company, uuid::Uuid::now_v7());
    let mut seen = Vec::new();
    for name in [&foreign.user, &unknown] {
        seen.push([
            bytes(&world.user(clara, name).await.unwrap_err()),
            bytes(&world.rename(clara, name, "Eva").await.unwrap_err()),
            bytes(&world.shut_out(clara, name).await.unwrap_err()),
        ]);
    }
    assert_eq!(seen[0], seen[1], "{}", world.engine);
}
