//! Work accounts, sign-in, passwords, sessions.

use api::{
    changes::v1::ListAuditEntriesRequest,
    users::v1::{ChangePasswordRequest, SignInRequest, WhoAmIRequest},
};
use chrono::Duration;
use domain::Role;
use it::{PASSWORD, Persona, metadata, on_each_engine, reason, without_call, work_account};
use tonic::Code;

fn sign_in(name: &str, password: &str) -> SignInRequest {
    let (sign_in_name, password) = (name.to_owned(), password.to_owned());
    SignInRequest { sign_in_name, password, ..SignInRequest::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_makes_an_account_and_its_first_person_gets_in() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let me = world.users().who_am_i(anna.asks(WhoAmIRequest {})).await.unwrap().into_inner();
        assert_eq!(me.user.unwrap().name, anna.user, "{}", world.engine);
        assert_eq!(me.company.unwrap().region_code, "AT");
        assert!(me.permissions.contains(&"pacta.users.v1.UsersService/WhoAmI".to_owned()));
        assert!(!me.permissions.iter().any(|it| it.ends_with("/AppointProvider")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let taken = world.label("donau");
        world.users().create_work_account(work_account(&taken, "AT")).await.unwrap();
        for (prefix, region, code, why) in [
            (taken.as_str(), "AT", Code::AlreadyExists, "DOMAIN_TAKEN"),
            ("platform", "AT", Code::InvalidArgument, "DOMAIN_RESERVED"),
            ("elbe", "QQ", Code::InvalidArgument, "COUNTRY_UNKNOWN"),
            ("Elbe", "AT", Code::InvalidArgument, "FIELD_INVALID"),
        ] {
            let answer = world.users().create_work_account(work_account(prefix, region)).await;
            let err = answer.unwrap_err();
            assert_eq!((err.code(), reason(&err).as_str()), (code, why), "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_companies_that_want_one_prefix_one_gets_it() {
    on_each_engine(async |world| {
        let prefix = world.label("rush");
        let tries: Vec<_> = (0..32)
            .map(|_| {
                let (mut users, request) = (world.users(), work_account(&prefix, "AT"));
                tokio::spawn(async move { users.create_work_account(request).await })
            })
            .collect();
        let mut reasons = Vec::new();
        for it in tries {
            reasons.push(it.await.unwrap().map_or_else(|err| reason(&err), |_| "OK".to_owned()));
        }
        reasons.sort();
        let mut expected = vec!["DOMAIN_TAKEN"; 31];
        expected.push("OK");
        assert_eq!(reasons, expected, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn validate_only_answers_the_plan_and_changes_nothing() {
    on_each_engine(async |world| {
        let prefix = world.label("plan");
        let mut request = work_account(&prefix, "AT");
        request.validate_only = true;
        let answer = world.users().create_work_account(request.clone()).await.unwrap();
        let answer = answer.into_inner();
        assert_eq!(answer.plan.unwrap().events, ["WorkAccountCreated", "UserCreated"]);
        assert!(answer.one_time_password.is_empty() && answer.user.is_none());
        request.validate_only = false;
        world.users().create_work_account(request).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_people_and_wrong_passwords_are_answered_alike() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let mut seen = Vec::new();
        for name in [anna.sign_in_name.as_str(), "nobody@donau.work.pacta.example"] {
            let err = world.users().sign_in(sign_in(name, "a wrong one")).await.unwrap_err();
            seen.push((err.code(), without_call(&err), reason(&err)));
            let change = ChangePasswordRequest {
                sign_in_name: name.to_owned(),
                old_password: "a wrong one".to_owned(),
                new_password: "short".to_owned(),
                ..ChangePasswordRequest::default()
            };
            let err = world.users().change_password(change).await.unwrap_err();
            seen.push((err.code(), without_call(&err), reason(&err)));
        }
        assert_eq!(seen[0], seen[2], "SignIn on {}", world.engine);
        assert_eq!(seen[1], seen[3], "ChangePassword on {}", world.engine);
        assert_eq!(seen[1].2, "SIGN_IN_FAILED");
        assert_eq!(seen[0].2, "SIGN_IN_FAILED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_the_one_reply_and_nowhere_else() {
    on_each_engine(async |world| {
        let prefix = world.label("secret");
        let made = world.users().create_work_account(work_account(&prefix, "AT")).await.unwrap();
        let made = made.into_inner();
        let name = made.user.unwrap().sign_in_name;
        let one_time = made.one_time_password;
        world.users().sign_in(sign_in(&name, &one_time)).await.unwrap();
        world.change_password(&name, &one_time).await;
        let token = world.sign_in(&name).await.token.unwrap();
        for (what, secret) in
            [("one-time password", one_time.as_str()), ("password", PASSWORD), ("token", &token)]
        {
            assert!(secret.len() >= 16, "{what}");
            let found = world.stored(secret).await;
            assert!(found.is_empty(), "{what} in {found:?} on {}", world.engine);
        }
        // The search bites: what is stored is found.
        assert!(!world.stored(&name).await.is_empty(), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sign_in_is_remembered_although_it_was_refused() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let wrong = sign_in(&anna.sign_in_name, "a wrong one");
        world.users().sign_in(wrong).await.unwrap_err();
        let list = ListAuditEntriesRequest { parent: anna.company.clone(), ..Default::default() };
        let entries = world.changes().list_audit_entries(anna.asks(list)).await.unwrap();
        let newest = entries.into_inner().audit_entries.remove(0);
        let kind = newest.event.unwrap().kind.unwrap();
        assert!(
            matches!(kind, api::event::v1::event::Kind::SignInFailed(_)),
            "{kind:?} on {}",
            world.engine
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_password_lives_72_hours_and_opens_nothing_but_its_change() {
    on_each_engine(async |world| {
        let prefix = world.label("once");
        let made = world.users().create_work_account(work_account(&prefix, "AT")).await.unwrap();
        let made = made.into_inner();
        let name = made.user.unwrap().sign_in_name;
        let one_time = made.one_time_password;
        world.clock.advance(Duration::hours(72) - Duration::microseconds(1));
        let session = world.users().sign_in(sign_in(&name, &one_time)).await.unwrap().into_inner();
        assert!(session.password_change_required);
        let anna = Persona { token: Some(session.access_token), ..Persona::default() };
        let list = ListAuditEntriesRequest::default();
        let err = world.changes().list_audit_entries(anna.asks(list)).await.unwrap_err();
        assert_eq!(reason(&err), "PASSWORD_CHANGE_REQUIRED", "{}", world.engine);
        world.users().who_am_i(anna.asks(WhoAmIRequest {})).await.unwrap();

        world.clock.advance(Duration::microseconds(1));
        let err = world.users().sign_in(sign_in(&name, &one_time)).await.unwrap_err();
        assert_eq!(reason(&err), "ONE_TIME_PASSWORD_EXPIRED", "{}", world.engine);
        let change = ChangePasswordRequest {
            sign_in_name: name.clone(),
            old_password: one_time.clone(),
            new_password: PASSWORD.to_owned(),
            ..ChangePasswordRequest::default()
        };
        let err = world.users().change_password(change).await.unwrap_err();
        assert_eq!(reason(&err), "ONE_TIME_PASSWORD_EXPIRED", "{}", world.engine);
        // Only who knows the password learns that it is over.
        let err = world.users().sign_in(sign_in(&name, "a wrong one")).await.unwrap_err();
        assert_eq!(reason(&err), "SIGN_IN_FAILED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_strong_and_ends_every_session() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let change = |old: &str, new: &str| ChangePasswordRequest {
            sign_in_name: anna.sign_in_name.clone(),
            old_password: old.to_owned(),
            new_password: new.to_owned(),
            ..ChangePasswordRequest::default()
        };
        for (old, new, why) in [
            ("a wrong one", "another good passphrase", "SIGN_IN_FAILED"),
            (PASSWORD, "short", "PASSWORD_TOO_WEAK"),
            (PASSWORD, PASSWORD, "PASSWORD_TOO_WEAK"),
        ] {
            let err = world.users().change_password(change(old, new)).await.unwrap_err();
            assert_eq!(reason(&err), why, "{}", world.engine);
        }
        world.users().change_password(change(PASSWORD, "another good passphrase")).await.unwrap();
        let err = world.users().who_am_i(anna.asks(WhoAmIRequest {})).await.unwrap_err();
        assert_eq!(reason(&err), "SESSION_REVOKED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let with =
            |token: Option<&str>| Persona { token: token.map(str::to_owned), ..Persona::default() };
        for (persona, why) in [
            (with(None), "CREDENTIAL_MISSING"),
            (with(Some("garbage")), "CREDENTIAL_INVALID"),
            (with(Some("")), "CREDENTIAL_INVALID"),
        ] {
            let err = world.users().who_am_i(persona.asks(WhoAmIRequest {})).await.unwrap_err();
            let seen = (err.code(), reason(&err));
            assert_eq!(seen, (Code::Unauthenticated, why.to_owned()), "{}", world.engine);
        }
        world.clock.advance(Duration::hours(12) - Duration::microseconds(1));
        world.users().who_am_i(anna.asks(WhoAmIRequest {})).await.unwrap();
        world.clock.advance(Duration::microseconds(1));
        let err = world.users().who_am_i(anna.asks(WhoAmIRequest {})).await.unwrap_err();
        assert_eq!(reason(&err), "CREDENTIAL_EXPIRED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_count_on_the_next_call_and_a_denial_names_what_is_missing() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let list = ListAuditEntriesRequest { parent: anna.company.clone(), ..Default::default() };
        world.changes().list_audit_entries(anna.asks(list.clone())).await.unwrap();
        world.with_roles(&anna, &[Role::HelpdeskAgent]).await;
        // The session from before: its power is gone, it is not.
        let err = world.changes().list_audit_entries(anna.asks(list)).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
        assert_eq!(metadata(&err, "requiredRoles"), "GLOBAL_ADMIN ADMIN_AGENT AUDITOR OPERATOR");
    })
    .await;
}
