//! Every query has its index: nothing on the whole thread reads a table from end to end.

use api::{
    changes::v1::ListAuditEntriesRequest,
    enrollment::v1::{
        EnrollmentState, ListEnrollmentsRequest, ListLocationsRequest, ListPartnersRequest,
        LookupPartnerRequest, PartnerKind,
    },
    relationships::v1::{
        GetCustomerRequest, GrantType, ListCustomerInvitationsRequest, ListCustomerPartnersRequest,
        ListCustomersRequest, ListInvitationsRequest, ListRelationshipsRequest, OrderOperation,
        ResendInvitationRequest, RevokeGrantRequest,
    },
};
use chrono::Duration;
use it::{
    Persona, World,
    cast::{Stage, invitation},
    postgres,
};

use crate::{external_ids, locations, thread::blockers};

async fn partners_and_places(world: &World, who: &Persona) {
    for kind in [PartnerKind::Unspecified, PartnerKind::Reseller] {
        let list = ListPartnersRequest { kind: kind.into(), ..Default::default() };
        world.enrollment().list_partners(who.asks(list)).await.unwrap();
    }
    let list = ListLocationsRequest::default();
    world.enrollment().list_locations(who.asks(list)).await.unwrap();
}

async fn lists(world: &World, who: &Persona) {
    let list = ListEnrollmentsRequest::default();
    world.enrollment().list_enrollments(who.asks(list)).await.unwrap();
    let state = EnrollmentState::InReview.into();
    let list = ListEnrollmentsRequest { state, ..Default::default() };
    world.enrollment().list_enrollments(who.asks(list)).await.unwrap();
    partners_and_places(world, who).await;
    let list = ListRelationshipsRequest { show_ended: true, ..Default::default() };
    world.relationships().list_relationships(who.asks(list)).await.unwrap();
    let list = ListCustomersRequest { show_ended: true, ..Default::default() };
    world.relationships().list_customers(who.asks(list)).await.unwrap();
    let list = ListInvitationsRequest::default();
    world.relationships().list_invitations(who.asks(list)).await.unwrap();
    let list = ListCustomerInvitationsRequest::default();
    world.relationships().list_customer_invitations(who.asks(list)).await.unwrap();
    let list = ListCustomerPartnersRequest { show_ended: true, ..Default::default() };
    world.relationships().list_customer_partners(who.asks(list)).await.unwrap();
    let (parent, subject) = (who.company.clone(), who.company.clone());
    let list = ListAuditEntriesRequest { parent, subject, ..Default::default() };
    world.changes().list_audit_entries(who.asks(list)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_of_the_thread_reads_a_table_from_end_to_end() {
    // Making an index reads its table; those reads are counted off.
    let url = postgres::fresh_database().await;
    World::on(url.clone()).await.app.db.close().await.unwrap();
    postgres::ask(&url, "SELECT pg_stat_reset()").await;

    let world = World::on(url.clone()).await;
    let provider = world.provider("plans", "ES", Stage::Active).await;
    let reseller = world.reseller("plans", "ES", Stage::Active).await;
    let relationship = world.connect(&provider, &reseller).await.name;
    let customer = world.company("plans", "CH").await;
    let name = world.authorise(&customer, &reseller, &provider).await.name;
    let all = (&provider, &reseller, name.as_str());
    let order_system = &world.staff().await.order_system;
    blockers(&world, order_system, all, OrderOperation::NewPurchase).await;
    let ids = [("crm".to_owned(), "R-1".to_owned())].into();
    external_ids::set(&world, &provider.anna, &reseller.partner, ids).await.unwrap();
    let tenant = reseller.anna.sign_in_name.split_once('@').unwrap().1.to_owned();
    let external_id = Some(external_ids::key("crm", "R-1"));
    for look_up in [
        LookupPartnerRequest { partner_id: reseller.number.clone(), ..Default::default() },
        LookupPartnerRequest { external_id, ..Default::default() },
        LookupPartnerRequest { tenant, ..Default::default() },
    ] {
        world.enrollment().lookup_partner(provider.anna.asks(look_up)).await.unwrap();
    }
    locations::code_for(&world, &reseller.anna, &reseller, &reseller.number).await.unwrap();
    lists(&world, &provider.anna).await;
    partners_and_places(&world, &world.staff().await.operator).await;
    lists(&world, &reseller.anna).await;
    let ask = GetCustomerRequest { name: name.clone() };
    world.relationships().get_customer(provider.anna.asks(ask)).await.unwrap();
    let grant_type = GrantType::OrderOnBehalf.into();
    let revoke =
        RevokeGrantRequest { name: relationship.clone(), grant_type, ..Default::default() };
    world.relationships().revoke_grant(reseller.anna.asks(revoke)).await.unwrap();
    world.end_relationship(&reseller.anna, &relationship).await;
    let other = world.provider("plans", "ES", Stage::Active).await;
    let mut client = world.relationships();
    let asked = other.anna.asks(invitation("a@nube.example"));
    let made = client.create_invitation(asked).await;
    let invited = made.unwrap().into_inner().invitation.unwrap().name;
    world.clock.advance(Duration::hours(1));
    let again = ResendInvitationRequest { name: invited, ..Default::default() };
    world.relationships().resend_invitation(other.anna.asks(again)).await.unwrap();
    world.clock.advance(Duration::hours(-1));
    world.reseller("plans", "ES", Stage::Submitted).await;
    world.clock.advance(Duration::days(31));
    world.deliver().await;

    // Connections count what they scanned when they close.
    world.app.db.close().await.unwrap();
    let scanned = "SELECT relname || ' ' || seq_scan FROM pg_stat_user_tables \
                   WHERE seq_scan > 0 AND relname <> 'seaql_migrations' ORDER BY 1";
    assert_eq!(postgres::ask(&url, scanned).await, "");
    // The count bites: the tables were read, by their indexes.
    let read = "SELECT count(*) FROM pg_stat_user_tables WHERE idx_scan > 0";
    let n_read: usize = postgres::ask(&url, read).await.trim().parse().unwrap();
    assert!(n_read >= 20, "{n_read}");
}
