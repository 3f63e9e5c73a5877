//! What a list shows is found by an index of it, however much has ended or waits beside it.

use api::relationships::v1::{
    InvitationState, ListCustomerInvitationsRequest, ListCustomerPartnersRequest,
    ListCustomersRequest, ListInvitationsRequest, ListRelationshipsRequest,
    relationships_service_client::RelationshipsServiceClient,
};
use it::{Persona, World, cast::Stage, on_each_engine};
use store::sea_orm::{ConnectionTrait as _, DbBackend};

/// So many that are over, of each.
const MANY: usize = 2_000;

/// Copies of what there is: ended ones, and invitations that wait, for a month yet.
async fn fill(world: &World) {
    let db = world.app.db.connection();
    let is_sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let id = |n: &str| match is_sqlite {
        true => format!("unhex(printf('%032x', {n}))"),
        false => format!("lpad(to_hex({n}), 32, '0')::uuid"),
    };
    let later = if is_sqlite { "'2099-01-01T00:00:00+00:00'" } else { "TIMESTAMPTZ '2099-01-01'" };
    let series =
        format!("WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {MANY})");
    let ties = "provider_id, provider_company_id, reseller_id, reseller_company_id, version, \
                create_time, update_time, held_by_provider, held_by_reseller, held_by_operator";
    let rows = "customer_id, partner_company_id, via_id, via_company_id, customer_name, \
                customer_region_code, create_time";
    let invitation = "provider_id, provider_company_id, inviter_id, version, create_time, \
                      update_time, company_name, language_code, message";
    let to_reseller = format!("{invitation}, named_number, email");
    let to_customer = format!("{invitation}, reseller_id, reseller_company_id, email");
    let mut all = vec![
        format!(
            "INSERT INTO relationship (id, state, end_time, {ties}) {series} \
             SELECT {}, 'ENDED', create_time, {ties} FROM relationship, s",
            id("n")
        ),
        format!(
            "INSERT INTO customer_relationship (id, state, end_time, partner_id, {rows}) {series} \
             SELECT {}, 'ENDED', create_time, partner_id, {rows} FROM customer_relationship, s",
            id(&format!("n + CASE WHEN partner_id = via_id THEN 0 ELSE {MANY} END"))
        ),
    ];
    for (table, columns) in [("invitation", to_reseller), ("customer_invitation", to_customer)] {
        // Among each other: that all of one state lie together is nothing a planner expects.
        for (state, shift) in [("CANCELLED", 0), ("PENDING", 1)] {
            all.push(format!(
                "INSERT INTO {table} (id, state, expire_time, email_key, {columns}) {series} \
                 SELECT {}, '{state}', {later}, 'p' || n || '@nube.example', {columns} \
                 FROM {table}, s WHERE state = 'ACCEPTED'",
                id(&format!("2 * n + {shift}"))
            ));
        }
    }
    for sql in all {
        db.execute_unprepared(&sql).await.unwrap();
    }
    if !is_sqlite {
        db.execute_unprepared("ANALYZE").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_list_finds_what_it_shows_by_an_index_of_that() {
    on_each_engine(async |world| {
        let provider = world.provider("standing", "ES", Stage::Active).await;
        let reseller = world.reseller("standing", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("standing", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        fill(&world).await;

        let watched = world.watched().await;
        let mut client = RelationshipsServiceClient::new(watched.channel.clone());
        let few = async |table: &str, by: &[&str]| {
            let statements = watched.of(table);
            assert!(!statements.is_empty(), "{table} on {}", world.engine);
            for it in &statements {
                world.assert_reads_few(it, by).await;
            }
        };
        // What waits was sent to nobody's account yet: the reseller sees what it accepted.
        for (who, n_pending) in [(&provider.anna, 5), (&reseller.anna, 0)] {
            for partner in ["", &provider.partner, &reseller.partner] {
                let partner = partner.to_owned();
                let ask = ListRelationshipsRequest { page_size: 5, partner, ..Default::default() };
                let found = client.list_relationships(who.asks(ask)).await.unwrap().into_inner();
                assert_eq!(found.relationships.len(), 1, "{}", world.engine);
                few("relationship", &["relationship_standing", "relationship_of_"]).await;
            }
            let ask = ListCustomersRequest { page_size: 5, ..Default::default() };
            let found = client.list_customers(who.asks(ask)).await.unwrap().into_inner();
            assert_eq!(found.customers.len(), 1, "{}", world.engine);
            few("customer_relationship", &["customer_relationship_active"]).await;
            for (state, n_sent, n) in [
                (InvitationState::Accepted, 1, 1),
                (InvitationState::Pending, n_pending, 5),
                (InvitationState::Expired, 0, 0),
                (InvitationState::Declined, 0, 0),
            ] {
                let (page_size, state) = (5, state.into());
                let ask = ListInvitationsRequest { page_size, state, ..Default::default() };
                let found = client.list_invitations(who.asks(ask)).await.unwrap().into_inner();
                assert_eq!(found.invitations.len(), n_sent, "{state} on {}", world.engine);
                few("invitation", &["invitation_of_", "invitation_over_", "invitation_waiting"])
                    .await;
                let ask = ListCustomerInvitationsRequest { page_size, state, ..Default::default() };
                let found = client.list_customer_invitations(who.asks(ask)).await.unwrap();
                let n_found = found.into_inner().customer_invitations.len();
                assert_eq!(n_found, n, "{state} on {}", world.engine);
                few("customer_invitation", &["invitation_of_", "invitation_over_"]).await;
            }
        }
        assert_eq!(partners(&mut client, &customer).await, 2, "{}", world.engine);
        few("customer_relationship", &["customer_relationship_active"]).await;
    })
    .await;
}

async fn partners(
    client: &mut RelationshipsServiceClient<tonic::transport::Channel>,
    who: &Persona,
) -> usize {
    let ask = ListCustomerPartnersRequest { page_size: 5, ..Default::default() };
    let found = client.list_customer_partners(who.asks(ask)).await.unwrap().into_inner();
    found.customer_partners.len()
}
