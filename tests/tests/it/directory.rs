//! The directory: what providers say of themselves, and who is in it at this moment (R1).

use std::collections::BTreeSet;

use api::relationships::v1::{
    GetIndirectProviderRequest, GetProviderProfileRequest, IndirectProvider,
    ListIndirectProvidersRequest, ProviderProfile, ProviderService, UpdateProviderProfileRequest,
};
use it::{
    Persona, World,
    cast::{Firm, Stage},
    fields, on_each_engine, reason, without_call,
};
use prost_types::FieldMask;
use tonic::Status;

use crate::{
    invitations::only,
    locations::{close, open, place_name},
};

pub async fn list(
    world: &World,
    filter: ListIndirectProvidersRequest,
) -> (Vec<IndirectProvider>, String) {
    let answer = world.relationships().list_indirect_providers(filter).await.unwrap();
    let answer = answer.into_inner();
    (answer.indirect_providers, answer.next_page_token)
}

async fn names(world: &World, filter: ListIndirectProvidersRequest) -> Vec<String> {
    list(world, filter).await.0.into_iter().map(|it| it.name).collect()
}

async fn get(world: &World, who: &Persona, name: &str) -> Result<IndirectProvider, Status> {
    let ask = GetIndirectProviderRequest { name: name.to_owned() };
    let answer = world.relationships().get_indirect_provider(who.asks(ask)).await?;
    Ok(answer.into_inner().indirect_provider.unwrap())
}

fn update(of: &Firm, profile: ProviderProfile) -> UpdateProviderProfileRequest {
    UpdateProviderProfileRequest {
        name: format!("{}/profile", of.partner),
        provider_profile: Some(profile),
        ..UpdateProviderProfileRequest::default()
    }
}

async fn ask(
    world: &World,
    who: &Persona,
    request: UpdateProviderProfileRequest,
) -> Result<ProviderProfile, Status> {
    let answer = world.relationships().update_provider_profile(who.asks(request)).await?;
    // A plan shows none.
    Ok(answer.into_inner().provider_profile.unwrap_or_default())
}

async fn own(world: &World, who: &Persona, of: &Firm) -> Result<ProviderProfile, Status> {
    let ask = GetProviderProfileRequest { name: format!("{}/profile", of.partner) };
    let answer = world.relationships().get_provider_profile(who.asks(ask)).await?;
    Ok(answer.into_inner().provider_profile.unwrap())
}

fn profile(of: &Firm, services: &[ProviderService], languages: &[&str]) -> ProviderProfile {
    ProviderProfile {
        published: true,
        email: format!("canal@{}", of.domain),
        phone: "+34911234567".to_owned(),
        website_uri: "https://anahuac.example/canal".to_owned(),
        services: services.iter().map(|it| (*it).into()).collect(),
        language_codes: languages.iter().map(|it| (*it).to_owned()).collect(),
        served_region_codes: vec!["ES".to_owned(), "PT".to_owned()],
        description: "Formación, marketing y crédito, S.L.".to_owned(),
        ..ProviderProfile::default()
    }
}

/// A provider whose profile is published.
pub async fn publish(world: &World, of: &Firm) -> ProviderProfile {
    let services = [ProviderService::Marketing, ProviderService::TrainingAndSupport];
    ask(world, &of.anna, update(of, profile(of, &services, &["es", "pt-br"]))).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_a_provider_is_in_the_directory_while_it_is_active_and_publishes_itself() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let silent = world.provider("cierzo", "ES", Stage::Active).await;
        let unfinished = world.provider("wisla", "PL", Stage::Tied).await;
        let (engine, nobody) = (world.engine, Persona::stranger());
        let all = ListIndirectProvidersRequest::default;
        assert!(names(&world, all()).await.is_empty(), "{engine}");

        let written = publish(&world, &provider).await;
        assert_eq!(written.language_codes, ["es", "pt-BR"], "{engine}");
        publish(&world, &unfinished).await;
        assert_eq!(names(&world, all()).await, std::slice::from_ref(&provider.partner));
        let shown = get(&world, &nobody, &provider.partner).await.unwrap();
        assert_eq!(list(&world, all()).await.0, std::slice::from_ref(&shown), "{engine}");
        assert_eq!(shown.region_code, "ES", "{engine}");
        assert_eq!(shown.legal_name, format!("{} S.L.", provider.domain), "{engine}");
        assert_eq!(shown.email, written.email, "{engine}");
        assert_eq!(shown.website_uri, written.website_uri, "{engine}");
        let services: BTreeSet<_> = shown.services().collect();
        let offered = [ProviderService::TrainingAndSupport, ProviderService::Marketing];
        assert_eq!(services, offered.into(), "{engine}");
        // Whoever asks reads the same.
        assert_eq!(get(&world, &silent.anna, &provider.partner).await.unwrap(), shown, "{engine}");

        // Who is not in it, is not there: not yet ACTIVE, not published, no provider, nobody.
        let unknown = get(&world, &nobody, "partners/01a20b5b-b9c7-74cf-9d60-da1cf728799d").await;
        let unknown = without_call(&unknown.unwrap_err());
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        for it in [&silent, &unfinished, &reseller] {
            for who in [&nobody, &it.anna] {
                let err = get(&world, who, &it.partner).await.unwrap_err();
                assert_eq!(without_call(&err), unknown, "{engine}");
            }
        }

        // From the moment on at which it is suspended, its place is closed, or it is withdrawn.
        let is_shown = async || {
            let is_listed = !names(&world, all()).await.is_empty();
            assert_eq!(get(&world, &nobody, &provider.partner).await.is_ok(), is_listed);
            is_listed
        };
        world.suspend(&provider.partner, Some("audit")).await;
        assert!(!is_shown().await, "suspended on {engine}");
        world.suspend(&provider.partner, None).await;
        assert!(is_shown().await, "reinstated on {engine}");
        let operator = world.staff().await.operator.clone();
        let place = place_name(&world, &provider, &provider.number).await;
        close(&world, &operator, &place).await.unwrap();
        assert!(!is_shown().await, "closed on {engine}");
        open(&world, &operator, &place).await.unwrap();
        assert!(is_shown().await, "open on {engine}");
        let hide = UpdateProviderProfileRequest {
            update_mask: Some(FieldMask { paths: vec!["published".to_owned()] }),
            ..update(&provider, ProviderProfile::default())
        };
        let hidden = ask(&world, &provider.anna, hide).await.unwrap();
        assert!(!hidden.published && hidden.email == written.email, "{engine}");
        assert!(!is_shown().await, "withdrawn on {engine}");
        publish(&world, &provider).await;
        let deauthorise = api::enrollment::v1::DeauthorizePartnerRequest {
            name: provider.partner.clone(),
            reason: "fraud".to_owned(),
            ..Default::default()
        };
        let asked = operator.asks(deauthorise);
        world.enrollment().deauthorize_partner(asked).await.unwrap();
        assert!(!is_shown().await, "deauthorised on {engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_providers_are_found_by_what_they_offer_and_by_whom_they_may_serve() {
    on_each_engine(async |world| {
        use ProviderService::{BillingAndPricing, FinancingAndCredit, Marketing};
        let mut firms = Vec::new();
        for (region, services, languages) in [
            ("ES", vec![Marketing, FinancingAndCredit], vec!["es"]),
            ("MX", vec![Marketing], vec!["es-MX", "en"]),
            ("PL", vec![BillingAndPricing, Marketing], vec!["pl", "en"]),
        ] {
            let firm = world.provider("found", region, Stage::Active).await;
            let mut profile = profile(&firm, &services, &languages);
            profile.served_region_codes = vec![region.to_owned()];
            ask(&world, &firm.anna, update(&firm, profile)).await.unwrap();
            firms.push(firm.partner);
        }
        let all = ListIndirectProvidersRequest::default();
        let by = |services: &[ProviderService], language: &str, served: &str, eligible: &str| {
            ListIndirectProvidersRequest {
                services: services.iter().map(|it| (*it).into()).collect(),
                language_code: language.to_owned(),
                served_region_code: served.to_owned(),
                eligible_for_region: eligible.to_owned(),
                ..all.clone()
            }
        };
        for (filter, expected) in [
            (all.clone(), vec![0, 1, 2]),
            (by(&[Marketing], "", "", ""), vec![0, 1, 2]),
            (by(&[Marketing, FinancingAndCredit], "", "", ""), vec![0]),
            (by(&[BillingAndPricing, FinancingAndCredit], "", "", ""), vec![]),
            (by(&[], "EN", "", ""), vec![1, 2]),
            (by(&[], "es-mx", "", ""), vec![1]),
            (by(&[], "", "PL", ""), vec![2]),
            // Spain and Poland are one market, and Switzerland is in it; Mexico is another.
            (by(&[], "", "", "CH"), vec![0, 2]),
            (by(&[], "", "", "MX"), vec![1]),
            (by(&[], "en", "", "CH"), vec![2]),
            // In no market at all.
            (by(&[], "", "", "RU"), vec![]),
        ] {
            let found = names(&world, filter.clone()).await;
            let expected: Vec<&String> = expected.into_iter().map(|it| &firms[it]).collect();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
        }
        // By pages of one, each once; a token is for its own filter.
        let (mut found, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = ListIndirectProvidersRequest { page_size: 1, page_token, ..all.clone() };
            let (page, next) = list(&world, ask).await;
            assert!(page.len() <= 1, "{}", world.engine);
            found.extend(page.into_iter().map(|it| it.name));
            if next.is_empty() {
                break;
            }
            let stolen =
                ListIndirectProvidersRequest { page_token: next.clone(), ..by(&[], "en", "", "") };
            let err = world.relationships().list_indirect_providers(stolen).await.unwrap_err();
            assert_eq!(reason(&err), "PAGE_TOKEN_INVALID", "{}", world.engine);
            page_token = next;
        }
        assert_eq!(found, firms, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_a_profile_is_refused_by_field_and_changed_by_its_own_admins_alone() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let other = world.provider("cierzo", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let base = profile(&provider, &[ProviderService::Marketing], &["es"]);
        let engine = world.engine;
        let saying = |description: &str| ProviderProfile {
            description: description.to_owned(),
            ..base.clone()
        };
        let nowhere = vec!["ES".to_owned(), "RU".to_owned()];
        for (profile, field) in [
            (saying("véase https://nube.mx"), "provider_profile.description"),
            (saying("escribe a yo@nube.mx"), "provider_profile.description"),
            (saying("a\u{202e}b"), "provider_profile.description"),
            (saying("a\u{7}b"), "provider_profile.description"),
            (
                ProviderProfile { website_uri: "http://x.example".to_owned(), ..base.clone() },
                "provider_profile.website_uri",
            ),
            (ProviderProfile { email: String::new(), ..base.clone() }, "provider_profile.email"),
            (
                ProviderProfile { services: vec![99], ..base.clone() },
                "provider_profile.services[0]",
            ),
            (
                ProviderProfile { served_region_codes: nowhere, ..base.clone() },
                "provider_profile.served_region_codes",
            ),
        ] {
            let err = ask(&world, &provider.anna, update(&provider, profile)).await.unwrap_err();
            assert_eq!(reason(&err), "FIELD_INVALID", "{field} on {engine}");
            assert_eq!(fields(&err), [field], "{engine}");
        }
        let err = ask(&world, &other.anna, update(&provider, base.clone())).await.unwrap_err();
        assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{engine}");
        let err = ask(&world, &reseller.anna, update(&reseller, base.clone())).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{engine}");

        let plan =
            UpdateProviderProfileRequest { validate_only: true, ..update(&provider, base.clone()) };
        ask(&world, &provider.anna, plan).await.unwrap();
        assert!(only(&world.ledger(&provider.anna).await, "ProviderProfileUpdated").is_empty());
        let first = ask(&world, &provider.anna, update(&provider, base.clone())).await.unwrap();
        let stale = UpdateProviderProfileRequest {
            etag: "7".to_owned(),
            ..update(&provider, base.clone())
        };
        let err = ask(&world, &provider.anna, stale).await.unwrap_err();
        assert_eq!(reason(&err), "ETAG_MISMATCH", "{engine}");
        // What is left out stays; what the mask names and is empty goes.
        let phone = ProviderProfile { phone: "+34919999999".to_owned(), ..Default::default() };
        let next = UpdateProviderProfileRequest {
            etag: first.etag.clone(),
            ..update(&provider, phone.clone())
        };
        let second = ask(&world, &provider.anna, next).await.unwrap();
        let expected = ProviderProfile {
            phone: phone.phone.clone(),
            etag: second.etag.clone(),
            update_time: second.update_time,
            ..first.clone()
        };
        assert_eq!(second, expected, "{engine}");
        assert_ne!(second.etag, first.etag, "{engine}");
        let bare = UpdateProviderProfileRequest {
            update_mask: Some(FieldMask { paths: vec!["services".to_owned()] }),
            ..update(&provider, ProviderProfile::default())
        };
        let third = ask(&world, &provider.anna, bare).await.unwrap();
        assert!(third.services.is_empty() && third.language_codes == ["es"], "{engine}");
        // Shown or not, its own people read it, and nobody else.
        assert_eq!(own(&world, &provider.anna, &provider).await.unwrap(), third, "{engine}");
        for (who, of) in [(&other.anna, &provider), (&other.anna, &other)] {
            let err = own(&world, who, of).await.unwrap_err();
            assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{engine}");
        }
        let entries = world.ledger(&provider.anna).await;
        assert_eq!(only(&entries, "ProviderProfileUpdated").len(), 3, "{engine}");
    })
    .await;
}
