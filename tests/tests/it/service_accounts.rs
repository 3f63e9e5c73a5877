//! Machines act for companies by keys of their own, as far as their roles go, until they are stopped.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use api::{
    policy::v1::Role as Named,
    relationships::v1::ListRelationshipsRequest,
    types::v1::ActorKind,
    users::v1::{
        AddServiceAccountKeyRequest, CreateServiceAccountRequest, ListServiceAccountKeysRequest,
        ListServiceAccountsRequest, RequireTotpRequest, ServiceAccountState, SignOutRequest,
        SuspendServiceAccountRequest, TestPermissionsRequest, WhoAmIRequest,
    },
};
use chrono::Duration;
use credentials::{Algorithm, PrivateKey};
use domain::{Role, service_account::LIVE_KEYS};
use it::{
    Persona, World,
    cast::{Stage, invitation},
    happened, metadata, on_each_engine,
    people::wire,
    reason, without_call,
};
use server::token::{public, sign};
use tonic::{Code, Status};

async fn who(world: &World, it: &Persona) -> Result<api::users::v1::WhoAmIResponse, Status> {
    Ok(world.users().who_am_i(it.asks(WhoAmIRequest {})).await?.into_inner())
}

fn why<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    reason(&answer.unwrap_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_acts_by_a_token_that_it_signed_and_the_ledger_says_so() {
    on_each_engine(async |world| {
        let provider = world.provider("platform", "DE", Stage::Active).await;
        let anna = &provider.anna;
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
            let machine = world.machine_by(anna, &[Role::SalesAgent], algorithm).await;
            let caller = world.signed(&machine);
            let its = who(&world, &caller).await.unwrap();
            let account = its.service_account.unwrap();
            assert_eq!((account.name.as_str(), its.user), (machine.name.as_str(), None));
            assert_eq!(account.maker, anna.user);
            assert_eq!(account.audience, world.config().audience());
            assert_eq!(its.company.unwrap().name, anna.company);
            assert_eq!((its.auth_time, its.amr.len()), (None, 0));
            let may = |rpc: &str| its.permissions.iter().any(|it| it.ends_with(rpc));
            assert!(may("/CreateInvitation") && may("/WhoAmI") && may("/ListRoles"));
            for fresh in [
                "/SignOut",
                "/AddTotp",
                "/EndRelationship",
                "/CreateServiceAccount",
                "/CreateUser",
                "/ResetUserPassword",
            ] {
                assert!(!may(fresh), "{fresh}");
            }

            // It invites, and who made it is told what comes of it.
            let email = format!("{}@hotel.example", world.label("info"));
            let asked = caller.asks(invitation(&email));
            world.relationships().create_invitation(asked).await.unwrap();
            let entry = world.ledger(anna).await.remove(0);
            assert_eq!(happened(&entry), "InvitationCreated", "{}", world.engine);
            let actor = entry.actor.unwrap();
            assert_eq!(actor.principal, machine.name);
            assert_eq!(actor.kind(), ActorKind::Service);
            let key = machine.key_name.rsplit('/').next().unwrap();
            assert!(actor.credential.starts_with(key), "{}", actor.credential);
            assert_eq!(its.credential.split(' ').next(), Some(key));
        }
    })
    .await;
}

/// An RSA key pair of another make: the private key in PKCS #8 and the public one, both in PEM.
fn rsa_pair(bits: u32) -> (String, String) {
    let make = r#"const { privateKey, publicKey } = require("crypto").generateKeyPairSync("rsa", {
        modulusLength: Number(process.argv[1]),
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
        publicKeyEncoding: { type: "spki", format: "pem" },
    });
    console.log(JSON.stringify([privateKey, publicKey]));"#;
    let mut node = Command::new("node");
    let output = node.args(["-e", make, &bits.to_string()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A file as `pacta token` wants it.
fn key_file(dir: &Path, name: &str, pem: &str) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, pem).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_signs_with_pacta_token_by_a_key_of_each_kind_and_is_let_in() {
    let (rsa, rsa_public) = rsa_pair(2048);
    let (small, small_public) = rsa_pair(1024);
    let made = |algorithm| PrivateKey::generate(algorithm).unwrap().expose_pem().unwrap();
    let (es256, eddsa) = (made(Algorithm::Es256), made(Algorithm::EdDsa));
    let dir = tempfile::tempdir().unwrap();
    let small = key_file(dir.path(), "small", &small);
    let other = key_file(dir.path(), "other", &rsa_pair(2048).0);
    on_each_engine(async |world| {
        let engine = world.engine;
        let provider = world.provider("kinds", "DE", Stage::Draft).await;
        let anna = &provider.anna;
        let signed = |key: &Path, account: &str| {
            let audience = world.config().audience();
            let token = sign(key, account, audience, world.clock.now(), 600).unwrap();
            Persona { token: Some(token), ..Persona::default() }
        };
        for (algorithm, pem) in [("ES256", &es256), ("EdDSA", &eddsa), ("RS256", &rsa)] {
            let key = key_file(dir.path(), algorithm, pem);
            let account = world.add_machine(anna, &[Role::HelpdeskAgent]).await.unwrap().name;
            let added = world.add_key(anna, &account, &public(&key).unwrap()).await.unwrap();
            assert_eq!(added.algorithm, algorithm, "{engine}");
            let its = who(&world, &signed(&key, &account)).await.unwrap();
            assert_eq!(its.service_account.unwrap().name, account, "{algorithm} on {engine}");
            // Another key of the same kind is not this one.
            let refused = who(&world, &signed(&other, &account)).await;
            assert_eq!(why(refused), "CREDENTIAL_INVALID", "{algorithm} on {engine}");
        }
        // The same key by the PEM that came with it, for another machine; not for the first one.
        let key = dir.path().join("RS256");
        let account = world.add_machine(anna, &[Role::HelpdeskAgent]).await.unwrap().name;
        world.add_key(anna, &account, &rsa_public).await.unwrap();
        let its = who(&world, &signed(&key, &account)).await.unwrap();
        assert_eq!(its.service_account.unwrap().name, account, "{engine}");

        let refused = world.add_key(anna, &account, &small_public).await.unwrap_err();
        assert_eq!(reason(&refused), "KEY_NOT_ACCEPTED", "{engine}");
        assert_eq!(metadata(&refused, "problem"), "RSA_SIZE", "{engine}");
        assert!(public(&small).is_err(), "too small to sign with, too");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_kept_by_global_admin_and_admin_agent_and_unknown_to_all_others() {
    on_each_engine(async |world| {
        let provider = world.provider("keepers", "DE", Stage::Draft).await;
        let other = world.provider("others", "DE", Stage::Draft).await;
        let operator = world.platform(&[Role::Operator]).await;
        let anna = &provider.anna;
        let machine = world.machine(anna, &[Role::HelpdeskAgent]).await;
        let berta = world.colleague(anna, "berta", &[Role::AdminAgent]).await;
        assert_eq!(world.account(&berta, &machine.name).await.unwrap().name, machine.name);
        let foreign = world.account(&other.anna, &machine.name).await.unwrap_err();
        let nobody = format!("{}/serviceAccounts/{}", anna.company, uuid::Uuid::now_v7());
        let unknown = world.account(&other.anna, &nobody).await.unwrap_err();
        assert_eq!(without_call(&foreign), without_call(&unknown));
        // The platform keeps its own machines and no others.
        assert_eq!(why(world.account(&operator, &machine.name).await), "RESOURCE_NOT_FOUND");
        assert_eq!(why(world.stop(&operator, &machine.name).await), "RESOURCE_NOT_FOUND");
        let own = world.machine(&operator, &[Role::InternalService]).await;
        let its = who(&world, &world.signed(&own)).await.unwrap();
        assert_eq!(its.service_account.unwrap().name, own.name);

        for (keeper, expected) in [(&berta, &machine.name), (&operator, &own.name)] {
            let ask = ListServiceAccountsRequest::default();
            let asked = keeper.asks(ask);
            let all = world.users().list_service_accounts(asked).await.unwrap().into_inner();
            let names: Vec<&String> = all.service_accounts.iter().map(|it| &it.name).collect();
            assert_eq!(names, [expected], "{}", world.engine);
        }
        let parent = anna.company.clone();
        let ask = ListServiceAccountsRequest { parent, ..Default::default() };
        let asked = other.anna.asks(ask);
        let foreign = world.users().list_service_accounts(asked).await;
        assert_eq!(why(foreign), "RESOURCE_NOT_FOUND");
        let customer = world.company("customer", "DE").await;
        assert_eq!(why(world.add_machine(&customer, &[Role::HelpdeskAgent]).await), "ROLE_MISSING");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_machines_comes_page_by_page_without_deleted_ones() {
    on_each_engine(async |world| {
        let provider = world.provider("many", "DE", Stage::Draft).await;
        let anna = &provider.anna;
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(world.add_machine(anna, &[Role::HelpdeskAgent]).await.unwrap().name);
        }
        world.dismiss(anna, &made[2]).await.unwrap();
        for (show_deleted, n) in [(false, 4), (true, 5)] {
            let (mut seen, mut page_token) = (Vec::new(), String::new());
            loop {
                let ask = ListServiceAccountsRequest {
                    show_deleted,
                    page_size: 2,
                    page_token,
                    ..ListServiceAccountsRequest::default()
                };
                let page = world.users().list_service_accounts(anna.asks(ask)).await.unwrap();
                let page = page.into_inner();
                seen.extend(page.service_accounts.into_iter().map(|it| it.name));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            assert_eq!(
                (seen.len(), seen.contains(&made[2])),
                (n, show_deleted),
                "{}",
                world.engine
            );
        }
        let ask = ListServiceAccountsRequest { page_token: "x".to_owned(), ..Default::default() };
        let bad = world.users().list_service_accounts(anna.asks(ask)).await;
        assert_eq!(why(bad), "PAGE_TOKEN_INVALID");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_never_global_admin_and_gets_no_role_that_its_keeper_cannot_give() {
    on_each_engine(async |world| {
        let provider = world.provider("roles", "DE", Stage::Draft).await;
        let anna = &provider.anna;
        let berta = world.colleague(anna, "berta", &[Role::AdminAgent]).await;
        let operator = world.platform(&[Role::Operator]).await;
        for keeper in [anna, &berta, &operator] {
            let refused = world.add_machine(keeper, &[Role::GlobalAdmin]).await.unwrap_err();
            assert_eq!(reason(&refused), "ROLE_NOT_ASSIGNABLE");
            assert_eq!(metadata(&refused, "roles"), "GLOBAL_ADMIN");
        }
        for platform in [Role::Operator, Role::InternalService] {
            let refused = world.add_machine(anna, &[platform]).await;
            assert_eq!(why(refused), "ROLE_NOT_ASSIGNABLE");
        }
        assert_eq!(why(world.add_machine(anna, &[]).await), "ROLE_REQUIRED");
        let reseller = world.reseller("roles", "DE", Stage::Draft).await;
        let refused = world.add_machine(&reseller.anna, &[Role::SalesAgent]).await;
        assert_eq!(why(refused), "ROLE_NOT_ASSIGNABLE");
        let named = CreateServiceAccountRequest {
            display_name: "a\u{202e}b".to_owned(),
            roles: vec![Named::HelpdeskAgent.into()],
            ..CreateServiceAccountRequest::default()
        };
        let refused = world.users().create_service_account(anna.asks(named)).await;
        assert_eq!(why(refused), "FIELD_INVALID");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_person_says_so_to_a_machine() {
    on_each_engine(async |world| {
        let provider = world.provider("persons", "DE", Stage::Active).await;
        let machine = world.machine(&provider.anna, &[Role::AdminAgent]).await;
        let caller = world.signed(&machine);
        let signed_out = world.users().sign_out(caller.asks(SignOutRequest::default())).await;
        assert_eq!(why(signed_out), "PERSON_REQUIRED");
        assert_eq!(
            why(world.add_machine(&caller, &[Role::HelpdeskAgent]).await),
            "PERSON_REQUIRED"
        );
        let jwk = PrivateKey::generate(Algorithm::EdDsa).unwrap().public().to_jwk();
        assert_eq!(why(world.add_key(&caller, &machine.name, &jwk).await), "PERSON_REQUIRED");
        // What takes a global admin takes a person anyway.
        let ask = RequireTotpRequest { required: true, ..RequireTotpRequest::default() };
        assert_eq!(why(world.users().require_totp(caller.asks(ask)).await), "ROLE_MISSING");
        let reviewer = world.machine(&world.staff().await.operator, &[Role::Reviewer]).await;
        let ask = api::enrollment::v1::ClaimReviewRequest {
            name: provider.enrollment.clone(),
            ..Default::default()
        };
        let asked = world.signed(&reviewer).asks(ask);
        let refused = world.enrollment().claim_review(asked).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::PermissionDenied, "PERSON_REQUIRED")
        );
        let rpcs = vec![
            "pacta.users.v1.UsersService/SignOut".to_owned(),
            "pacta.relationships.v1.RelationshipsService/EndRelationship".to_owned(),
            "pacta.relationships.v1.RelationshipsService/CreateInvitation".to_owned(),
        ];
        let asked = caller.asks(TestPermissionsRequest { rpcs, ..Default::default() });
        let may = world.users().test_permissions(asked).await.unwrap().into_inner().permissions;
        assert_eq!(may.iter().map(|it| it.allowed).collect::<Vec<_>>(), [false, false, true]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_machine_makes_a_person_or_takes_one_over() {
    on_each_engine(async |world| {
        let provider = world.provider("thief", "DE", Stage::Active).await;
        let anna = &provider.anna;
        let dora = world.colleague(anna, "dora", &[Role::HelpdeskAgent]).await;
        let gone = world.colleague(anna, "gone", &[Role::HelpdeskAgent]).await;
        let berta = world.colleague(anna, "berta", &[Role::AdminAgent]).await;
        world.remove(&berta, &gone.user).await.unwrap();
        let operator = &world.staff().await.operator;
        // Whoever has stolen a key of a machine that may all that a machine may.
        for (keeper, role) in [(anna, Role::AdminAgent), (operator, Role::Operator)] {
            let thief = world.signed(&world.machine(keeper, &[role]).await);
            for refused in [
                why(world.add(&thief, "puppet", &[Role::HelpdeskAgent]).await),
                why(world.reset(&thief, &dora.user).await),
                why(world.rename(&thief, &dora.user, "Thief").await),
                why(world.change_roles(&thief, &dora.user, &[Role::UserAdmin], &[]).await),
                why(world.change_roles(&thief, &dora.user, &[Role::Operator], &[]).await),
                why(world.restore(&thief, &gone.user).await),
            ] {
                assert_eq!(refused, "PERSON_REQUIRED", "{role} on {}", world.engine);
            }
        }
        assert_eq!(world.user(anna, &dora.user).await.unwrap().roles, wire(&[Role::HelpdeskAgent]));
        world.reset(&berta, &dora.user).await.expect("a person does");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_ends_when_it_ends_also_for_tokens_already_signed() {
    on_each_engine(async |world| {
        let provider = world.provider("ends", "DE", Stage::Draft).await;
        let anna = &provider.anna;
        let invalid = |answer: Result<_, Status>| {
            let refused: Status =
                Result::<api::users::v1::WhoAmIResponse, Status>::unwrap_err(answer);
            assert_eq!(refused.code(), Code::Unauthenticated);
            assert_eq!(reason(&refused), "CREDENTIAL_INVALID", "{}", world.engine);
            without_call(&refused)
        };
        let machine = world.machine(anna, &[Role::HelpdeskAgent]).await;
        let caller = world.signed(&machine);
        who(&world, &caller).await.unwrap();

        let stopped = world.stop(anna, &machine.name).await.unwrap();
        assert_eq!(stopped.state(), ServiceAccountState::Suspended);
        let suspended = invalid(who(&world, &caller).await);
        assert_eq!(why(world.stop(anna, &machine.name).await), "INVALID_STATE_TRANSITION");
        let back = world.go_on(anna, &machine.name).await.unwrap();
        assert_eq!(back.state(), ServiceAccountState::Active);
        who(&world, &caller).await.unwrap();
        assert_eq!(why(world.go_on(anna, &machine.name).await), "INVALID_STATE_TRANSITION");

        // Another key takes the first one's place.
        let next = PrivateKey::generate(Algorithm::Es256).unwrap();
        world.add_key(anna, &machine.name, &next.public().to_jwk()).await.unwrap();
        let revoked = world.revoke_key(anna, &machine.key_name).await.unwrap();
        assert!(!revoked.live && revoked.revoke_time.is_some());
        assert_eq!(invalid(who(&world, &caller).await), suspended);
        assert_eq!(
            why(world.revoke_key(anna, &machine.key_name).await),
            "INVALID_STATE_TRANSITION"
        );
        let (now, audience) = (world.clock.now(), world.config().audience());
        let token = next.token(&machine.name, audience, now, Duration::minutes(10)).unwrap();
        let caller = Persona { token: Some(token), ..caller.clone() };
        who(&world, &caller).await.unwrap();

        world.clock.advance(Duration::minutes(10) + Duration::seconds(30));
        assert_eq!(invalid(who(&world, &caller).await), suspended);
        world.clock.advance(-Duration::minutes(10) - Duration::seconds(30));

        world.dismiss(anna, &machine.name).await.unwrap();
        assert_eq!(invalid(who(&world, &caller).await), suspended);
        for refused in [
            why(world.go_on(anna, &machine.name).await),
            why(world.dismiss(anna, &machine.name).await),
            why(world.add_key(anna, &machine.name, &next.public().to_jwk()).await),
        ] {
            assert_eq!(refused, "INVALID_STATE_TRANSITION");
        }
        let events: Vec<&str> = world.ledger(anna).await.iter().take(7).map(happened).collect();
        let expected = [
            "ServiceAccountDeleted",
            "ServiceAccountKeyRevoked",
            "ServiceAccountKeyAdded",
            "ServiceAccountReactivated",
            "ServiceAccountSuspended",
            "ServiceAccountKeyAdded",
            "ServiceAccountCreated",
        ];
        assert_eq!(events, expected, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_by_itself_and_is_told_apart() {
    on_each_engine(async |world| {
        let provider = world.provider("expiry", "DE", Stage::Draft).await;
        let anna = &provider.anna;
        let machine = world.machine(anna, &[Role::HelpdeskAgent]).await;
        let key = PrivateKey::generate(Algorithm::Es256).unwrap();
        let now = world.clock.now();
        let add = |expire: chrono::DateTime<chrono::Utc>, key: &PrivateKey| {
            let ask = AddServiceAccountKeyRequest {
                parent: machine.name.clone(),
                public_key: key.public().to_jwk(),
                expire_time: Some(api::time(expire.timestamp(), 0)),
                ..AddServiceAccountKeyRequest::default()
            };
            let asked = anna.asks(ask);
            let mut users = world.users();
            async move { users.add_service_account_key(asked).await }
        };
        for wrong in [now, now - Duration::days(1), now + Duration::days(731)] {
            assert_eq!(why(add(wrong, &key).await), "FIELD_INVALID", "{wrong}");
        }
        let added = add(now + Duration::hours(1), &key).await.unwrap().into_inner().key.unwrap();
        assert_eq!((added.algorithm.as_str(), added.live), ("ES256", true));
        assert_eq!(added.key_id, key.public().thumbprint());
        assert_eq!(added.public_jwk, key.public().to_jwk());
        let token =
            |at| key.token(&machine.name, world.config().audience(), at, Duration::minutes(9));
        world.clock.advance(Duration::hours(1) - Duration::microseconds(1));
        let caller =
            Persona { token: Some(token(world.clock.now()).unwrap()), ..Persona::default() };
        who(&world, &caller).await.unwrap();
        world.clock.advance(Duration::microseconds(1));
        assert_eq!(why(who(&world, &caller).await), "CREDENTIAL_INVALID");
        let parent = machine.name.clone();
        let anna = world.sign_in(&anna.sign_in_name).await;
        let asked = anna.asks(ListServiceAccountKeysRequest { parent, ..Default::default() });
        let keys = world.users().list_service_account_keys(asked).await.unwrap().into_inner().keys;
        assert_eq!(keys.iter().map(|it| it.live).collect::<Vec<_>>(), [true, false]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_good_public_key_is_taken_and_never_twice() {
    on_each_engine(async |world| {
        let provider = world.provider("keys", "DE", Stage::Draft).await;
        let anna = &provider.anna;
        let account = world.add_machine(anna, &[Role::HelpdeskAgent]).await.unwrap().name;
        let pair = PrivateKey::generate(Algorithm::Es256).unwrap();
        let jwk = pair.public().to_jwk();
        let private = jwk.replace("{", "{\"d\":\"AAAA\",");
        let other_curve = jwk.replace("P-256", "P-384");
        let weak = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, "A".repeat(43));
        let small = format!(r#"{{"kty":"RSA","e":"AQAB","n":"{}Q"}}"#, "s".repeat(170));
        let wrapping = jwk.replace("{", "{\"use\":\"enc\",");
        for (problem, text) in [
            ("UNREADABLE", "a key"),
            ("UNREADABLE", "{}"),
            ("PRIVATE", &private),
            ("PRIVATE", &pair.expose_pem().unwrap()),
            ("ALGORITHM", &other_curve),
            ("POINT", &weak),
            ("RSA_SIZE", &small),
            ("USE", &wrapping),
        ] {
            let refused = world.add_key(anna, &account, text).await.unwrap_err();
            assert_eq!(reason(&refused), "KEY_NOT_ACCEPTED", "{text}");
            assert_eq!(metadata(&refused, "problem"), problem, "{text}");
        }
        let added = world.add_key(anna, &account, &jwk).await.unwrap();
        let again = world.add_key(anna, &account, &jwk).await.unwrap_err();
        assert_eq!(metadata(&again, "problem"), "KNOWN");
        world.revoke_key(anna, &added.name).await.unwrap();
        let again = world.add_key(anna, &account, &jwk).await.unwrap_err();
        assert_eq!(metadata(&again, "problem"), "KNOWN", "a revoked key does not come back");
        for _ in 0..LIVE_KEYS {
            let next = PrivateKey::generate(Algorithm::EdDsa).unwrap().public().to_jwk();
            world.add_key(anna, &account, &next).await.unwrap();
        }
        let next = PrivateKey::generate(Algorithm::EdDsa).unwrap().public().to_jwk();
        let refused = world.add_key(anna, &account, &next).await.unwrap_err();
        assert_eq!(metadata(&refused, "problem"), "TOO_MANY");
        let nobody = format!("{account}/keys/{}", uuid::Uuid::now_v7());
        assert_eq!(why(world.revoke_key(anna, &nobody).await), "RESOURCE_NOT_FOUND");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_keys_take_no_room_and_are_listed_page_by_page() {
    on_each_engine(async |world| {
        let provider = world.provider("years", "DE", Stage::Draft).await;
        let other = world.provider("others", "DE", Stage::Draft).await.anna;
        let anna = &provider.anna;
        let account = world.add_machine(anna, &[Role::HelpdeskAgent]).await.unwrap().name;
        let next = || PrivateKey::generate(Algorithm::EdDsa).unwrap().public().to_jwk();
        let mut made = Vec::new();
        for _ in 0..101 {
            let key = world.add_key(anna, &account, &next()).await.unwrap().name;
            world.revoke_key(anna, &key).await.unwrap();
            made.push(key);
        }
        let live = world.add_key(anna, &account, &next()).await.unwrap();
        assert!(live.live, "{}", world.engine);
        made.push(live.name.clone());
        assert_eq!(world.keys(anna, &account).await.unwrap(), made, "{}", world.engine);
        assert_eq!(why(world.keys(&other, &account).await), "RESOURCE_NOT_FOUND");
        assert_eq!(why(world.revoke_key(anna, &made[0]).await), "INVALID_STATE_TRANSITION");
        let ask = ListServiceAccountKeysRequest {
            parent: account.clone(),
            page_token: "x".to_owned(),
            ..ListServiceAccountKeysRequest::default()
        };
        let bad = world.users().list_service_account_keys(anna.asks(ask)).await;
        assert_eq!(why(bad), "PAGE_TOKEN_INVALID");
        // A key is one of its own account only.
        let sibling = world.machine(anna, &[Role::HelpdeskAgent]).await;
        let key = live.name.rsplit('/').next().unwrap();
        let elsewhere = format!("{}/keys/{key}", sibling.name);
        assert_eq!(why(world.revoke_key(anna, &elsewhere).await), "RESOURCE_NOT_FOUND");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_outranks_its_keeper_is_read_like_any_other_and_acted_on_by_nobody() {
    on_each_engine(async |world| {
        let anna = &world.provider("outranked", "DE", Stage::Draft).await.anna;
        let name = world.force_machine(anna, &[Role::Operator]).await;
        assert_eq!(world.account(anna, &name).await.unwrap().name, name, "{}", world.engine);
        let asked = anna.asks(ListServiceAccountsRequest::default());
        let all = world.users().list_service_accounts(asked).await.unwrap().into_inner();
        assert_eq!(all.service_accounts[0].name, name, "{}", world.engine);
        assert!(world.keys(anna, &name).await.unwrap().is_empty());
        let jwk = PrivateKey::generate(Algorithm::EdDsa).unwrap().public().to_jwk();
        for refused in [
            why(world.stop(anna, &name).await),
            why(world.go_on(anna, &name).await),
            why(world.dismiss(anna, &name).await),
            why(world.add_key(anna, &name, &jwk).await),
            why(world.revoke_key(anna, &format!("{name}/keys/{}", uuid::Uuid::now_v7())).await),
        ] {
            assert_eq!(refused, "TARGET_OUTRANKS_CALLER", "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_on_a_machine_minds_etag_repetition_and_plan() {
    on_each_engine(async |world| {
        let provider = world.provider("etag", "DE", Stage::Draft).await;
        let anna = &provider.anna;
        let account = world.add_machine(anna, &[Role::HelpdeskAgent]).await.unwrap();
        let ask = |etag: &str, validate_only: bool, request_id: &str| {
            anna.asks(SuspendServiceAccountRequest {
                name: account.name.clone(),
                reason: "moved out".to_owned(),
                etag: etag.to_owned(),
                validate_only,
                request_id: request_id.to_owned(),
            })
        };
        let stale = world.users().suspend_service_account(ask("7", false, "")).await;
        assert_eq!(why(stale), "ETAG_MISMATCH");
        let planned = world.users().suspend_service_account(ask("", true, "")).await.unwrap();
        let events = planned.into_inner().plan.unwrap().events;
        assert_eq!(events, ["ServiceAccountSuspended"]);
        let id = uuid::Uuid::now_v7().to_string();
        for _ in 0..2 {
            let done = world.users().suspend_service_account(ask("1", false, &id)).await.unwrap();
            let account = done.into_inner().service_account.unwrap();
            assert_eq!(account.etag, "2", "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_keys_at_once_no_more_are_taken_than_there_is_room_for() {
    on_each_engine(async |world| {
        let provider = world.provider("race", "DE", Stage::Draft).await;
        let anna = &provider.anna;
        let account = world.add_machine(anna, &[Role::HelpdeskAgent]).await.unwrap().name;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..LIVE_KEYS + 6 {
            let ask = AddServiceAccountKeyRequest {
                parent: account.clone(),
                public_key: PrivateKey::generate(Algorithm::EdDsa).unwrap().public().to_jwk(),
                ..AddServiceAccountKeyRequest::default()
            };
            let (mut users, anna) = (world.users(), anna.clone());
            tasks.spawn(async move {
                // A lost race is worth another try, as its reason says.
                loop {
                    match users.add_service_account_key(anna.asks(ask.clone())).await {
                        Err(err) if reason(&err) == "CONTENTION" => {}
                        answer => break answer.map(drop).map_err(|it| metadata(&it, "problem")),
                    }
                }
            });
        }
        let answers = tasks.join_all().await;
        let n = answers.iter().filter(|it| it.is_ok()).count();
        assert_eq!(n, LIVE_KEYS, "{}: {answers:?}", world.engine);
        assert!(answers.iter().flat_map(|it| it.as_ref().err()).all(|it| it == "TOO_MANY"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_with_a_platform_role_reads_for_the_platform() {
    on_each_engine(async |world| {
        let provider = world.provider("seen", "DE", Stage::Active).await;
        let staff = world.staff().await;
        let auditor = world.machine(&staff.operator, &[Role::Auditor]).await;
        let asked = world.signed(&auditor).asks(ListRelationshipsRequest::default());
        world.relationships().list_relationships(asked).await.unwrap();
        let ask = api::enrollment::v1::GetPartnerRequest { name: provider.partner.clone() };
        let asked = world.signed(&auditor).asks(ask);
        world.enrollment().get_partner(asked).await.unwrap();
        assert_eq!(wire(&[Role::Auditor]), [11]);
    })
    .await;
}
