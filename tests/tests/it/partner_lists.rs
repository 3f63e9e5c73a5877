//! Partners are listed and found by whoever may read them, and by nobody else (R12).

use api::enrollment::v1::{
    ListPartnersRequest, LookupPartnerRequest, Partner, PartnerKind, ProgrammeStatus,
};
use domain::Role;
use it::{Persona, World, cast::Stage, look::bytes, on_each_engine, reason};
use tonic::Status;

async fn look_up(
    world: &World,
    who: &Persona,
    request: LookupPartnerRequest,
) -> Result<Partner, Status> {
    let answer = world.enrollment().lookup_partner(who.asks(request)).await?;
    Ok(answer.into_inner().partner.unwrap())
}

fn by_number(number: &str) -> LookupPartnerRequest {
    LookupPartnerRequest { partner_id: number.to_owned(), ..Default::default() }
}

fn by_tenant(who: &Persona) -> LookupPartnerRequest {
    let tenant = who.sign_in_name.split_once('@').unwrap().1.to_owned();
    LookupPartnerRequest { tenant, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn counterparts_are_listed_in_summary_and_strangers_are_not() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let mut resellers = Vec::new();
        for _ in 0..3 {
            let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
            world.connect(&provider, &reseller).await;
            resellers.push(reseller);
        }
        let ended = world.ties_of(&resellers[2]).await.remove(0);
        world.end_relationship(&provider.anna, &ended).await;
        world.reseller("stranger", "ES", Stage::Active).await;
        // A colleague who administers nobody: to an ADMIN_AGENT its resellers' companies are open (R6).
        let helpdesk = world.colleague(&provider.anna, "help", &[Role::HelpdeskAgent]).await;
        let (mut listed, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = ListPartnersRequest { page_size: 1, page_token, ..Default::default() };
            let answer = world.enrollment().list_partners(helpdesk.asks(ask)).await.unwrap();
            let answer = answer.into_inner();
            assert_eq!(answer.partners.len(), 1, "{}", world.engine);
            listed.extend(answer.partners);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let names: Vec<&str> = listed.iter().map(|it| it.name.as_str()).collect();
        let expected = [&provider.partner, &resellers[0].partner, &resellers[1].partner];
        assert_eq!(names, expected, "{}", world.engine);
        assert_eq!(listed[0].programme_status(), ProgrammeStatus::Active, "{}", world.engine);
        assert_eq!(listed[0].company, provider.anna.company, "{}", world.engine);
        let summary = Partner {
            name: resellers[0].partner.clone(),
            kind: PartnerKind::Reseller.into(),
            display_name: listed[1].display_name.clone(),
            legal_name: format!("{} S.L.", resellers[0].domain),
            region_code: "ES".to_owned(),
            partner_id: resellers[0].number.clone(),
            active: true,
            ..Partner::default()
        };
        assert_eq!(listed[1], summary, "{}", world.engine);
        for (kind, n) in [(PartnerKind::Provider, 1), (PartnerKind::Reseller, 2)] {
            let ask = ListPartnersRequest { kind: kind.into(), ..Default::default() };
            let asked = provider.anna.asks(ask);
            let answer = world.enrollment().list_partners(asked).await.unwrap().into_inner();
            assert_eq!(answer.partners.len(), n, "{kind:?} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_is_found_by_one_key_by_who_may_read_it() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("other", "ES", Stage::Tied).await;
        world.connect(&provider, &reseller).await;
        let staff = world.staff().await;
        for asker in [&provider.anna, &reseller.anna, &staff.operator, &staff.order_system] {
            let read = world.partner_as(asker, &reseller.partner).await.unwrap();
            for request in [by_number(&reseller.number), by_tenant(&reseller.anna)] {
                let found = look_up(&world, asker, request.clone()).await.unwrap();
                assert_eq!(found, read, "{request:?} on {}", world.engine);
            }
        }
        // Foreign, unknown, tied to nobody, of a company without a partner: one answer.
        let customer = world.company("customer", "ES").await;
        let free = world.add_location(&reseller, "PT").await;
        let nobody = Persona { sign_in_name: "a@nobody.example".to_owned(), ..Persona::default() };
        let unknown = look_up(&world, &other.anna, by_number("1234")).await.unwrap_err();
        assert_eq!(reason(&unknown), "RESOURCE_NOT_FOUND", "{}", world.engine);
        for request in [
            by_number(&reseller.number),
            by_number(&free),
            by_tenant(&reseller.anna),
            by_tenant(&customer),
            by_tenant(&nobody),
        ] {
            let err = look_up(&world, &other.anna, request.clone()).await.unwrap_err();
            assert_eq!(bytes(&err), bytes(&unknown), "{request:?} on {}", world.engine);
        }
        let both = LookupPartnerRequest { tenant: "a.example".to_owned(), ..by_number("1234") };
        for request in [LookupPartnerRequest::default(), both] {
            let err = look_up(&world, &other.anna, request).await.unwrap_err();
            assert_eq!(reason(&err), "EXACTLY_ONE_KEY", "{}", world.engine);
        }
    })
    .await;
}
