//! People of a company: added, read, corrected, shut out, removed and restored by its admins.

use api::{
    policy::v1::Role as Named,
    users::v1::{
        CheckDomainAvailabilityRequest, DeleteUserRequest, ListRolesRequest, ListUsersRequest,
        SignOutRequest, TestPermissionsRequest, UpdateUserRequest, UpdateUserRolesRequest, User,
        UserState, WhoAmIRequest,
    },
};
use chrono::Duration;
use domain::Role;
use it::{
    Persona, World,
    cast::Stage,
    look::bytes,
    metadata, on_each_engine,
    people::{newcomer, wire},
    reason,
};
use tonic::Status;

/// Why it was refused; empty if it was not.
fn why<T>(answer: Result<T, Status>) -> String {
    answer.err().map(|it| reason(&it)).unwrap_or_default()
}

async fn listed(world: &World, by: &Persona, ask: ListUsersRequest) -> Vec<User> {
    world.users().list_users(by.asks(ask)).await.unwrap().into_inner().users
}

fn names(users: &[User]) -> Vec<&str> {
    users.iter().map(|it| it.sign_in_name.split('@').next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_added_signs_in_and_is_told_of() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let asked = anna.asks(newcomer("dora", &[Role::GlobalAdmin, Role::HelpdeskAgent]));
        let made = world.users().create_user(asked).await.unwrap().into_inner();
        let dora = made.user.unwrap();
        assert_eq!(dora.state(), UserState::Invited, "{}", world.engine);
        assert_eq!(dora.roles, wire(&[Role::GlobalAdmin, Role::HelpdeskAgent]));
        assert!(!made.secret_withheld && made.one_time_password.len() >= 16);
        assert!(world.stored(&made.one_time_password).await.is_empty(), "{}", world.engine);
        world.change_password(&dora.sign_in_name, &made.one_time_password).await;
        let dora = world.sign_in(&dora.sign_in_name).await;
        assert_eq!(world.user(&dora, &dora.user).await.unwrap().state(), UserState::Active);
        // Both are told that there is another global admin.
        let label = anna.sign_in_name.split_once('@').unwrap().1.split('.').next().unwrap();
        for to in [format!("anna@{label}.example"), "dora@people.example".to_owned()] {
            let mail = world.mail_to(&to).await;
            assert!(mail.subject.starts_with("Dora Novak "), "{}: {to}", mail.subject);
        }
        let entries = world.ledger(&anna).await;
        assert!(entries.iter().any(|it| it::happened(it) == "UserCreated"), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_added_twice_without_a_role_or_with_one_that_is_not_the_askers_to_give() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let bernd = world.join(&anna, "bernd", &[Role::UserAdmin]).await;
        let mut same_address = newcomer("clara", &[Role::HelpdeskAgent]);
        same_address.email = "BERND@people.example".to_owned();
        let mut nameless = newcomer("clara", &[Role::HelpdeskAgent]);
        nameless.family_name = "https://evil.example".to_owned();
        let mut zero = newcomer("clara", &[]);
        zero.roles = vec![Named::Unspecified.into()];
        for (who, request, expected) in [
            (&anna, newcomer("bernd", &[Role::HelpdeskAgent]), "USER_ALREADY_EXISTS"),
            (&anna, same_address, "USER_ALREADY_EXISTS"),
            (&anna, newcomer("clara", &[]), "ROLE_REQUIRED"),
            (&anna, zero, "FIELD_INVALID"),
            (&anna, nameless, "FIELD_INVALID"),
            (&anna, newcomer("clara", &[Role::Operator]), "ROLE_NOT_ASSIGNABLE"),
            (&anna, newcomer("clara", &[Role::SalesAgent]), "ROLE_NOT_ASSIGNABLE"),
            (&bernd, newcomer("clara", &[Role::AdminAgent]), "ROLE_NOT_ASSIGNABLE"),
            (&bernd, newcomer("clara", &[Role::GlobalAdmin]), "ROLE_NOT_ASSIGNABLE"),
        ] {
            let answer = world.users().create_user(who.asks(request.clone())).await;
            assert_eq!(why(answer), expected, "{request:?} on {}", world.engine);
        }
        assert_eq!(names(&listed(&world, &anna, Default::default()).await), ["anna", "bernd"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_16_admins_who_add_the_same_person_one_does() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let tries: Vec<_> = (0..16)
            .map(|n| {
                let mut request = newcomer("dora", &[Role::HelpdeskAgent]);
                request.email = format!("dora{n}@people.example");
                let (mut users, asked) = (world.users(), anna.asks(request));
                tokio::spawn(async move { users.create_user(asked).await })
            })
            .collect();
        let mut reasons = Vec::new();
        for it in tries {
            reasons.push(why(it.await.unwrap()));
        }
        reasons.sort();
        let mut expected = vec!["USER_ALREADY_EXISTS"; 16];
        expected[0] = "";
        assert_eq!(reasons, expected, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn u7_a_repeated_call_shows_no_password_again() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let mut request = newcomer("dora", &[Role::HelpdeskAgent]);
        request.request_id = uuid::Uuid::new_v4().to_string();
        let first = world.users().create_user(anna.asks(request.clone())).await.unwrap();
        let again = world.users().create_user(anna.asks(request)).await.unwrap();
        assert_eq!(again.metadata().get("idempotency-replayed").unwrap(), "true");
        let (first, again) = (first.into_inner(), again.into_inner());
        assert_eq!(first.user, again.user, "{}", world.engine);
        assert!(again.secret_withheld && again.one_time_password.is_empty(), "{}", world.engine);

        let reset = api::users::v1::ResetUserPasswordRequest {
            name: first.user.unwrap().name,
            request_id: uuid::Uuid::new_v4().to_string(),
            ..Default::default()
        };
        let mut client = world.users();
        let first = client.reset_user_password(anna.asks(reset.clone())).await.unwrap();
        assert!(!first.into_inner().one_time_password.is_empty(), "{}", world.engine);
        let again = client.reset_user_password(anna.asks(reset)).await.unwrap().into_inner();
        assert!(again.secret_withheld && again.one_time_password.is_empty(), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn u6_a_denial_says_what_is_missing_who_gives_it_and_whether_one_may_help_oneself() {
    on_each_engine(async |world| {
        let firm = world.reseller("donau", "AT", Stage::Draft).await;
        let anna = &firm.anna;
        let ask = newcomer("dora", &[Role::HelpdeskAgent]);
        let err = world.users().create_user(anna.asks(ask.clone())).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
        assert_eq!(metadata(&err, "requiredRoles"), "ADMIN_AGENT USER_ADMIN OPERATOR");
        assert_eq!(metadata(&err, "givenBy"), "ADMIN_AGENT GLOBAL_ADMIN OPERATOR USER_ADMIN");
        assert_eq!(metadata(&err, "selfAssignable"), "ADMIN_AGENT", "{}", world.engine);
        world.change_roles(anna, &anna.user, &[Role::AdminAgent], &[]).await.unwrap();
        world.users().create_user(anna.asks(ask.clone())).await.unwrap();

        let helper = world.join(anna, "hanna", &[Role::HelpdeskAgent]).await;
        let err = world.users().create_user(helper.asks(ask)).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
        assert_eq!(metadata(&err, "selfAssignable"), "", "{}", world.engine);
        // DeleteUser lets everybody in for oneself; of others it says the same.
        let delete = DeleteUserRequest { name: anna.user.clone(), ..Default::default() };
        let err = world.users().delete_user(helper.asks(delete)).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
        assert_eq!(metadata(&err, "requiredRoles"), "ADMIN_AGENT USER_ADMIN", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_listed_by_role_and_state_page_by_page_as_they_can_be_read() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        for n in 0..5 {
            let role = if n % 2 == 0 { Role::HelpdeskAgent } else { Role::BillingAdmin };
            world.add(&anna, &format!("user{n}"), &[role]).await.unwrap();
        }
        let all = ListUsersRequest::default();
        let people = listed(&world, &anna, all.clone()).await;
        let name = |n: usize| people[n].name.clone();
        world.shut_out(&anna, &name(2)).await.unwrap();
        world.remove(&anna, &name(3)).await.unwrap();
        let state = |it: UserState| ListUsersRequest { state: it.into(), ..all.clone() };
        let role = |it: Named| ListUsersRequest { role: it.into(), ..all.clone() };
        for (ask, expected) in [
            (all.clone(), vec!["anna", "user0", "user1", "user3", "user4"]),
            (
                ListUsersRequest { show_deleted: true, ..all.clone() },
                vec!["anna", "user0", "user1", "user2", "user3", "user4"],
            ),
            (state(UserState::Active), vec!["anna"]),
            (state(UserState::Invited), vec!["user0", "user3", "user4"]),
            (state(UserState::Suspended), vec!["user1"]),
            (state(UserState::Deleted), vec!["user2"]),
            (role(Named::BillingAdmin), vec!["user1", "user3"]),
            (role(Named::HelpdeskAgent), vec!["user0", "user4"]),
            (role(Named::SalesAgent), vec![]),
        ] {
            let found = listed(&world, &anna, ask.clone()).await;
            assert_eq!(names(&found), expected, "{ask:?} on {}", world.engine);
            for it in &found {
                assert_eq!(&world.user(&anna, &it.name).await.unwrap(), it, "{}", world.engine);
            }
        }
        let (mut ask, mut pages) = (ListUsersRequest { page_size: 2, ..all }, Vec::new());
        loop {
            let asked = anna.asks(ask.clone());
            let page = world.users().list_users(asked).await.unwrap().into_inner();
            pages.push(names(&page.users).len());
            ask.page_token = page.next_page_token;
            if ask.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(pages, [2, 2, 1], "{}", world.engine);
        ask.page_token = "made.up".to_owned();
        let err = world.users().list_users(anna.asks(ask)).await.unwrap_err();
        assert_eq!(reason(&err), "PAGE_TOKEN_INVALID", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_people_read_themselves_and_foreign_ones_are_unknown_byte_for_byte() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let helper = world.join(&anna, "hanna", &[Role::HelpdeskAgent]).await;
        assert_eq!(names(&listed(&world, &helper, Default::default()).await), ["hanna"]);
        world.user(&helper, &helper.user).await.unwrap();
        assert_eq!(why(world.user(&helper, &anna.user).await), "RESOURCE_NOT_FOUND");

        let foreign = world.company("inn", "AT").await;
        let unknown = format!("{}/users/{}", foreign.company, uuid::Uuid::now_v7());
        let misplaced = foreign.user.replace(&foreign.company, &anna.company);
        let mut seen = Vec::new();
        for name in [&foreign.user, &unknown, &misplaced] {
            seen.push(bytes(&world.user(&anna, name).await.unwrap_err()));
            seen.push(bytes(&world.rename(&anna, name, "Eva").await.unwrap_err()));
            seen.push(bytes(&world.shut_out(&anna, name).await.unwrap_err()));
            seen.push(bytes(&world.let_in(&anna, name).await.unwrap_err()));
            seen.push(bytes(&world.remove(&anna, name).await.unwrap_err()));
            seen.push(bytes(&world.restore(&anna, name).await.unwrap_err()));
            seen.push(bytes(&world.reset(&anna, name).await.unwrap_err()));
            let change = world.change_roles(&anna, name, &[Role::AdminAgent], &[]).await;
            seen.push(bytes(&change.unwrap_err()));
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?} on {}", world.engine);
        let parent = foreign.company.clone();
        let list = ListUsersRequest { parent, ..Default::default() };
        let err = world.users().list_users(anna.asks(list)).await.unwrap_err();
        assert_eq!(bytes(&err), seen[0], "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_reads_everybody_manages_its_own_people_and_gives_platform_roles_anywhere() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let bernd = world.join(&anna, "bernd", &[Role::UserAdmin]).await;
        let operator = world.platform(&[Role::Operator]).await;
        let auditor = world.platform(&[Role::Auditor]).await;
        let reviewer = world.platform(&[Role::Reviewer]).await;
        for (who, expected) in [(&operator, ""), (&auditor, ""), (&reviewer, "RESOURCE_NOT_FOUND")]
        {
            assert_eq!(why(world.user(who, &anna.user).await), expected, "{}", world.engine);
            let parent = anna.company.clone();
            let list = ListUsersRequest { parent, ..Default::default() };
            let answer = world.users().list_users(who.asks(list)).await;
            assert_eq!(why(answer), expected, "{}", world.engine);
        }
        assert_eq!(names(&listed(&world, &reviewer, Default::default()).await).len(), 1);

        let staff = world.join(&operator, "rita", &[Role::Reviewer]).await;
        world.shut_out(&operator, &staff.user).await.unwrap();
        world.let_in(&operator, &staff.user).await.unwrap();
        assert_eq!(why(world.shut_out(&operator, &bernd.user).await), "RESOURCE_NOT_FOUND");
        let mut elsewhere = newcomer("eve", &[Role::Auditor]);
        elsewhere.parent = anna.company.clone();
        let answer = world.users().create_user(operator.asks(elsewhere)).await;
        assert_eq!(why(answer), "RESOURCE_NOT_FOUND", "{}", world.engine);

        let give = |role| world.change_roles(&operator, &bernd.user, role, &[]);
        assert_eq!(why(give(&[Role::AdminAgent]).await), "TARGET_OUTRANKS_CALLER");
        give(&[Role::Reviewer]).await.unwrap();
        // Who also works for the platform is not its company's admin's to shut out.
        assert_eq!(why(world.shut_out(&anna, &bernd.user).await), "TARGET_OUTRANKS_CALLER");
        let took = world.change_roles(&anna, &bernd.user, &[Role::HelpdeskAgent], &[]).await;
        assert_eq!(took.unwrap().roles.len(), 3, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn u5_what_ends_ends_on_the_next_call_also_for_tokens_that_are_out() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let dora = world.join(&anna, "dora", &[Role::UserAdmin]).await;
        let ask = async |who: &Persona| {
            why(world.users().list_roles(who.asks(ListRolesRequest {})).await)
        };
        let second = world.sign_in(&dora.sign_in_name).await;
        let sign_out = |all_sessions| SignOutRequest { all_sessions, ..Default::default() };
        world.users().sign_out(dora.asks(sign_out(false))).await.unwrap();
        assert_eq!(ask(&dora).await, "SESSION_REVOKED", "{}", world.engine);
        assert_eq!(ask(&second).await, "", "{}", world.engine);
        let third = world.sign_in(&dora.sign_in_name).await;
        world.users().sign_out(second.asks(sign_out(true))).await.unwrap();
        assert_eq!(ask(&third).await, "SESSION_REVOKED", "{}", world.engine);

        let dora = world.sign_in(&dora.sign_in_name).await;
        world.shut_out(&anna, &dora.user).await.unwrap();
        assert_eq!(ask(&dora).await, "SESSION_REVOKED", "{}", world.engine);
        let wrong = world.try_sign_in(&dora.sign_in_name, it::PASSWORD).await;
        assert_eq!(why(wrong), "SIGN_IN_FAILED", "{}", world.engine);
        world.let_in(&anna, &dora.user).await.unwrap();
        assert_eq!(ask(&dora).await, "SESSION_REVOKED", "a session that ended stays ended");
        let dora = world.sign_in(&dora.sign_in_name).await;
        world
            .change_roles(&anna, &dora.user, &[Role::HelpdeskAgent], &[Role::UserAdmin])
            .await
            .unwrap();
        let add = world.add(&dora, "eva", &[Role::HelpdeskAgent]).await;
        assert_eq!(why(add), "ROLE_MISSING", "{}", world.engine);
        world.reset(&anna, &dora.user).await.unwrap();
        assert_eq!(ask(&dora).await, "SESSION_REVOKED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_person_can_be_restored_for_30_days_and_is_then_gone() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let dora = world.join(&anna, "dora", &[Role::HelpdeskAgent, Role::BillingAdmin]).await;
        world.shut_out(&anna, &dora.user).await.unwrap();
        let gone = world.remove(&anna, &dora.user).await.unwrap();
        assert_eq!(gone.sign_in_name, dora.sign_in_name, "{}", world.engine);
        assert!(gone.purge_time.is_some(), "{}", world.engine);
        let back = world.restore(&anna, &dora.user).await.unwrap();
        assert_eq!(back.state(), UserState::Suspended, "{}", world.engine);
        assert_eq!(back.roles, wire(&[Role::HelpdeskAgent, Role::BillingAdmin]));
        let back = world.let_in(&anna, &dora.user).await.unwrap();
        assert_eq!(back.state(), UserState::Active, "{}", world.engine);
        world.sign_in(&dora.sign_in_name).await;

        world.remove(&anna, &dora.user).await.unwrap();
        // The name is free at once; who comes back finds it taken.
        let (other, _) = world.add(&anna, "dora", &[Role::HelpdeskAgent]).await.unwrap();
        assert_eq!(why(world.restore(&anna, &dora.user).await), "USER_ALREADY_EXISTS");
        world.remove(&anna, &other.name).await.unwrap();
        world.clock.advance(Duration::days(30) - Duration::microseconds(1));
        let anna = world.sign_in(&anna.sign_in_name).await;
        world.restore(&anna, &dora.user).await.unwrap();
        world.remove(&anna, &dora.user).await.unwrap();
        world.clock.advance(Duration::days(30));
        let anna = world.sign_in(&anna.sign_in_name).await;
        assert_eq!(why(world.restore(&anna, &dora.user).await), "RESOURCE_NOT_FOUND");
        assert_eq!(world.reachable(&dora.user).await.0, "dora@people.example");
        world.deliver().await;
        assert_eq!(world.reachable(&dora.user).await, (String::new(), None), "{}", world.engine);
        assert_eq!(why(world.user(&anna, &dora.user).await), "RESOURCE_NOT_FOUND");
        let all = ListUsersRequest { show_deleted: true, ..Default::default() };
        assert_eq!(names(&listed(&world, &anna, all).await), ["anna"], "{}", world.engine);
        let entries = world.ledger(&anna).await;
        let n = entries.iter().filter(|it| it::happened(it) == "UserRemoved").count();
        assert_eq!(n, 2, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_names_its_fields_needs_the_newest_etag_and_keeps_addresses_apart() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let dora = world.join(&anna, "dora", &[Role::HelpdeskAgent]).await;
        world.join(&anna, "emil", &[Role::HelpdeskAgent]).await;
        let seen = world.user(&anna, &dora.user).await.unwrap();
        let edit = UpdateUserRequest {
            name: dora.user.clone(),
            given_name: "Dorothea".to_owned(),
            email: "dorothea@people.example".to_owned(),
            etag: seen.etag.clone(),
            ..UpdateUserRequest::default()
        };
        let mask = Some(prost_types::FieldMask { paths: vec!["given_name".to_owned()] });
        let masked = UpdateUserRequest { update_mask: mask, ..edit.clone() };
        let user = world.users().update_user(anna.asks(masked)).await.unwrap().into_inner();
        let user = user.user.unwrap();
        assert_eq!((user.given_name.as_str(), &user.email), ("Dorothea", &seen.email));
        let stale = world.users().update_user(anna.asks(edit.clone())).await;
        assert_eq!(why(stale), "ETAG_MISMATCH", "{}", world.engine);
        let etag = user.etag;
        let taken = UpdateUserRequest { email: "Emil@people.example".to_owned(), etag, ..edit };
        let answer = world.users().update_user(anna.asks(taken)).await;
        assert_eq!(why(answer), "USER_ALREADY_EXISTS", "{}", world.engine);
        let paths = vec!["state".to_owned()];
        let update_mask = Some(prost_types::FieldMask { paths });
        let name = dora.user.clone();
        let unknown = UpdateUserRequest { name, update_mask, ..Default::default() };
        let answer = world.users().update_user(anna.asks(unknown)).await;
        assert_eq!(why(answer), "FIELD_INVALID", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_changed_by_name_and_nobody_is_left_without_one() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let dora = world.join(&anna, "dora", &[Role::HelpdeskAgent]).await;
        let drop = world.change_roles(&anna, &dora.user, &[], &[Role::HelpdeskAgent]).await;
        assert_eq!(why(drop), "LAST_ROLE", "{}", world.engine);
        let both = [Role::HelpdeskAgent];
        let twice = world.change_roles(&anna, &dora.user, &both, &both).await;
        assert_eq!(why(twice), "FIELD_INVALID", "{}", world.engine);
        let none = UpdateUserRolesRequest { name: dora.user.clone(), ..Default::default() };
        let none = world.users().update_user_roles(anna.asks(none)).await;
        assert_eq!(why(none), "FIELD_INVALID", "{}", world.engine);
        let given = world.change_roles(&anna, &dora.user, &[Role::GlobalAdmin], &[]).await;
        assert_eq!(given.unwrap().roles, wire(&[Role::GlobalAdmin, Role::HelpdeskAgent]));
        let taken =
            world.change_roles(&dora, &anna.user, &[Role::HelpdeskAgent], &[Role::GlobalAdmin]);
        taken.await.unwrap();
        let last = world.remove(&dora, &dora.user).await;
        assert_eq!(why(last), "LAST_GLOBAL_ADMIN", "{}", world.engine);
        assert_eq!(
            why(world.change_roles(&anna, &dora.user, &[], &[Role::GlobalAdmin]).await),
            "ROLE_MISSING"
        );
        let subjects = world.subjects_to("dora@people.example").await;
        assert_eq!(subjects.len(), 2, "{subjects:?} on {}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_asks_which_roles_there_are_and_what_they_admit_to() {
    on_each_engine(async |world| {
        let firm = world.reseller("donau", "AT", Stage::Draft).await;
        let anna = &firm.anna;
        let roles = world.users().list_roles(anna.asks(ListRolesRequest {})).await.unwrap();
        let roles = roles.into_inner().roles;
        assert!(roles.iter().all(|it| it.role() != Named::SalesAgent), "a reseller has none");
        let agent = roles.iter().find(|it| it.role() == Named::AdminAgent).unwrap();
        assert!(agent.assignable && agent.self_assignable && !agent.held, "{}", world.engine);
        assert_eq!(agent.given_by, wire(&[Role::GlobalAdmin, Role::AdminAgent]));
        let operator = roles.iter().find(|it| it.role() == Named::Operator).unwrap();
        assert!(!operator.assignable, "{}", world.engine);

        let rpc = |it: &str| format!("pacta.users.v1.UsersService/{it}");
        let rpcs = vec![rpc("CreateUser"), rpc("UpdateUserRoles"), rpc("WhoAmI")];
        let ask = TestPermissionsRequest { user: String::new(), rpcs };
        let answer = world.users().test_permissions(anna.asks(ask.clone())).await.unwrap();
        let all = answer.into_inner().permissions;
        assert_eq!(all.iter().map(|it| it.allowed).collect::<Vec<_>>(), [false, true, true]);
        assert!(all[0].self_assignable, "{}", world.engine);
        let needed = wire(&[Role::AdminAgent, Role::UserAdmin, Role::Operator]);
        assert_eq!(all[0].required_roles, needed, "{}", world.engine);
        // What the test says is what WhoAmI lists, and what the gate does.
        let me = world.users().who_am_i(anna.asks(WhoAmIRequest {})).await.unwrap().into_inner();
        assert!(!me.permissions.contains(&rpc("CreateUser")), "{}", world.engine);

        let other = TestPermissionsRequest { user: anna.user.clone(), ..ask.clone() };
        let staff = world.platform(&[Role::Operator]).await;
        let seen = world.users().test_permissions(staff.asks(other.clone())).await.unwrap();
        assert_eq!(seen.into_inner().permissions, all, "{}", world.engine);
        let auditor = world.platform(&[Role::Auditor]).await;
        let answer = world.users().test_permissions(auditor.asks(other)).await;
        assert_eq!(why(answer), "RESOURCE_NOT_FOUND", "{}", world.engine);
        let unknown = TestPermissionsRequest { rpcs: vec![rpc("MakeTea")], ..ask };
        let answer = world.users().test_permissions(anna.asks(unknown)).await;
        assert_eq!(why(answer), "RPC_UNKNOWN", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_asks_whether_a_label_is_free() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let taken = anna.sign_in_name.split_once('@').unwrap().1.split('.').next().unwrap();
        for (prefix, problem) in
            [(taken, "DOMAIN_TAKEN"), ("platform", "DOMAIN_RESERVED"), ("nobody-has-it", "")]
        {
            let ask = CheckDomainAvailabilityRequest { domain_prefix: prefix.to_owned() };
            let answer = world.users().check_domain_availability(ask).await.unwrap().into_inner();
            let seen = (answer.available, answer.problem.as_str());
            assert_eq!(seen, (problem.is_empty(), problem), "{prefix} on {}", world.engine);
            assert_eq!(answer.domain, format!("{prefix}.work.pacta.example"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_a_provider_reads_a_resellers_people_while_its_delegated_administration_is_live() {
    use api::relationships::v1::{GrantType, RevokeGrantRequest};
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let stranger = world.provider("cierzo", "ES", Stage::Active).await;
        let list = |of: &str| ListUsersRequest { partner: of.to_owned(), ..Default::default() };
        let read = async |who: &Persona| {
            let people = world.users().list_users(who.asks(list(&reseller.partner))).await;
            let one = world.user(who, &reseller.anna.user).await;
            assert_eq!(people.is_ok(), one.is_ok(), "List and Get agree on {}", world.engine);
            people.map(|it| names(&it.into_inner().users).join(" "))
        };
        let unknown = bytes(&read(&provider.anna).await.unwrap_err());
        let tie = world.connect(&provider, &reseller).await.name;
        let provider = world.again(&provider).await;
        assert_eq!(read(&provider.anna).await.unwrap(), "anna", "{}", world.engine);
        let sales = world.colleague(&provider.anna, "sales", &[Role::SalesAgent]).await;
        assert_eq!(bytes(&read(&sales).await.unwrap_err()), unknown, "{}", world.engine);
        assert_eq!(bytes(&read(&stranger.anna).await.unwrap_err()), unknown);
        // It reads, and changes nothing.
        let change = world.shut_out(&provider.anna, &reseller.anna.user).await;
        assert_eq!(why(change), "RESOURCE_NOT_FOUND", "{}", world.engine);

        world.suspend(&reseller.partner, Some("x")).await;
        assert_eq!(bytes(&read(&provider.anna).await.unwrap_err()), unknown, "{}", world.engine);
        world.suspend(&reseller.partner, None).await;
        read(&provider.anna).await.unwrap();
        let revoke = RevokeGrantRequest {
            name: tie,
            grant_type: GrantType::DelegatedAdmin.into(),
            ..Default::default()
        };
        let reseller_anna = world.anew(&reseller.anna).await;
        world.relationships().revoke_grant(reseller_anna.asks(revoke)).await.unwrap();
        assert_eq!(bytes(&read(&provider.anna).await.unwrap_err()), unknown, "{}", world.engine);
    })
    .await;
}
