//! A service account's token with any one thing wrong is refused, always with the same words.

mod mutants;

use api::{relationships::v1::ListRelationshipsRequest, users::v1::WhoAmIRequest};
use domain::Role;
use it::{Persona, World, cast::Stage, logs, on_each_engine, reason, without_call};
use mutants::{Scene, mutants};
use tonic::{Code, Request};

/// Everything that the mutants need: good keys and accounts, ended ones, and somebody else's.
async fn scene(world: &World, keeper: &Persona, stranger: &Persona) -> Scene {
    let roles = [Role::AdminAgent];
    let machine = async |keeper: &Persona| world.machine(keeper, &roles).await;
    let scene = Scene {
        now: world.clock.now().timestamp(),
        audience: world.config().audience().to_owned(),
        good: machine(keeper).await,
        sibling: machine(keeper).await,
        foreign: machine(stranger).await,
        revoked: machine(keeper).await,
        suspended: machine(keeper).await,
        deleted: machine(keeper).await,
        session: keeper.token.clone().unwrap(),
    };
    world.revoke_key(keeper, &scene.revoked.key_name).await.unwrap();
    world.stop(keeper, &scene.suspended.name).await.unwrap();
    world.dismiss(keeper, &scene.deleted.name).await.unwrap();
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_two_hundred_mutants_of_a_token_is_refused_alike_and_has_no_effect() {
    logs::keep();
    on_each_engine(async |world| {
        let keeper = world.provider("mutants", "DE", Stage::Draft).await.anna;
        let stranger = world.provider("strangers", "DE", Stage::Draft).await.anna;
        let scene = scene(&world, &keeper, &stranger).await;
        let victim = world.machine(&keeper, &[Role::HelpdeskAgent]).await;
        let before = world.ledger(&keeper).await.len();
        let mutants = mutants(&scene);
        assert!(mutants.len() >= 200, "{}", mutants.len());
        let mut answers = std::collections::BTreeMap::new();
        for (n, (name, token)) in mutants.iter().enumerate() {
            let Some(caller) = bearing(token) else { panic!("{name} cannot be sent") };
            let asked = caller.asks(WhoAmIRequest {});
            let refused = world.users().who_am_i(asked).await;
            let refused = refused.expect_err(name);
            assert_eq!(refused.code(), Code::Unauthenticated, "{name} on {}", world.engine);
            assert_eq!(reason(&refused), "CREDENTIAL_INVALID", "{name} on {}", world.engine);
            answers.entry(without_call(&refused)).or_insert_with(Vec::new).push(name.clone());
            // One that changes something.
            let refused = world.stop(&caller, &victim.name).await.expect_err(name);
            assert_eq!(reason(&refused), "CREDENTIAL_INVALID", "{name} on {}", world.engine);
            // Nothing of it is logged: not its signed part, nor its signature. All are refused in one
            // place; some stand for the rest.
            for part in token.split('.').filter(|it| n % 20 == 0 && it.len() > 20) {
                assert!(!logs::hold(part), "{name} was logged on {}", world.engine);
            }
        }
        assert_eq!(answers.len(), 1, "{answers:?}");
        let names: std::collections::BTreeSet<&String> = mutants.iter().map(|it| &it.0).collect();
        assert_eq!(names.len(), mutants.len(), "each has a name of its own");
        assert_eq!(world.ledger(&keeper).await.len(), before, "{}", world.engine);
        // The one that they were made of is good all the while.
        let good = bearing(&scene.good_token()).unwrap();
        world.users().who_am_i(good.asks(WhoAmIRequest {})).await.unwrap();
        assert!(world.stop(&good, &victim.name).await.is_ok());
    })
    .await;
}

fn bearing(token: &str) -> Option<Persona> {
    let value: Result<tonic::metadata::MetadataValue<tonic::metadata::Ascii>, _> =
        format!("Bearer {token}").parse();
    value.ok().map(|_| Persona { token: Some(token.to_owned()), ..Persona::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorization_that_is_no_one_bearer_token_is_refused() {
    on_each_engine(async |world| {
        let keeper = world.provider("schemes", "DE", Stage::Draft).await.anna;
        let machine = world.machine(&keeper, &[Role::AdminAgent]).await;
        let token = world.signed(&machine).token.unwrap();
        let ask = async |values: &[String]| {
            let mut request = Request::new(WhoAmIRequest {});
            for value in values {
                request.metadata_mut().append("authorization", value.parse().unwrap());
            }
            world.users().who_am_i(request).await.map(drop).map_err(|it| reason(&it))
        };
        let bearer = format!("Bearer {token}");
        assert_eq!(ask(std::slice::from_ref(&bearer)).await, Ok(()));
        let invalid = Err("CREDENTIAL_INVALID".to_owned());
        for values in [
            vec![bearer.clone(), bearer.clone()],
            vec![bearer.clone(), "Bearer x".to_owned()],
            vec![format!("{bearer}, {bearer}")],
            vec![token.clone()],
            vec![format!("bearer {token}")],
            vec![format!("Bearer  {token}")],
            vec![format!("Basic {token}")],
            vec![format!("Bearer\t{token}")],
            vec!["Bearer".to_owned()],
            vec!["Bearer ".to_owned()],
        ] {
            assert_eq!(ask(&values).await, invalid, "{values:?} on {}", world.engine);
        }
        assert_eq!(ask(&[]).await, Err("CREDENTIAL_MISSING".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_names_users_companies_or_hosts_changes_nothing() {
    on_each_engine(async |world| {
        let provider = world.provider("plain", "DE", Stage::Active).await;
        let victim = world.provider("victim", "DE", Stage::Active).await;
        let operator = world.platform(&[Role::Operator]).await;
        let machine = world.machine(&provider.anna, &[Role::SalesAgent]).await;
        let caller = world.signed(&machine);
        let names: Vec<(&str, String)> = [
            ("x-user", &victim.anna.user),
            ("x-user-id", &victim.anna.user),
            ("x-authenticated-user", &victim.anna.sign_in_name),
            ("x-remote-user", &victim.anna.sign_in_name),
            ("x-forwarded-user", &victim.anna.sign_in_name),
            ("x-forwarded-email", &victim.anna.sign_in_name),
            ("x-company", &victim.anna.company),
            ("x-tenant", &victim.anna.company),
            ("x-tenant-id", &victim.anna.company),
            ("x-pacta-company", &victim.anna.company),
            ("x-pacta-caller", &operator.user),
            ("x-pacta-roles", &"OPERATOR GLOBAL_ADMIN".to_owned()),
            ("x-role", &"OPERATOR".to_owned()),
            ("roles", &"GLOBAL_ADMIN".to_owned()),
            ("x-goog-authenticated-user-email", &victim.anna.sign_in_name),
            ("x-ssl-client-verify", &"SUCCESS".to_owned()),
            ("x-forwarded-client-cert", &"URI=spiffe://pacta/orders".to_owned()),
            ("x-original-authorization", &format!("Bearer {}", operator.token.clone().unwrap())),
            ("proxy-authorization", &format!("Bearer {}", operator.token.clone().unwrap())),
            ("cookie", &format!("session={}", operator.token.clone().unwrap())),
            ("x-forwarded-for", &"203.0.113.7".to_owned()),
            ("x-real-ip", &"203.0.113.7".to_owned()),
            ("forwarded", &"for=203.0.113.7;host=evil.example;proto=https".to_owned()),
            ("x-forwarded-host", &"evil.example".to_owned()),
            ("x-forwarded-proto", &"http".to_owned()),
            ("x-original-url", &"/pacta.users.v1.UsersService/ListRoles".to_owned()),
            ("x-rewrite-url", &"/pacta.users.v1.UsersService/ListRoles".to_owned()),
            ("x-http-method-override", &"DELETE".to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (name, value.clone()))
        .collect();
        let with = |mut request: Request<WhoAmIRequest>| {
            for (name, value) in &names {
                let name: tonic::metadata::MetadataKey<_> = name.parse().unwrap();
                request.metadata_mut().insert(name, value.parse().unwrap());
            }
            request
        };
        let plain = world.users().who_am_i(caller.asks(WhoAmIRequest {})).await.unwrap();
        let named = world.users().who_am_i(with(caller.asks(WhoAmIRequest {}))).await.unwrap();
        assert_eq!(plain.into_inner(), named.into_inner(), "{}", world.engine);
        // Nor do they stand in for a credential.
        let nobody = world.users().who_am_i(with(Request::new(WhoAmIRequest {}))).await;
        assert_eq!(reason(&nobody.unwrap_err()), "CREDENTIAL_MISSING");

        // Links in mails lead where the configuration says, and the ledger names who called.
        let email = format!("{}@hotel.example", world.label("info"));
        let mut asked = caller.asks(it::cast::invitation(&email));
        for (name, value) in &names {
            let name: tonic::metadata::MetadataKey<_> = name.parse().unwrap();
            asked.metadata_mut().insert(name, value.parse().unwrap());
        }
        world.relationships().create_invitation(asked).await.unwrap();
        let entry = world.ledger(&provider.anna).await.remove(0);
        assert_eq!(entry.actor.unwrap().principal, machine.name);
        let mail = world.mail_to(&email).await;
        let text = format!("{mail:?}");
        assert!(text.contains(&world.config().link_base) && !text.contains("evil.example"));
        let asked = caller.asks(ListRelationshipsRequest::default());
        world.relationships().list_relationships(asked).await.unwrap();
    })
    .await;
}
