//! A second factor: added, proven, asked for at sign-in, demanded by a company, recorded with what is
//! signed; and the two operators who open a company that nobody can act for.

use api::users::v1::{
    AddTotpRequest, ApproveGlobalAdminRequest, ApproveGlobalAdminResponse, ConfirmTotpRequest,
    ListRolesRequest, ProposeGlobalAdminRequest, RemoveTotpRequest, RequireTotpRequest,
    SignInRequest, SignInResponse, UserState, WhoAmIRequest, WhoAmIResponse,
};
use chrono::Duration;
use domain::Role;
use it::{PASSWORD, Persona, World, logs, on_each_engine, reason};
use tonic::Status;
use totp_rs::{Builder, Secret, Totp};

fn why<T>(answer: Result<T, Status>) -> String {
    answer.err().map(|it| reason(&it)).unwrap_or_default()
}

/// What the person's app shows now.
fn code(world: &World, app: &Totp) -> String {
    app.generate(world.clock.now().timestamp().try_into().unwrap()).to_string()
}

/// The app with the key that the person was shown.
async fn add(world: &World, who: &Persona) -> (Totp, String) {
    let asked = who.asks(AddTotpRequest::default());
    let shown = world.users().add_totp(asked).await.unwrap().into_inner();
    let secret = Secret::try_from_base32(&shown.secret).unwrap();
    let app = Builder::new().with_secret(secret).with_account_name("anna").build().unwrap();
    assert!(shown.uri.contains(&shown.secret) && !shown.secret_withheld);
    (app, shown.secret)
}

async fn confirm(world: &World, who: &Persona, code: String) -> Result<(), Status> {
    let ask = ConfirmTotpRequest { code, ..ConfirmTotpRequest::default() };
    world.users().confirm_totp(who.asks(ask)).await.map(drop)
}

async fn sign_in(world: &World, who: &Persona, code: &str) -> Result<SignInResponse, Status> {
    let request = SignInRequest {
        sign_in_name: who.sign_in_name.clone(),
        password: PASSWORD.to_owned(),
        totp_code: code.to_owned(),
    };
    Ok(world.users().sign_in(request).await?.into_inner())
}

fn with(who: &Persona, session: SignInResponse) -> Persona {
    Persona { token: Some(session.access_token), ..who.clone() }
}

async fn who_am_i(world: &World, who: &Persona) -> WhoAmIResponse {
    world.users().who_am_i(who.asks(WhoAmIRequest {})).await.unwrap().into_inner()
}

async fn require(world: &World, who: &Persona, required: bool) -> Result<(), Status> {
    let ask = RequireTotpRequest { required, ..RequireTotpRequest::default() };
    world.users().require_totp(who.asks(ask)).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_takes_a_code_once_the_app_is_proven() {
    logs::keep();
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let early = world.sign_in(&anna.sign_in_name).await;
        assert_eq!(
            why(confirm(&world, &anna, "000000".to_owned()).await),
            "INVALID_STATE_TRANSITION"
        );
        let (app, secret) = add(&world, &anna).await;
        // It does not count yet.
        sign_in(&world, &anna, "").await.unwrap();
        let wrong = format!("{:06}", (code(&world, &app).parse::<u32>().unwrap() + 1) % 1_000_000);
        assert_eq!(why(confirm(&world, &anna, wrong.clone()).await), "TOTP_CODE_INVALID");
        confirm(&world, &anna, code(&world, &app)).await.unwrap();
        let me = who_am_i(&world, &anna).await;
        assert_eq!(me.amr, ["pwd", "otp"], "{}", world.engine);
        assert!(me.user.unwrap().second_factor, "{}", world.engine);
        let old = world.users().list_roles(early.asks(ListRolesRequest {})).await;
        assert_eq!(why(old), "SESSION_REVOKED", "{}", world.engine);

        assert_eq!(why(sign_in(&world, &anna, "").await), "TOTP_CODE_REQUIRED");
        assert_eq!(why(sign_in(&world, &anna, &wrong).await), "TOTP_CODE_INVALID");
        let used = sign_in(&world, &anna, &code(&world, &app)).await;
        assert_eq!(why(used), "TOTP_CODE_INVALID", "a code is good once: {}", world.engine);
        world.clock.advance(Duration::seconds(30));
        let session = sign_in(&world, &anna, &code(&world, &app)).await.unwrap();
        let anna = with(&anna, session);
        assert_eq!(who_am_i(&world, &anna).await.amr, ["pwd", "otp"], "{}", world.engine);

        // The key is nowhere but in its one reply.
        assert!(world.stored(&secret).await.is_empty(), "{}", world.engine);
        assert!(!logs::hold(&secret), "{}", world.engine);

        let remove = |code: String| {
            let ask = RemoveTotpRequest { code, ..RemoveTotpRequest::default() };
            anna.asks(ask)
        };
        let answer = world.users().remove_totp(remove(wrong)).await;
        assert_eq!(why(answer), "TOTP_CODE_INVALID", "{}", world.engine);
        world.clock.advance(Duration::seconds(30));
        world.users().remove_totp(remove(code(&world, &app))).await.unwrap();
        assert_eq!(who_am_i(&world, &anna).await.amr, ["pwd"], "{}", world.engine);
        sign_in(&world, &anna, "").await.unwrap();
        let again = world.users().remove_totp(remove("123456".to_owned())).await;
        assert_eq!(why(again), "INVALID_STATE_TRANSITION", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_shows_no_key_again_and_codes_cannot_be_guessed() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let request_id = uuid::Uuid::new_v4().to_string();
        let ask = AddTotpRequest { request_id, ..AddTotpRequest::default() };
        let first = world.users().add_totp(anna.asks(ask.clone())).await.unwrap().into_inner();
        let again = world.users().add_totp(anna.asks(ask)).await.unwrap().into_inner();
        assert!(!first.secret.is_empty() && again.secret.is_empty() && again.uri.is_empty());
        assert!(again.secret_withheld, "{}", world.engine);
        let mut reasons = Vec::new();
        for _ in 0..11 {
            reasons.push(why(confirm(&world, &anna, "x".to_owned()).await));
        }
        let mut expected = vec!["TOTP_CODE_INVALID"; 10];
        expected.push("SIGN_IN_SLOWED");
        assert_eq!(reasons, expected, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_demands_it_of_its_global_admins_from_the_next_call_on() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let dora = world.join(&anna, "dora", &[Role::GlobalAdmin]).await;
        let clara = world.join(&anna, "clara", &[Role::AdminAgent]).await;
        // Who demands it has to have it.
        assert_eq!(why(require(&world, &anna, true).await), "SECOND_FACTOR_REQUIRED");
        let (app, _) = add(&world, &anna).await;
        confirm(&world, &anna, code(&world, &app)).await.unwrap();
        require(&world, &anna, true).await.unwrap();

        let add_user = async |who: &Persona, name: &str| {
            why(world.add(who, name, &[Role::HelpdeskAgent]).await)
        };
        assert_eq!(add_user(&dora, "eva").await, "SECOND_FACTOR_REQUIRED", "{}", world.engine);
        assert!(who_am_i(&world, &dora).await.second_factor_required, "{}", world.engine);
        assert_eq!(add_user(&anna, "eva").await, "", "{}", world.engine);
        assert_eq!(add_user(&clara, "franz").await, "", "{}", world.engine);
        let session = sign_in(&world, &dora, "").await.unwrap();
        assert!(session.second_factor_required, "{}", world.engine);
        let dora = with(&dora, session);
        let (app, _) = add(&world, &dora).await;
        confirm(&world, &dora, code(&world, &app)).await.unwrap();
        assert_eq!(add_user(&dora, "gerd").await, "", "{}", world.engine);

        // Whose app is lost gets in again by a colleague, who has power over it.
        let reset = world.reset(&dora, &anna.user).await.unwrap();
        assert!(!reset.user.unwrap().second_factor, "{}", world.engine);
        world.change_password(&anna.sign_in_name, &reset.one_time_password).await;
        let anna = with(&anna, sign_in(&world, &anna, "").await.unwrap());
        assert_eq!(add_user(&anna, "hans").await, "SECOND_FACTOR_REQUIRED", "{}", world.engine);
        require(&world, &dora, false).await.unwrap();
        assert_eq!(add_user(&anna, "hans").await, "", "{}", world.engine);
    })
    .await;
}

async fn propose(world: &World, who: &Persona, user: &str, reason: &str) -> Result<(), Status> {
    let (user, reason) = (user.to_owned(), reason.to_owned());
    let ask = ProposeGlobalAdminRequest { user, reason, ..Default::default() };
    world.users().propose_global_admin(who.asks(ask)).await.map(drop)
}

async fn approve(
    world: &World,
    who: &Persona,
    user: &str,
) -> Result<ApproveGlobalAdminResponse, Status> {
    let (user, reason) = (user.to_owned(), "the owner called and was known".to_owned());
    let ask = ApproveGlobalAdminRequest { user, reason, ..Default::default() };
    Ok(world.users().approve_global_admin(who.asks(ask)).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_open_a_company_that_nobody_can_act_for() {
    on_each_engine(async |world| {
        let first = world.platform(&[Role::Operator]).await;
        let second = world.platform(&[Role::Operator]).await;
        let working = world.company("inn", "AT").await;
        let present = propose(&world, &first, &working.user, "x").await;
        assert_eq!(why(present), "GLOBAL_ADMIN_PRESENT", "{}", world.engine);
        let staff = propose(&world, &first, &second.user, "x").await;
        assert_eq!(why(staff), "RESOURCE_NOT_FOUND", "{}", world.engine);

        // A founder who never changed the one-time password: nobody can reset it.
        let lost = world.with_one_time_password("donau", "AT").await;
        world.clock.advance(Duration::hours(73));
        let first = world.anew(&first).await;
        let second = world.anew(&second).await;
        assert_eq!(why(propose(&world, &first, &lost.user, " ").await), "REASON_REQUIRED");
        assert_eq!(why(approve(&world, &second, &lost.user).await), "RESOURCE_NOT_FOUND");
        propose(&world, &first, &lost.user, "lost the password").await.unwrap();
        assert_eq!(why(approve(&world, &first, &lost.user).await), "SECOND_OPERATOR_REQUIRED");
        world.clock.advance(Duration::hours(24));
        let (first, second) = (world.anew(&first).await, world.anew(&second).await);
        assert_eq!(why(approve(&world, &second, &lost.user).await), "RESOURCE_NOT_FOUND");
        propose(&world, &first, &lost.user, "lost the password").await.unwrap();
        let opened = approve(&world, &second, &lost.user).await.unwrap();
        let user = opened.user.unwrap();
        assert_eq!(user.state(), UserState::Invited, "{}", world.engine);
        assert!(world.stored(&opened.one_time_password).await.is_empty(), "{}", world.engine);
        world.change_password(&lost.sign_in_name, &opened.one_time_password).await;
        let anna = world.sign_in(&lost.sign_in_name).await;
        world.add(&anna, "dora", &[Role::GlobalAdmin]).await.unwrap();
        // A proposal serves once.
        assert_eq!(why(approve(&world, &second, &lost.user).await), "RESOURCE_NOT_FOUND");
        let entries = world.ledger(&anna).await;
        for event in ["GlobalAdminProposed", "GlobalAdminApproved"] {
            assert!(entries.iter().any(|it| it::happened(it) == event), "{event}");
        }
    })
    .await;
}
