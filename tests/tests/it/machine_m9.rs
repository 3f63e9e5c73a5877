//! The life of a person, every state x action x target x actor through the API, against
//! `machines/m9.txt`.

use api::users::v1::{ChangePasswordRequest, UserState};
use domain::{Role, Secret};
use it::{PASSWORD, Persona, World, cast::Stage, on_each_engine, people::newcomer, reason};
use tonic::Status;

const TABLE: &str = include_str!("../../machines/m9.txt");

/// Where a life stands, and where it stood before that.
const STATES: [(&str, &str); 8] = [
    ("none", ""),
    ("INVITED", ""),
    ("ACTIVE", ""),
    ("SUSPENDED", "INVITED"),
    ("SUSPENDED", "ACTIVE"),
    ("DELETED", "INVITED"),
    ("DELETED", "ACTIVE"),
    ("DELETED", "SUSPENDED"),
];
const ACTIONS: [&str; 8] = [
    "CreateUser",
    "ChangePassword",
    "UpdateUserRoles",
    "ResetUserPassword",
    "SuspendUser",
    "ReactivateUser",
    "DeleteUser",
    "UndeleteUser",
];
const TARGETS: [(&str, Role); 3] =
    [("GA", Role::GlobalAdmin), ("AA", Role::AdminAgent), ("HD", Role::HelpdeskAgent)];

/// The first line that fits; every combination has one.
fn outcome(key: [&str; 4]) -> &'static str {
    let lines = TABLE.lines().filter(|it| !it.starts_with('#'));
    let fits = |line: &&str| {
        let columns = line.split('|').map(str::trim);
        columns.zip(key).all(|(it, value)| it == "*" || it.split(',').any(|it| it == value))
    };
    let found = lines.into_iter().find(fits).unwrap_or_else(|| panic!("no line for {key:?}"));
    found.rsplit('|').next().unwrap().trim()
}

/// Everybody who tries.
struct Cast {
    /// Their names in the table.
    actors: Vec<(&'static str, Persona)>,
    /// A global admin of the reseller who is ADMIN_AGENT, too; the same of the other company.
    admins: [Persona; 2],
    hash: String,
}

async fn cast(world: &World) -> Cast {
    use Role::*;
    let hash = world.app.passwords.hash(&Secret::new(PASSWORD)).await.unwrap();
    let firm = world.reseller("m9", "ES", Stage::Draft).await.anna;
    let plain = world.company("m9", "ES").await;
    let mut actors = vec![("nobody", Persona::stranger())];
    for (short, role) in [
        ("GA", GlobalAdmin),
        ("AA", AdminAgent),
        ("UA", UserAdmin),
        ("AC", AccountAdmin),
        ("SA", SalesAgent),
        ("HD", HelpdeskAgent),
        ("BA", BillingAdmin),
    ] {
        let name = format!("actor-{}", short.to_lowercase());
        actors.push((short, world.person_in(&firm, &name, &[role], &hash, true).await));
    }
    for (short, role) in
        [("cGA", GlobalAdmin), ("cAA", AdminAgent), ("cUA", UserAdmin), ("cHD", HelpdeskAgent)]
    {
        let name = format!("actor-{}", short.to_lowercase());
        actors.push((short, world.person_in(&plain, &name, &[role], &hash, true).await));
    }
    for (short, role) in [
        ("OP", Operator),
        ("RV", Reviewer),
        ("AP", AgreementPublisher),
        ("AU", Auditor),
        ("IS", InternalService),
    ] {
        actors.push((short, world.platform(&[role]).await));
    }
    let both = [GlobalAdmin, AdminAgent];
    let other = world.reseller("m9", "ES", Stage::Draft).await.anna;
    actors.push(("other", world.with_roles(&other, &both).await));
    let admins = [world.with_roles(&firm, &both).await, world.with_roles(&plain, &both).await];
    Cast { actors, admins, hash }
}

impl Cast {
    /// The admin of the company in which the actor meets the target.
    fn admin(&self, actor: &str) -> &Persona {
        &self.admins[usize::from(actor.starts_with('c'))]
    }

    /// A person who stands so.
    async fn begin(&self, world: &World, by: &Persona, role: Role, of: (&str, &str)) -> Persona {
        let (state, before) = of;
        let name = world.label("target");
        if state == "none" {
            let (_, domain) = by.sign_in_name.split_once('@').unwrap();
            let sign_in_name = format!("{name}@{domain}");
            return Persona { sign_in_name, ..Persona::default() };
        }
        let is_active = state == "ACTIVE" || before == "ACTIVE" || before == "SUSPENDED";
        let person = world.person_in(by, &name, &[role], &self.hash, is_active).await;
        if state == "SUSPENDED" || before == "SUSPENDED" {
            world.shut_out(by, &person.user).await.unwrap();
        }
        if state == "DELETED" {
            world.remove(by, &person.user).await.unwrap();
        }
        person
    }
}

fn shown(state: UserState) -> String {
    state.as_str_name().strip_prefix("USER_STATE_").unwrap().to_owned()
}

/// Tries the action; the state that the person is in then.
async fn act(
    world: &World,
    action: &str,
    who: &Persona,
    whom: (&Persona, Role, &Persona),
) -> Result<String, Status> {
    let (target, role, admin) = whom;
    let user = match action {
        "CreateUser" => {
            let name = target.sign_in_name.split('@').next().unwrap();
            let mut request = newcomer(name, &[role]);
            request.parent = admin.company.clone();
            world.users().create_user(who.asks(request)).await?.into_inner().user.unwrap()
        }
        "ChangePassword" => {
            let right = who.token.is_some();
            let request = ChangePasswordRequest {
                sign_in_name: target.sign_in_name.clone(),
                old_password: if right { PASSWORD } else { "a wrong one" }.to_owned(),
                new_password: "another good passphrase".to_owned(),
                ..ChangePasswordRequest::default()
            };
            world.users().change_password(request).await?.into_inner().user.unwrap()
        }
        "UpdateUserRoles" => {
            world.change_roles(who, &target.user, &[Role::HelpdeskAgent], &[]).await?
        }
        "ResetUserPassword" => world.reset(who, &target.user).await?.user.unwrap(),
        "SuspendUser" => world.shut_out(who, &target.user).await?,
        "ReactivateUser" => world.let_in(who, &target.user).await?,
        "DeleteUser" => world.remove(who, &target.user).await?,
        "UndeleteUser" => world.restore(who, &target.user).await?,
        other => panic!("no action {other}"),
    };
    Ok(shown(user.state()))
}

/// Which actors try an action on a target in a state.
fn tries(action: &str, actor: &str, state: &str) -> bool {
    match (action, actor) {
        ("ChangePassword", "self" | "nobody") => state != "none",
        ("ChangePassword", _) => false,
        ("CreateUser", actor) => actor != "self",
        (_, _) => state != "none",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_every_state_takes_exactly_the_actions_of_the_table() {
    on_each_engine(async |world| {
        let cast = cast(&world).await;
        let mut n_tried = 0;
        for (of, (short, role)) in STATES.into_iter().flat_map(|of| TARGETS.map(|it| (of, it))) {
            for action in ACTIONS {
                // What is refused changes nothing: one target of a company serves until it moves.
                let mut targets: [Option<Persona>; 2] = [None, None];
                let own = ("self", Persona::default());
                for (actor, who) in cast.actors.iter().chain([&own]) {
                    if !tries(action, actor, of.0) {
                        continue;
                    }
                    let admin = cast.admin(actor);
                    let place = usize::from(actor.starts_with('c'));
                    let target = match targets[place].take() {
                        Some(it) => it,
                        None => cast.begin(&world, admin, role, of).await,
                    };
                    let who = if *actor == "self" { &target } else { who };
                    let found = act(&world, action, who, (&target, role, admin)).await;
                    let expected = match outcome([of.0, action, short, actor]) {
                        "=" => of.0,
                        "before" => of.1,
                        other => other,
                    };
                    let has_moved = found.is_ok();
                    let found = found.unwrap_or_else(|err| reason(&err));
                    let what = format!("{of:?} {action} {short} by {actor} on {}", world.engine);
                    assert_eq!(found, expected, "{what}");
                    n_tried += 1;
                    if !has_moved {
                        targets[place] = Some(target);
                    }
                }
            }
        }
        println!("m9: {n_tried} tried on {}", world.engine);
        assert!(n_tried > 2_000, "{n_tried}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_the_last_global_admin_stays_whatever_is_tried() {
    on_each_engine(async |world| {
        let anna = world.company("m9", "ES").await;
        let hash = world.app.passwords.hash(&Secret::new(PASSWORD)).await.unwrap();
        let agent = world.person_in(&anna, "agent", &[Role::AdminAgent], &hash, true).await;
        let admin = world.person_in(&anna, "admin", &[Role::UserAdmin], &hash, true).await;
        for action in
            ACTIONS.into_iter().filter(|it| !matches!(*it, "CreateUser" | "ChangePassword"))
        {
            for (actor, who) in [("self", &anna), ("cAA", &agent), ("cUA", &admin)] {
                let whom = (&anna, Role::GlobalAdmin, &anna);
                let err = act(&world, action, who, whom).await.unwrap_err();
                let expected = outcome(["ACTIVE", action, "last", actor]);
                assert_eq!(reason(&err), expected, "{action} by {actor} on {}", world.engine);
            }
        }
        let drop = world.change_roles(&anna, &anna.user, &[], &[Role::GlobalAdmin]).await;
        assert_eq!(reason(&drop.unwrap_err()), "SELF_CHANGE_NOT_ALLOWED", "{}", world.engine);
        // Somebody who has not signed in yet is no other global admin (U3).
        world.person_in(&anna, "invited", &[Role::GlobalAdmin], &hash, false).await;
        let err = world.remove(&anna, &anna.user).await.unwrap_err();
        assert_eq!(reason(&err), "LAST_GLOBAL_ADMIN", "{}", world.engine);
    })
    .await;
}
