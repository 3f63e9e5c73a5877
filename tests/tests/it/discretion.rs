//! What nobody learns, and nobody gets to do, by the way.

use api::{
    enrollment::v1::{
        AssociatePartnerIdRequest, GetPartnerRequest, ListEnrollmentsRequest,
        RecallEnrollmentRequest,
    },
    relationships::v1::{GrantType, InvitationState, OrderOperation, RevokeGrantRequest},
    users::v1::WhoAmIRequest,
};
use domain::Role;
use it::{
    World,
    cast::{Stage, invitation},
    fields, on_each_engine, reason,
};

use crate::{
    attestations::attest_for,
    customers::customer_of,
    invitations::{acceptance, invite},
    relationships::accept,
    resending::{get, list},
    thread::blockers,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_shows_no_address_of_another_companys_people() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let name = world.connect(&provider, &reseller).await.name;
        let ask = RevokeGrantRequest {
            name,
            grant_type: GrantType::DelegatedAdmin.into(),
            validate_only: true,
            ..RevokeGrantRequest::default()
        };
        let answer = world.relationships().revoke_grant(reseller.anna.asks(ask)).await.unwrap();
        let mails = answer.into_inner().plan.unwrap().mails;
        let shown: Vec<(&str, &str)> =
            mails.iter().map(|it| (it.template.as_str(), it.recipient.as_str())).collect();
        assert_eq!(shown, [("grant-revoked", "")], "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_platform_role_beside_one_of_a_company_acts_for_the_company_alone() {
    on_each_engine(async |world| {
        let reseller = world.reseller("diagonal", "ES", Stage::Draft).await;
        let other = world.reseller("meseta", "ES", Stage::Draft).await;
        for role in [Role::Auditor, Role::InternalService, Role::AgreementPublisher] {
            let both = world.with_roles(&other.anna, &[Role::GlobalAdmin, role]).await;
            let name = reseller.enrollment.clone();
            let recall = RecallEnrollmentRequest { name, ..Default::default() };
            let answer = world.enrollment().recall_enrollment(both.asks(recall)).await;
            let why = reason(&answer.unwrap_err());
            assert_eq!(why, "RESOURCE_NOT_FOUND", "{role} on {}", world.engine);
            // Where the role itself lets one in, it opens what it opens.
            let list = both.asks(ListEnrollmentsRequest::default());
            let listed = world.enrollment().list_enrollments(list).await.unwrap().into_inner();
            let n = if role == Role::Auditor { 2 } else { 1 };
            assert_eq!(listed.enrollments.len(), n, "{role} on {}", world.engine);
            let ask = GetPartnerRequest { name: reseller.partner.clone() };
            let read = world.enrollment().get_partner(both.asks(ask)).await;
            assert_eq!(read.is_ok(), role != Role::AgreementPublisher, "{role}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r8_what_a_customer_has_with_others_does_not_show_in_what_blocks_an_order() {
    on_each_engine(async |world| {
        let first = world.provider("anahuac", "ES", Stage::Active).await;
        let second = world.provider("cierzo", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("meseta", "ES", Stage::Active).await;
        for (provider, reseller) in
            [(&first, &reseller), (&second, &reseller), (&first, &other), (&second, &other)]
        {
            world.connect(provider, reseller).await;
        }
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &first).await;
        let name = customer_of(&customer);
        let ask = async |who: &it::Persona, provider, reseller| {
            let all = (provider, reseller, name.as_str());
            blockers(&world, who, all, OrderOperation::NewPurchase).await
        };
        let by_provider = ask(&first.anna, &first, &other).await;
        let by_reseller = ask(&reseller.anna, &second, &reseller).await;

        // The customer now buys from the other reseller through the second provider, which attests.
        world.authorise(&customer, &other, &second).await;
        attest_for(&world, &second, &customer).await;
        assert_eq!(ask(&first.anna, &first, &other).await, by_provider, "{}", world.engine);
        assert_eq!(ask(&reseller.anna, &second, &reseller).await, by_reseller, "{}", world.engine);
        let order_system = world.staff().await.order_system.clone();
        assert!(ask(&order_system, &second, &other).await.is_empty(), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_ends_every_open_invitation_to_the_resellers_own_domain() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let buying = invitation(&format!("compras@{}", reseller.domain));
        let buying = invite(&world, &provider.anna, buying).await.unwrap();
        let elsewhere = invite(&world, &provider.anna, invitation("a@nube.example")).await.unwrap();
        let secret = world.invite(&provider, &reseller).await;
        accept(&world, &reseller.anna, acceptance(&secret)).await.unwrap();
        let ended = get(&world, &provider.anna, &buying.name).await.unwrap();
        assert_eq!(ended.state(), InvitationState::Cancelled, "{}", world.engine);
        let open = list(&world, &provider.anna, InvitationState::Pending).await;
        assert_eq!(open.len(), 1, "{}", world.engine);
        assert_eq!(open[0].name, elsewhere.name, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_mails_carry_to_strangers_carry_no_links() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let mut request = invitation("a@nube.example");
        request.company_name = "Locked: https://evil.example".to_owned();
        let err = invite(&world, &provider.anna, request).await.unwrap_err();
        assert_eq!(fields(&err), ["company_name"], "{}", world.engine);
        let mut account = it::work_account("evil", "ES");
        account.display_name = "www.evil.example".to_owned();
        let err = world.users().create_work_account(account).await.unwrap_err();
        assert_eq!(fields(&err), ["display_name"], "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ties_a_partner_id_with_an_old_etag_comes_too_late() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Approved).await;
        let mut numbers = Vec::new();
        for street in ["Carrer de Mallorca 401", "Gran Via 1"] {
            let mut request = it::cast::location_in("ES");
            request.address.as_mut().unwrap().address_lines = vec![street.to_owned()];
            let added = world.enrollment().add_location(firm.anna.asks(request)).await.unwrap();
            numbers.push(added.into_inner().location.unwrap().partner_id);
        }
        let ask = api::enrollment::v1::GetEnrollmentRequest { name: firm.enrollment.clone() };
        let seen = world.enrollment().get_enrollment(firm.anna.asks(ask)).await.unwrap();
        let etag = seen.into_inner().enrollment.unwrap().etag;
        let tie = |partner_id: &str| AssociatePartnerIdRequest {
            name: firm.enrollment.clone(),
            partner_id: partner_id.to_owned(),
            etag: etag.clone(),
            ..AssociatePartnerIdRequest::default()
        };
        let mut client = world.enrollment();
        client.associate_partner_id(firm.anna.asks(tie(&numbers[0]))).await.unwrap();
        let late = client.associate_partner_id(firm.anna.asks(tie(&numbers[1]))).await;
        assert_eq!(reason(&late.unwrap_err()), "ETAG_MISMATCH", "{}", world.engine);
        let me = world.users().who_am_i(firm.anna.asks(WhoAmIRequest {})).await.unwrap();
        assert_eq!(me.into_inner().company.unwrap().partner, firm.partner, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_servers_start_at_once_over_an_empty_database() {
    let url = it::postgres::fresh_database().await;
    let starts = (0..4).map(|_| tokio::spawn(World::on(url.clone())));
    for (n, start) in starts.collect::<Vec<_>>().into_iter().enumerate() {
        start.await.unwrap().company(&format!("first-{n}"), "ES").await;
    }
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("pacta.sqlite");
    let starts = (0..4).map(|_| {
        let path = path.clone();
        tokio::spawn(async move {
            let url = format!("sqlite://{}?mode=rwc", path.display());
            let db = store::sea_orm::Database::connect(url).await.unwrap();
            migrations::migrate(&db).await.unwrap();
            migrations::pending(&db).await.unwrap()
        })
    });
    for start in starts.collect::<Vec<_>>() {
        assert_eq!(start.await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_lie_where_the_servers_own_user_alone_reads_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::sqlite().await;
    world.reseller("diagonal", "ES", Stage::Submitted).await;
    world.deliver().await;
    let folder = world.mailbox_folder();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut n = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
        n += 1;
    }
    assert!(n > 0);
}
