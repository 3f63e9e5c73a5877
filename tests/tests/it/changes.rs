//! The ledger and who may read it.

use api::changes::v1::ListAuditEntriesRequest;
use domain::Role;
use it::{on_each_engine, reason};
use store::sea_orm::ConnectionTrait as _;

fn list(parent: &str, page_size: i32, page_token: &str) -> ListAuditEntriesRequest {
    ListAuditEntriesRequest {
        parent: parent.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        ..ListAuditEntriesRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gap_or_repetition() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let ask = |size: i32, token: &str| anna.asks(list(&anna.company, size, token));
        let whole = world.changes().list_audit_entries(ask(0, "")).await.unwrap().into_inner();
        assert!(whole.next_page_token.is_empty() && whole.audit_entries.len() == 4);
        let (mut seen, mut token) = (Vec::new(), String::new());
        for _ in 0..10 {
            let page = world.changes().list_audit_entries(ask(1, &token)).await.unwrap();
            let page = page.into_inner();
            seen.extend(page.audit_entries);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, whole.audit_entries, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_is_good_for_its_own_list_only() {
    on_each_engine(async |world| {
        let (anna, bernd) = (world.company("a", "AT").await, world.company("b", "AT").await);
        let auditor = world.platform(&[Role::Auditor]).await;
        let asked = anna.asks(list(&anna.company, 1, ""));
        let first = world.changes().list_audit_entries(asked).await.unwrap();
        let token = first.into_inner().next_page_token;
        for (who, parent, token) in [
            (&auditor, &anna.company, token.as_str()),
            (&bernd, &bernd.company, token.as_str()),
            (&anna, &anna.company, "garbage"),
            (&anna, &anna.company, "00.1"),
        ] {
            let asked = world.changes().list_audit_entries(who.asks(list(parent, 1, token))).await;
            assert_eq!(reason(&asked.unwrap_err()), "PAGE_TOKEN_INVALID", "{}", world.engine);
        }
        let mut narrower = list(&anna.company, 1, &token);
        narrower.subject = anna.user.clone();
        let asked = world.changes().list_audit_entries(anna.asks(narrower)).await;
        assert_eq!(reason(&asked.unwrap_err()), "PAGE_TOKEN_INVALID", "{}", world.engine);
        let own = anna.asks(list(&anna.company, 1, &token));
        world.changes().list_audit_entries(own).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_company_is_answered_as_an_unknown_one() {
    on_each_engine(async |world| {
        let (anna, bernd) = (world.company("a", "AT").await, world.company("b", "AT").await);
        let unknown = "companies/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let mut answers = Vec::new();
        for parent in [bernd.company.as_str(), unknown] {
            let asked = world.changes().list_audit_entries(anna.asks(list(parent, 0, ""))).await;
            let err = asked.unwrap_err();
            answers.push((err.code(), err.message().to_owned(), err.details().to_vec()));
        }
        assert_eq!(answers[0], answers[1], "{}", world.engine);
        let auditor = world.platform(&[Role::Auditor]).await;
        world
            .changes()
            .list_audit_entries(auditor.asks(list(&bernd.company, 0, "")))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_only_ever_added_to() {
    on_each_engine(async |world| {
        world.company("donau", "AT").await;
        for statement in ["UPDATE ledger SET method = 'x'", "DELETE FROM ledger"] {
            let tried = world.app.db.connection().execute_unprepared(statement).await;
            let err = tried.unwrap_err().to_string();
            assert!(err.contains("insert-only"), "{err} on {}", world.engine);
        }
    })
    .await;
}
