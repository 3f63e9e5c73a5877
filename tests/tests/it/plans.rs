//! Every query has its index: nothing on the whole thread reads a table from end to end.

use api::{
    agreements::v1::{
        AgreementStatusKey, BatchCheckAgreementStatusRequest, GetCustomerAgreementStatusRequest,
        ListAcceptancesRequest, PreviewPublicationRequest,
    },
    changes::v1::ListAuditEntriesRequest,
    enrollment::v1::{
        EnrollmentState, ExternalTenant, ListEnrollmentsRequest, ListLocationsRequest,
        ListPartnersRequest, LookupPartnerRequest, PartnerKind,
    },
    relationships::v1::{
        CheckDelegatedAdministrationRequest, CheckEligibilityRequest, ExternalId,
        GetCustomerRequest, GetRelationshipRequest, GrantType, ListCustomerInvitationsRequest,
        ListCustomerPartnersRequest, ListCustomersRequest, ListIndirectProvidersRequest,
        ListInvitationsRequest, ListRelationshipsRequest, OrderOperation, ProviderService,
        ResendInvitationRequest, RevokeGrantRequest,
    },
    users::v1::ListServiceAccountsRequest,
};
use chrono::Duration;
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, invitation},
    postgres,
};

use crate::{
    acceptances, agreements, directory, external_ids, locations, own_ids, publications,
    thread::blockers,
};

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
    for order_by in ["", "expected_by_time"] {
        let all = ListEnrollmentsRequest { order_by: order_by.to_owned(), ..Default::default() };
        for list in [
            ListEnrollmentsRequest { overdue: true, ..all.clone() },
            ListEnrollmentsRequest { region_code: "ES".to_owned(), ..all.clone() },
            ListEnrollmentsRequest { started_before: Some(api::time(9, 0)), ..all.clone() },
            ListEnrollmentsRequest { mine: true, ..all.clone() },
        ] {
            world.enrollment().list_enrollments(who.asks(list)).await.unwrap();
        }
    }
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

/// Machines and their keys, one of which takes the place of another.
async fn machines(world: &World, keeper: &Persona) {
    let machine = world.machine(keeper, &[Role::HelpdeskAgent]).await;
    let list = ListServiceAccountsRequest { show_deleted: true, ..Default::default() };
    world.users().list_service_accounts(keeper.asks(list)).await.unwrap();
    world.keys(keeper, &machine.name).await.unwrap();
    world.revoke_key(keeper, &machine.key_name).await.unwrap();
}

/// What is asked beside orders, and about the past.
async fn checks(world: &World, provider: &Firm, reseller: &Firm, tie: &str, customer: &str) {
    let (mut client, who) = (world.relationships(), &provider.anna);
    let (provider, reseller) = (provider.partner.clone(), reseller.partner.clone());
    let ask = CheckDelegatedAdministrationRequest { provider, reseller };
    client.check_delegated_administration(who.asks(ask)).await.unwrap();
    client.check_eligibility(who.asks(CheckEligibilityRequest::default())).await.unwrap();
    let as_of = Some(api::time(world.clock.now().timestamp(), 0));
    let ask = GetRelationshipRequest { name: tie.to_owned(), as_of };
    client.get_relationship(who.asks(ask)).await.unwrap();
    let ask = GetCustomerRequest { name: customer.to_owned(), as_of };
    client.get_customer(who.asks(ask)).await.unwrap();
}

/// Acceptances, what stands of them, and what time does to them.
async fn signatures(world: &World, provider: &Firm, reseller: &Firm, customer: &Persona) {
    let signature = acceptances::customers_signature(world, customer).await;
    acceptances::accept(world, customer, &signature).await.unwrap();
    let mut client = world.agreements();
    let auditor = world.platform(&[Role::Auditor]).await;
    for who in [&reseller.anna, &auditor] {
        let all = ListAcceptancesRequest::default();
        let version = signature.name.clone();
        let partner = reseller.partner.clone();
        for list in [
            ListAcceptancesRequest { version, ..all.clone() },
            ListAcceptancesRequest { partner, ..all.clone() },
            all,
        ] {
            client.list_acceptances(who.asks(list)).await.unwrap();
        }
        world.packs(who).await;
    }
    for who in [&provider.anna, &reseller.anna, customer, &auditor] {
        let request = GetCustomerAgreementStatusRequest {
            customer: customer.company.replace("companies", "customers"),
            ..Default::default()
        };
        client.get_customer_agreement_status(who.asks(request)).await.unwrap();
    }
    let tenant = reseller.anna.sign_in_name.split_once('@').unwrap().1.to_owned();
    let keys = vec![
        AgreementStatusKey { partner_id: reseller.number.clone(), ..Default::default() },
        AgreementStatusKey { partner_id: "9999".to_owned(), ..Default::default() },
        AgreementStatusKey { tenant, ..Default::default() },
    ];
    let request = BatchCheckAgreementStatusRequest { keys };
    client.batch_check_agreement_status(provider.anna.asks(request)).await.unwrap();
    let made = agreements::draft(world, "reseller", b"new terms").await.name;
    let publisher = publications::publisher(world).await;
    let grace_period = publications::days(30);
    let name = made.clone();
    let preview = PreviewPublicationRequest { name, grace_period, ..Default::default() };
    client.preview_publication(publisher.asks(preview)).await.unwrap();
    // Both are fired when time has passed.
    let at = Some(world.clock.now() + Duration::hours(1));
    publications::publish_with(world, &made, at, grace_period).await.unwrap();
}

/// What is found by a company's own ids, and in the directory.
async fn named_and_listed(world: &World, provider: &Firm, relationship: &str, customer: &str) {
    let own = [(relationship, "P-1"), (customer, "P-2")];
    for (name, id) in own {
        let ids = own_ids::ids([("crm", id)]);
        own_ids::call_it(world, &provider.anna, name, ids).await.unwrap();
        let (namespace, id) = ("crm".to_owned(), id.to_owned());
        let key = ExternalId { company: String::new(), namespace, id };
        assert_eq!(own_ids::listed(world, &provider.anna, Some(key)).await, [name]);
    }
    directory::publish(world, provider).await;
    for filter in [
        ListIndirectProvidersRequest::default(),
        ListIndirectProvidersRequest {
            language_code: "es".to_owned(),
            served_region_code: "PT".to_owned(),
            services: vec![ProviderService::Marketing.into()],
            eligible_for_region: "CH".to_owned(),
            ..Default::default()
        },
    ] {
        assert_eq!(directory::list(world, filter).await.0.len(), 1);
    }
}

/// A database with one firm in review and thousands of copies of it, most of them decided.
async fn crowded(n: usize) -> (String, Persona) {
    let url = postgres::fresh_database().await;
    let world = World::on(url.clone()).await;
    world.reseller("crowd", "ES", Stage::InReview).await;
    let reviewer = world.staff().await.reviewer.clone();
    world.app.db.close().await.unwrap();
    let reviewer_id = reviewer.user.rsplit('/').next().unwrap();
    // One of a hundred is in review, one of two hundred of them claimed; a country in fifty is ES.
    let fill = format!(
        "CREATE TABLE crowd AS SELECT gen_random_uuid() c, gen_random_uuid() p, n \
           FROM generate_series(1, {n}) n; \
         INSERT INTO company SELECT (jsonb_populate_record(it, jsonb_build_object( \
           'id', c, 'domain', 'crowd' || n))).* FROM company it, crowd \
           WHERE it.id = (SELECT company_id FROM enrollment); \
         INSERT INTO partner SELECT (jsonb_populate_record(it, jsonb_build_object( \
           'id', p, 'company_id', c))).* FROM partner it, crowd; \
         INSERT INTO enrollment SELECT (jsonb_populate_record(it, jsonb_build_object( \
           'partner_id', p, 'company_id', c, \
           'state', CASE WHEN n % 100 = 0 THEN 'IN_REVIEW' ELSE 'APPROVED' END, \
           'expected_by_time', CASE WHEN n % 100 = 0 THEN it.expected_by_time - n * interval '1 h' END, \
           'create_time', it.create_time + n * interval '1 min', \
           'reviewer_id', CASE WHEN n % 200 = 0 THEN '{reviewer_id}' END, \
           'region_code', CASE WHEN n % 50 = 0 THEN 'ES' ELSE 'DE' END))).* \
           FROM enrollment it, crowd; \
         DROP TABLE crowd; ANALYZE; SELECT pg_stat_reset()"
    );
    postgres::ask(&url, &fill).await;
    (url, reviewer)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_of_the_queue_finds_its_rows_by_an_index_of_its_own() {
    let due = "expected_by_time".to_owned();
    let all = ListEnrollmentsRequest { page_size: 5, ..Default::default() };
    let in_review = EnrollmentState::InReview.into();
    let (url, reviewer) = crowded(5_000).await;
    for (index, filter) in [
        ("enrollment_pkey", all.clone()),
        ("enrollment_by_state", ListEnrollmentsRequest { state: in_review, ..all.clone() }),
        ("enrollment_by_due", ListEnrollmentsRequest { order_by: due, ..all.clone() }),
        ("enrollment_by_due", ListEnrollmentsRequest { overdue: true, ..all.clone() }),
        (
            "enrollment_by_region",
            ListEnrollmentsRequest { region_code: "ES".to_owned(), ..all.clone() },
        ),
        ("enrollment_by_reviewer", ListEnrollmentsRequest { mine: true, ..all.clone() }),
        (
            "enrollment_by_start",
            ListEnrollmentsRequest {
                started_before: Some(api::time(1_795_510_800 + 20 * 60, 0)),
                ..all.clone()
            },
        ),
    ] {
        postgres::ask(&url, "SELECT pg_stat_reset()").await;
        let world = World::on(url.clone()).await;
        let asked = reviewer.asks(filter.clone());
        world.enrollment().list_enrollments(asked).await.unwrap();
        world.app.db.close().await.unwrap();
        let read = "SELECT indexrelname || ' ' || idx_tup_read FROM pg_stat_user_indexes \
                    WHERE relname = 'enrollment' AND idx_scan > 0";
        // A connection counts what it read a moment after it closed.
        let mut found = String::new();
        for _ in 0..200 {
            found = postgres::ask(&url, read).await;
            if !found.trim().is_empty() {
                break;
            }
        }
        let (found, n) = found.trim().split_once(' ').unwrap();
        assert_eq!(found, index, "{filter:?}");
        let n: usize = n.parse().unwrap();
        assert!(n <= 60, "{index}: {n} rows read for {filter:?}");
    }
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
    checks(&world, &provider, &reseller, &relationship, &name).await;
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
    let (issuer, tenant_id) = ("https://login.example".to_owned(), "nobody".to_owned());
    let external_tenant = Some(ExternalTenant { issuer, tenant_id });
    let look_up = LookupPartnerRequest { external_tenant, ..Default::default() };
    world.enrollment().lookup_partner(provider.anna.asks(look_up)).await.unwrap_err();
    named_and_listed(&world, &provider, &relationship, &name).await;
    signatures(&world, &provider, &reseller, &customer).await;
    locations::code_for(&world, &reseller.anna, &reseller, &reseller.number).await.unwrap();
    world.invite_customer(&reseller, &provider, "beat@bluewin.example").await;
    lists(&world, &provider.anna).await;
    machines(&world, &provider.anna).await;
    partners_and_places(&world, &world.staff().await.operator).await;
    lists(&world, &reseller.anna).await;
    let ask = GetCustomerRequest { name: name.clone(), as_of: None };
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

    assert!(world.proof().hold().await > 3);
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
