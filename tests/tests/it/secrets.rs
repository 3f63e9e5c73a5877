//! Secrets are in the one mail or the one reply that carries them, and nowhere else.

use api::{
    changes::v1::ListAuditEntriesRequest,
    enrollment::v1::GetEnrollmentRequest,
    relationships::v1::{ListCustomersRequest, ListRelationshipsRequest},
};
use it::{
    World,
    cast::{Stage, invitation},
    logs, on_each_engine, work_account,
};

use crate::locations::code_for;

/// Every reply that could carry something on, as text.
async fn replies(world: &World, firms: &[&it::cast::Firm]) -> String {
    let mut all = String::new();
    for firm in firms {
        let anna = &firm.anna;
        let list = ListAuditEntriesRequest {
            parent: anna.company.clone(),
            page_size: 500,
            ..ListAuditEntriesRequest::default()
        };
        let entries = world.changes().list_audit_entries(anna.asks(list)).await.unwrap();
        all += &format!("{:?}", entries.into_inner());
        let get = GetEnrollmentRequest { name: firm.enrollment.clone() };
        let got = world.enrollment().get_enrollment(anna.asks(get)).await.unwrap();
        all += &format!("{:?}", got.into_inner());
        let list = anna.asks(ListRelationshipsRequest::default());
        let listed = world.relationships().list_relationships(list).await.unwrap();
        all += &format!("{:?}", listed.into_inner());
        let list = anna.asks(ListCustomersRequest::default());
        let listed = world.relationships().list_customers(list).await.unwrap();
        all += &format!("{:?}", listed.into_inner());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_the_whole_thread_is_anywhere_but_where_it_was_sent() {
    logs::keep();
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        let asked = provider.anna.asks(invitation("someone@elsewhere.example"));
        let created = world.relationships().create_invitation(asked).await.unwrap().into_inner();
        world.deliver().await;
        let account = work_account(&world.label("secret"), "AT");
        let made = world.users().create_work_account(account).await.unwrap().into_inner();

        let mails = world.mailbox().list().unwrap();
        let mut secrets: Vec<String> =
            mails.iter().filter_map(|it| it.secret()).map(str::to_owned).collect();
        assert_eq!(secrets.len(), 5, "two contacts, two invitations, one customer");
        for secret in &secrets {
            let n = mails.iter().filter(|it| it.text.contains(secret)).count();
            assert_eq!(n, 1, "in one mail only, on {}", world.engine);
            let n = mails.iter().filter(|it| it.html.contains(secret)).count();
            assert_eq!(n, 1, "in one HTML part only, on {}", world.engine);
        }
        secrets.push(made.one_time_password);
        secrets.extend(
            [&provider.anna, &reseller.anna, &customer].map(|it| it.token.clone().unwrap()),
        );

        let number = &reseller.number;
        secrets.push(code_for(&world, &reseller.anna, &reseller, number).await.unwrap());

        let replies = replies(&world, &[&provider, &reseller]).await + &format!("{created:?}");
        for secret in &secrets {
            assert!(secret.len() >= 16);
            let found = world.stored(secret).await;
            assert!(found.is_empty(), "{found:?} on {}", world.engine);
            assert!(!logs::hold(secret), "logged on {}", world.engine);
            assert!(!replies.contains(secret.as_str()), "replied on {}", world.engine);
        }
        // The searches bite: what is stored, logged and answered is found.
        assert!(!world.stored(&reseller.contact()).await.is_empty(), "{}", world.engine);
        assert!(logs::hold("AcceptInvitation"), "{}", world.engine);
        assert!(replies.contains(&reseller.partner), "{}", world.engine);
    })
    .await;
}
