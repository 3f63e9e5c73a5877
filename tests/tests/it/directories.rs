//! People of external directories, by tokens of a real OpenID Connect server.

use agreements::verify_evidence;
use api::{
    enrollment::v1::{
        CreateAssociationCodeRequest, StartEnrollmentRequest, StartEnrollmentResponse,
    },
    users::v1::{
        AddTotpRequest, CreateUserRequest, CreateUserResponse, ListUsersRequest,
        RedeemUserInvitationRequest, RedeemUserInvitationResponse, RequireTotpRequest,
        ResetUserPasswordRequest, SignOutRequest, User, UserState, WhoAmIRequest, WhoAmIResponse,
        users_service_client::UsersServiceClient,
    },
};
use chrono::Duration;
use domain::Role;
use it::{
    Persona, World, metadata,
    oidc::{Issuer, Person},
    on_each_engine_believing,
    people::wire,
    reason,
    verifier::second_opinion,
};
use serde_json::json;
use tonic::{Response, Status};

use crate::{acceptances, customers};

/// What founds a company.
pub fn founding(region_code: &str) -> StartEnrollmentRequest {
    StartEnrollmentRequest {
        region_code: region_code.to_owned(),
        display_name: "Muebles Ibáñez".to_owned(),
        ..StartEnrollmentRequest::default()
    }
}

pub async fn start(
    world: &World,
    who: &Persona,
    request: StartEnrollmentRequest,
) -> Result<Response<StartEnrollmentResponse>, Status> {
    world.enrollment().start_enrollment(who.asks(request)).await
}

pub async fn who_am_i(world: &World, who: &Persona) -> Result<WhoAmIResponse, Status> {
    let asked = who.asks(WhoAmIRequest::default());
    Ok(world.users().who_am_i(asked).await?.into_inner())
}

pub fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    reason(&answer.unwrap_err())
}

/// A company whose directory's global admin made the first call.
pub async fn founded<'a>(world: &World, issuer: &'a Issuer, tenant: &str) -> (Person<'a>, Persona) {
    let elsa = issuer.person(tenant, &format!("elsa-{tenant}"), world.clock.now());
    let persona = elsa.clone().as_admin().persona();
    start(world, &persona, founding("ES")).await.unwrap();
    // A partner's company is for its ADMIN_AGENT to people (U6).
    let user = who_am_i(world, &persona).await.unwrap().user.unwrap();
    world.change_roles(&persona, &user.name, &[Role::AdminAgent], &[]).await.unwrap();
    (elsa, Persona { user: user.name, ..persona })
}

fn newcomer(email: &str) -> CreateUserRequest {
    CreateUserRequest {
        given_name: "Dora".to_owned(),
        family_name: "Novak".to_owned(),
        email: email.to_owned(),
        language_code: "es".to_owned(),
        roles: wire(&[Role::HelpdeskAgent]),
        ..CreateUserRequest::default()
    }
}

pub async fn add(world: &World, by: &Persona, email: &str) -> CreateUserResponse {
    let asked = by.asks(newcomer(email));
    world.users().create_user(asked).await.unwrap().into_inner()
}

async fn redeem(
    world: &World,
    who: &Persona,
    secret: &str,
) -> Result<RedeemUserInvitationResponse, Status> {
    let link_secret = secret.to_owned();
    let request = RedeemUserInvitationRequest { link_secret, ..Default::default() };
    Ok(world.users().redeem_user_invitation(who.asks(request)).await?.into_inner())
}

/// A person whom an admin added and who has redeemed its invitation.
async fn joined<'a>(
    world: &World,
    issuer: &'a Issuer,
    by: &Persona,
    tenant: &str,
    subject: &str,
) -> (Person<'a>, User) {
    let email = format!("{subject}@people.example");
    add(world, by, &email).await;
    let person = issuer.person(tenant, subject, world.clock.now());
    let secret = world.secret_to(&email).await;
    let user = redeem(world, &person.persona(), &secret).await.unwrap().user.unwrap();
    (person, user)
}

#[tokio::test(flavor = "multi_thread")]
async fn e2_the_first_call_of_a_directorys_global_admin_enrols_and_no_other() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let elsa = issuer.person("ibanez", "elsa", world.clock.now());
        // Without the claim: nobody, and told what would help.
        let plain = elsa.persona();
        let found = who_am_i(&world, &plain).await.unwrap();
        assert!(found.account_missing && found.user.is_none(), "{engine}: {found:?}");
        let identity = found.identity.unwrap();
        assert_eq!((identity.subject.as_str(), identity.tenant_id.as_str()), ("elsa", "ibanez"));
        assert!(!identity.global_admin_claimed, "{engine}");
        let err = start(&world, &plain, founding("ES")).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{engine}");
        assert_eq!(metadata(&err, "requiredRoles"), "GLOBAL_ADMIN", "{engine}");
        assert_eq!(metadata(&err, "issuer"), issuer.url, "{engine}");

        let admin = elsa.clone().as_admin().persona();
        let asked = admin.asks(ListUsersRequest::default());
        let err = world.users().list_users(asked).await.unwrap_err();
        assert_eq!(reason(&err), "ACCOUNT_MISSING", "{engine}");
        assert!(metadata(&err, "cure").ends_with("/StartEnrollment"), "{engine}: {err:?}");
        for (request, why) in [
            (founding("XX"), "COUNTRY_UNKNOWN"),
            (founding(""), "COUNTRY_UNKNOWN"),
            (
                StartEnrollmentRequest { display_name: String::new(), ..founding("ES") },
                "FIELD_INVALID",
            ),
            (
                StartEnrollmentRequest {
                    display_name: "www.evil.example".to_owned(),
                    ..founding("ES")
                },
                "FIELD_INVALID",
            ),
        ] {
            assert_eq!(refused(start(&world, &admin, request).await), why, "{engine}");
        }
        let plan = StartEnrollmentRequest { validate_only: true, ..founding("ES") };
        let plan = start(&world, &admin, plan).await.unwrap().into_inner().plan.unwrap();
        let events = ["CompanyFounded", "UserCreated", "IdentityBound", "EnrollmentStarted"];
        assert_eq!(plan.events, events, "{engine}");
        assert!(who_am_i(&world, &admin).await.unwrap().account_missing, "{engine}");

        let request_id = uuid::Uuid::now_v7().to_string();
        let request = StartEnrollmentRequest { request_id, ..founding("ES") };
        let first = start(&world, &admin, request.clone()).await.unwrap();
        // The caller has become somebody; its request is recognised all the same.
        let again = start(&world, &admin, request).await.unwrap();
        assert_eq!(again.metadata().get("idempotency-replayed").unwrap(), "true", "{engine}");
        assert_eq!(first.into_inner(), again.into_inner(), "{engine}");

        // From now on the role is ours: the claim counts no more.
        for it in [&plain, &admin] {
            let found = who_am_i(&world, it).await.unwrap();
            let user = found.user.unwrap();
            assert_eq!(user.state(), UserState::Active, "{engine}");
            assert_eq!(user.roles, wire(&[Role::GlobalAdmin]), "{engine}");
            assert_eq!(
                (user.sign_in_name.as_str(), user.email_verify_time),
                ("", None),
                "{engine}"
            );
            assert_eq!(found.company.unwrap().display_name, "Muebles Ibáñez", "{engine}");
            assert_eq!(found.identity.unwrap().subject, "elsa", "{engine}");
        }
        let other = issuer.person("ibanez", "otto", world.clock.now()).as_admin().persona();
        let err = start(&world, &other, founding("ES")).await.unwrap_err();
        assert_eq!(reason(&err), "ACCOUNT_MISSING", "{engine}");
        assert!(metadata(&err, "cure").ends_with("/CreateUser"), "{engine}: {err:?}");
        // The same subject in another directory is somebody else, and lets nobody in here.
        let moved = elsa.clone().with(&json!({"tid": "other"})).as_admin().persona();
        assert_eq!(refused(who_am_i(&world, &moved).await), "SESSION_REVOKED", "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e2_of_sixteen_global_admins_of_one_directory_one_founds_the_company() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let now = world.clock.now();
        let people: Vec<Persona> = (0..16)
            .map(|n| issuer.person("race", &format!("racer-{n}"), now).as_admin().persona())
            .collect();
        let calls: Vec<_> = people
            .iter()
            .map(|it| {
                let (mut client, asked) = (world.enrollment(), it.asks(founding("ES")));
                tokio::spawn(async move { client.start_enrollment(asked).await.map(drop) })
            })
            .collect();
        let mut won = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(()) => won += 1,
                Err(err) => {
                    let why = reason(&err);
                    assert!(why == "ACCOUNT_MISSING" || why == "CONTENTION", "{why}: {err:?}");
                }
            }
        }
        assert_eq!(won, 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_who_was_invited_redeems_by_a_token_of_the_companys_directory_and_signs_in() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let (elsa, admin) = founded(&world, &issuer, "ibanez").await;
        let made = add(&world, &admin, "dora@people.example").await;
        let user = made.user.unwrap();
        assert_eq!(user.state(), UserState::Invited, "{engine}");
        assert!(made.one_time_password.is_empty() && !made.secret_withheld, "{engine}");
        assert!(made.invitation_expire_time.is_some(), "{engine}");
        let letter = world.mail_to("dora@people.example").await;
        assert!(letter.subject.contains("Muebles Ibáñez"), "{engine}: {}", letter.subject);
        let first = letter.secret().unwrap().to_owned();
        // Lost: an admin has it sent again, and the former link is dead.
        world.clock.advance(Duration::minutes(10));
        let again = world.reset(&admin, &user.name).await.unwrap();
        assert!(again.one_time_password.is_empty(), "{engine}");
        assert!(again.invitation_expire_time.is_some(), "{engine}");
        let secret = world.secret_to("dora@people.example").await;
        let dora = issuer.person("ibanez", "dora", world.clock.now());
        let persona = dora.persona();
        assert_eq!(refused(redeem(&world, &persona, &first).await), "LINK_SUPERSEDED", "{engine}");
        assert_eq!(refused(redeem(&world, &persona, &"x".repeat(43)).await), "LINK_INVALID");

        // Whom the link reaches by mistake: of another directory, or somebody already.
        let stranger = issuer.person("elsewhere", "dora-2", world.clock.now()).persona();
        assert_eq!(refused(redeem(&world, &stranger, &secret).await), "IDENTITY_MISMATCH");
        let elsa = elsa.persona();
        assert_eq!(refused(redeem(&world, &elsa, &secret).await), "IDENTITY_ALREADY_BOUND");
        let local = world.company("local", "ES").await;
        assert_eq!(refused(redeem(&world, &local, &secret).await), "IDENTITY_ALREADY_BOUND");

        // Shut out meanwhile, the link is dead; let in again, it works.
        world.shut_out(&admin, &user.name).await.unwrap();
        assert_eq!(refused(redeem(&world, &persona, &secret).await), "LINK_VOID", "{engine}");
        world.let_in(&admin, &user.name).await.unwrap();
        let redeemed = redeem(&world, &persona, &secret).await.unwrap();
        assert_eq!(redeemed.user.unwrap().state(), UserState::Active, "{engine}");
        let found = who_am_i(&world, &persona).await.unwrap();
        assert_eq!(found.user.unwrap().name, user.name, "{engine}");
        assert!(!found.account_missing, "{engine}");
        assert_eq!(refused(redeem(&world, &persona, &secret).await), "LINK_USED", "{engine}");

        // Its directory keeps its password and its second factor.
        let err = world.reset(&admin, &user.name).await.unwrap_err();
        assert_eq!(reason(&err), "SIGN_IN_IS_EXTERNAL", "{engine}");
        let asked = persona.asks(AddTotpRequest::default());
        let err = world.users().add_totp(asked).await.unwrap_err();
        assert_eq!(reason(&err), "SIGN_IN_IS_EXTERNAL", "{engine}");
        // What the token says of roles is nobody's word.
        let boaster = dora.with(&json!({"roles": ["GLOBAL_ADMIN"]})).as_admin().persona();
        let err = start(&world, &boaster, founding("ES")).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_of_thirty_two_who_redeem_one_invitation_one_is_the_user() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let (_, admin) = founded(&world, &issuer, "ibanez").await;
        let user = add(&world, &admin, "dora@people.example").await.user.unwrap();
        let secret = world.secret_to("dora@people.example").await;
        let now = world.clock.now();
        let calls: Vec<_> = (0..32)
            .map(|n| {
                let who = issuer.person("ibanez", &format!("racer-{}", n / 2), now).persona();
                let link_secret = secret.clone();
                let request = RedeemUserInvitationRequest { link_secret, ..Default::default() };
                let (mut client, asked) = (world.users(), who.asks(request));
                tokio::spawn(async move { (client.redeem_user_invitation(asked).await, who) })
            })
            .collect();
        let mut winners = Vec::new();
        for call in calls {
            match call.await.unwrap() {
                (Ok(_), who) => winners.push(who),
                (Err(err), _) => {
                    let why = reason(&err);
                    assert!(why == "LINK_USED" || why == "CONTENTION", "{why}");
                }
            }
        }
        assert_eq!(winners.len(), 1, "{}", world.engine);
        let found = who_am_i(&world, &winners[0]).await.unwrap();
        assert_eq!(found.user.unwrap().name, user.name, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_a_link_ends_with_its_address_its_user_and_its_time() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let (_, admin) = founded(&world, &issuer, "ibanez").await;
        let dora = issuer.person("ibanez", "dora", world.clock.now());
        let user = add(&world, &admin, "dora@people.example").await.user.unwrap();
        let secret = world.secret_to("dora@people.example").await;
        let request = api::users::v1::UpdateUserRequest {
            name: user.name.clone(),
            email: "dora.novak@people.example".to_owned(),
            ..Default::default()
        };
        world.users().update_user(admin.asks(request)).await.unwrap();
        assert_eq!(refused(redeem(&world, &dora.persona(), &secret).await), "LINK_VOID");
        world.clock.advance(Duration::minutes(10));
        world.reset(&admin, &user.name).await.unwrap();
        let secret = world.secret_to("dora.novak@people.example").await;
        world.clock.advance(Duration::days(7) - Duration::microseconds(1));
        let in_time = issuer.person("ibanez", "dora", world.clock.now()).persona();
        let plan = RedeemUserInvitationRequest {
            link_secret: secret.clone(),
            validate_only: true,
            ..Default::default()
        };
        world.users().redeem_user_invitation(in_time.asks(plan)).await.unwrap();
        world.clock.advance(Duration::microseconds(1));
        assert_eq!(refused(redeem(&world, &in_time, &secret).await), "LINK_EXPIRED");
        let admin = issuer.person("ibanez", "elsa-ibanez", world.clock.now()).persona();
        world.reset(&admin, &user.name).await.unwrap();
        let secret = world.secret_to("dora.novak@people.example").await;
        world.remove(&admin, &user.name).await.unwrap();
        assert_eq!(refused(redeem(&world, &in_time, &secret).await), "LINK_VOID");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m9_the_invited_is_mailed_every_ten_minutes_at_most_and_five_times_a_day() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let (elsa, admin) = founded(&world, &issuer, "ibanez").await;
        let user = add(&world, &admin, "victim@people.example").await.user.unwrap();
        let again = async |who: &Persona| world.reset(who, &user.name).await.map(drop);
        assert_eq!(refused(again(&admin).await), "RESEND_TOO_SOON", "{engine}");
        world.clock.advance(Duration::minutes(10) - Duration::microseconds(1));
        assert_eq!(refused(again(&admin).await), "RESEND_TOO_SOON", "{engine}");
        world.clock.advance(Duration::microseconds(1));
        again(&admin).await.unwrap();
        for _ in 0..3 {
            world.clock.advance(Duration::minutes(10));
            again(&admin).await.unwrap();
        }
        world.clock.advance(Duration::minutes(10));
        assert_eq!(refused(again(&admin).await), "RESEND_LIMIT", "{engine}");
        // Another address is another mailbox, and the same person.
        let request = api::users::v1::UpdateUserRequest {
            name: user.name.clone(),
            email: "victim.too@people.example".to_owned(),
            ..Default::default()
        };
        world.users().update_user(admin.asks(request)).await.unwrap();
        assert_eq!(refused(again(&admin).await), "RESEND_LIMIT", "{engine}");
        world.clock.advance(Duration::days(1));
        let exp = world.clock.now().timestamp() + 3600;
        let admin = elsa.with(&json!({"exp": exp})).persona();
        again(&admin).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_is_hashed_for_who_gets_none() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let (_, admin) = founded(&world, &issuer, "ibanez").await;
        let anna = world.company("donau", "AT").await;
        let dora = world.colleague(&anna, "dora", &[Role::HelpdeskAgent]).await;
        let mut users = UsersServiceClient::new(world.without_hashing().await);
        // A directory that keeps the passwords of its people.
        let made = users.create_user(admin.asks(newcomer("dora@people.example"))).await;
        let user = made.unwrap().into_inner().user.unwrap();
        world.clock.advance(Duration::minutes(10));
        let reset = |name: &str| ResetUserPasswordRequest {
            name: name.to_owned(),
            ..ResetUserPasswordRequest::default()
        };
        users.reset_user_password(admin.asks(reset(&user.name))).await.unwrap();
        // Who is refused: another company's person, oneself, a name that is taken, or a role too many.
        let foreign = users.reset_user_password(admin.asks(reset(&dora.user))).await;
        assert_eq!(refused(foreign), "RESOURCE_NOT_FOUND", "{engine}");
        let own = users.reset_user_password(anna.asks(reset(&anna.user))).await;
        assert_eq!(refused(own), "SELF_CHANGE_NOT_ALLOWED", "{engine}");
        let named = |name: &str, roles: &[Role]| CreateUserRequest {
            user_name: name.to_owned(),
            roles: wire(roles),
            ..newcomer("emil@people.example")
        };
        for (request, expected) in [
            (named("dora", &[Role::HelpdeskAgent]), "USER_ALREADY_EXISTS"),
            (named("emil", &[Role::Operator]), "ROLE_NOT_ASSIGNABLE"),
            (named("", &[Role::HelpdeskAgent]), "FIELD_INVALID"),
        ] {
            let answer = users.create_user(anna.asks(request)).await;
            assert_eq!(refused(answer), expected, "{engine}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn u5_what_ends_ends_on_the_next_call_also_for_tokens_that_are_good_elsewhere() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let (_, admin) = founded(&world, &issuer, "ibanez").await;
        let (dora, user) = joined(&world, &issuer, &admin, "ibanez", "dora").await;
        let persona = dora.persona();
        let signed_in = |ahead: i64| {
            let at = world.clock.now() + Duration::seconds(ahead);
            issuer.person("ibanez", "dora", at).persona()
        };
        // Suspended: the token is as good as none, and stays so; also one whose issuer's clock is ahead.
        let early = signed_in(60);
        who_am_i(&world, &early).await.unwrap();
        world.shut_out(&admin, &user.name).await.unwrap();
        for it in [&persona, &early] {
            assert_eq!(refused(who_am_i(&world, it).await), "SESSION_REVOKED", "{engine}");
        }
        world.let_in(&admin, &user.name).await.unwrap();
        for it in [&persona, &early] {
            assert_eq!(refused(who_am_i(&world, it).await), "SESSION_REVOKED", "{engine}");
        }
        world.clock.advance(Duration::seconds(61));
        assert_eq!(refused(who_am_i(&world, &early).await), "SESSION_REVOKED", "{engine}");
        let persona = signed_in(0);
        who_am_i(&world, &persona).await.unwrap();
        // Signed out: this token, and all of before; who signs in again in the same second is let in.
        let sign_out = async |who: &Persona| {
            let asked = who.asks(SignOutRequest::default());
            world.users().sign_out(asked).await.unwrap();
        };
        world.clock.advance(Duration::milliseconds(1_500));
        sign_out(&persona).await;
        assert_eq!(refused(who_am_i(&world, &persona).await), "SESSION_REVOKED", "{engine}");
        let persona = signed_in(0);
        who_am_i(&world, &persona).await.unwrap();
        // Signed in and out in one second, also one that is yet to come: that token is as good as none.
        for ahead in [0, 60] {
            let own = signed_in(ahead);
            sign_out(&own).await;
            for it in [&persona, &own] {
                assert_eq!(refused(who_am_i(&world, it).await), "SESSION_REVOKED", "{ahead}");
            }
            world.clock.advance(Duration::seconds(1));
            who_am_i(&world, &signed_in(ahead)).await.unwrap();
        }
        world.clock.advance(Duration::seconds(60));
        let persona = signed_in(0);
        who_am_i(&world, &persona).await.unwrap();
        // Removed: nobody here. Restored: the tokens of before stay as good as none.
        world.remove(&admin, &user.name).await.unwrap();
        assert!(who_am_i(&world, &persona).await.unwrap().account_missing, "{engine}");
        let asked = persona.asks(ListUsersRequest::default());
        assert_eq!(refused(world.users().list_users(asked).await), "ACCOUNT_MISSING", "{engine}");
        world.restore(&admin, &user.name).await.unwrap();
        assert_eq!(refused(who_am_i(&world, &persona).await), "SESSION_REVOKED", "{engine}");
        world.clock.advance(Duration::seconds(61));
        let persona = signed_in(0);
        who_am_i(&world, &persona).await.unwrap();
        // Removed and added anew: the identity is free for the new user, and the old one stays gone.
        world.remove(&admin, &user.name).await.unwrap();
        let anew = add(&world, &admin, "dora.anew@people.example").await.user.unwrap();
        let secret = world.secret_to("dora.anew@people.example").await;
        redeem(&world, &persona, &secret).await.unwrap();
        let found = who_am_i(&world, &persona).await.unwrap();
        assert_eq!(found.user.unwrap().name, anew.name, "{engine}");
        let err = world.restore(&admin, &user.name).await.unwrap_err();
        assert_eq!(reason(&err), "USER_ALREADY_EXISTS", "{engine}");
        assert_eq!(metadata(&err, "field"), "identity", "{engine}");
        // Once a person can be restored no longer, nothing is left that its directory's token finds.
        let dora = issuer.person("ibanez", "dora", world.clock.now());
        assert_eq!(world.reachable(&anew.name).await.1.as_deref(), Some("dora"), "{engine}");
        world.remove(&admin, &anew.name).await.unwrap();
        world.clock.advance(Duration::days(30));
        world.deliver().await;
        assert_eq!(world.reachable(&anew.name).await, (String::new(), None), "{engine}");
        let now = world.clock.now().timestamp();
        let dora = dora.with(&json!({"iat": now, "exp": now + 3600})).persona();
        assert!(who_am_i(&world, &dora).await.unwrap().account_missing, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fresh_and_what_is_a_second_factor_is_what_the_token_says_of_the_sign_in() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        let (elsa, _) = founded(&world, &issuer, "ibanez").await;
        let code = async |who: &Persona| {
            let asked = who.asks(CreateAssociationCodeRequest::default());
            world.enrollment().create_association_code(asked).await.map(drop)
        };
        let now = world.clock.now().timestamp();
        let old = elsa.clone().with(&json!({"auth_time": now - 901})).persona();
        let err = code(&old).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{engine}");
        assert_eq!(metadata(&err, "missingClaim"), "", "{engine}");
        let unknown = elsa.clone().with(&json!({"auth_time": null})).persona();
        let err = code(&unknown).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{engine}");
        assert_eq!(metadata(&err, "missingClaim"), "auth_time", "{engine}");
        assert!(who_am_i(&world, &unknown).await.unwrap().auth_time.is_none(), "{engine}");
        let recent = elsa.clone().with(&json!({"auth_time": now - 900})).persona();
        assert_ne!(refused(code(&recent).await), "FRESH_AUTHENTICATION_REQUIRED", "{engine}");

        // The same for who is nobody here yet, and would found its company by accepting.
        let nora = issuer.person("nieve", "nora", world.clock.now()).as_admin();
        let accept = async |age: i64| {
            let who = nora.clone().with(&json!({"auth_time": now - age})).persona();
            let asked = who.asks(customers::acceptance("no link"));
            refused(world.relationships().accept_customer_invitation(asked).await)
        };
        assert_eq!(accept(901).await, "FRESH_AUTHENTICATION_REQUIRED", "{engine}");
        assert_ne!(accept(900).await, "FRESH_AUTHENTICATION_REQUIRED", "{engine}");

        let strong = elsa.clone().with(&json!({"amr": ["pwd", "mfa"]})).persona();
        let require = RequireTotpRequest { required: true, ..Default::default() };
        let weak = world.users().require_totp(elsa.persona().asks(require.clone())).await;
        assert_eq!(refused(weak), "SECOND_FACTOR_REQUIRED", "{engine}");
        world.users().require_totp(strong.asks(require)).await.unwrap();
        assert!(who_am_i(&world, &elsa.persona()).await.unwrap().second_factor_required);
        assert!(!who_am_i(&world, &strong).await.unwrap().second_factor_required, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_exactly_as_agreed_opens_nothing() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let (elsa, admin) = founded(&world, &issuer, "ibanez").await;
        who_am_i(&world, &admin).await.unwrap();
        let now = world.clock.now().timestamp();
        for claims in [
            json!({"aud": "api://other"}),
            json!({"aud": ["api://pacta", "api://other"]}),
            json!({"aud": {"api://pacta": true}}),
            json!({"iss": "https://other.example"}),
            json!({"iss": format!("{}/", issuer.url)}),
            json!({"sub": ""}),
            json!({"sub": ["elsa-ibanez"]}),
            json!({"tid": ""}),
            json!({"tid": ["ibanez"]}),
            json!({"exp": now - 61}),
            json!({"exp": "never"}),
            json!({"exp": 9_223_372_036_854_775_807_i64}),
            json!({"iat": now + 61}),
            json!({"iat": "today"}),
            json!({"nbf": now + 61}),
            json!({"auth_time": now + 61}),
            json!({"amr": "pwd"}),
            json!({"wids": {"a": 1}}),
        ] {
            let err = who_am_i(&world, &elsa.clone().with(&claims).persona()).await.unwrap_err();
            assert_eq!(reason(&err), "CREDENTIAL_INVALID", "{claims} on {}", world.engine);
        }
        let good = elsa.token();
        let (head, _) = good.rsplit_once('.').unwrap();
        for token in [format!("{head}."), head.to_owned(), format!("{good}.x"), format!("{good}x")]
        {
            let who = Persona { token: Some(token.clone()), ..Persona::default() };
            assert_eq!(refused(who_am_i(&world, &who).await), "CREDENTIAL_INVALID", "{token}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuers_outage_and_its_new_keys_keep_nobody_out() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        issuer.publish(&["a"], "RS256");
        let (elsa, admin) = founded(&world, &issuer, "ibanez").await;
        issuer.go_away(true);
        for minutes in [5, 30, 34] {
            world.clock.advance(Duration::minutes(minutes));
            let exp = world.clock.now().timestamp() + 3600;
            let persona = elsa.clone().with(&json!({"exp": exp})).persona();
            who_am_i(&world, &persona).await.unwrap_or_else(|err| panic!("{engine}: {err:?}"));
        }
        world.clock.advance(Duration::minutes(1));
        let exp = world.clock.now().timestamp() + 3600;
        let late = elsa.clone().with(&json!({"exp": exp})).persona();
        assert_eq!(refused(who_am_i(&world, &late).await), "UNAVAILABLE", "{engine}");
        issuer.go_away(false);
        world.clock.advance(Duration::seconds(5));
        who_am_i(&world, &late).await.unwrap();
        issuer.publish(&["b", "a"], "RS256");
        let rotated = elsa.with(&json!({"exp": exp})).persona();
        who_am_i(&world, &rotated).await.unwrap();
        let _ = admin;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_what_such_a_person_signs_names_its_issuer_and_its_subject_for_ever() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let engine = world.engine;
        world.staff().await;
        let (elsa, _) = founded(&world, &issuer, "ibanez").await;
        let strong = elsa.with(&json!({"amr": ["pwd", "mfa"]})).persona();
        let signature = acceptances::customers_signature(&world, &strong).await;
        acceptances::accept(&world, &strong, &signature).await.unwrap();
        let packs = world.packs(&strong).await;
        let (path, known) = world.key_set();
        let it = verify_evidence(&packs[0], &known).unwrap();
        let signer = it.signer.unwrap();
        assert_eq!(signer.issuer, issuer.url, "{engine}");
        assert_eq!(signer.subject, "elsa-ibanez", "{engine}");
        assert_eq!(signer.email, "elsa-ibanez@ibanez.example", "{engine}");
        let authentication = it.authentication.unwrap();
        assert_eq!(authentication.methods, ["pwd", "mfa"], "{engine}");
        assert!(authentication.session.is_empty(), "{engine}");
        assert_eq!(second_opinion(&path, &packs), [format!("good {}", it.acceptance)], "{engine}");
    })
    .await;
}
