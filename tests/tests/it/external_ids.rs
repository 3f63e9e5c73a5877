//! Companies call partners by ids of their own, and see nobody else's (api.md, section 12).

use std::collections::BTreeMap;

use api::enrollment::v1::{
    ExternalId, LookupPartnerRequest, Partner, SetPartnerExternalIdsRequest,
};
use domain::Role;
use it::{Persona, World, cast::Stage, fields, look::bytes, metadata, on_each_engine, reason};
use tonic::Status;

type Ids = BTreeMap<String, String>;

pub async fn set(
    world: &World,
    who: &Persona,
    partner: &str,
    external_ids: Ids,
) -> Result<Partner, Status> {
    let name = partner.to_owned();
    let request = SetPartnerExternalIdsRequest { name, external_ids, ..Default::default() };
    let answer = world.enrollment().set_partner_external_ids(who.asks(request)).await?;
    Ok(answer.into_inner().partner.unwrap())
}

pub fn key(namespace: &str, id: &str) -> ExternalId {
    let (namespace, id) = (namespace.to_owned(), id.to_owned());
    ExternalId { company: String::new(), namespace, id }
}

fn ids<const N: usize>(pairs: [(&str, &str); N]) -> Ids {
    pairs.map(|(namespace, id)| (namespace.to_owned(), id.to_owned())).into()
}

async fn look_up(world: &World, who: &Persona, key: ExternalId) -> Result<Partner, Status> {
    let request = LookupPartnerRequest { external_id: Some(key), ..Default::default() };
    let answer = world.enrollment().lookup_partner(who.asks(request)).await?;
    Ok(answer.into_inner().partner.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_company_sets_and_sees_its_own_ids_only() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("other", "ES", Stage::Draft).await;
        world.connect(&provider, &reseller).await;

        // Of the same thing, both sides say what they call it.
        let theirs = ids([("crm", "R-17"), ("billing", "4711")]);
        let berta = world.join(&provider.anna, "berta", &[Role::AccountAdmin]).await;
        let shown = set(&world, &berta, &reseller.partner, theirs.clone()).await.unwrap();
        assert_eq!(shown.external_ids, theirs, "{}", world.engine);
        assert_eq!(shown.company, "", "in summary, on {}", world.engine);
        let own = ids([("crm", "R-17")]);
        set(&world, &reseller.anna, &reseller.partner, own.clone()).await.unwrap();
        for (who, expected) in [(&provider.anna, &theirs), (&reseller.anna, &own)] {
            let read = world.partner_as(who, &reseller.partner).await.unwrap();
            assert_eq!(read.external_ids, *expected, "{}", world.engine);
            let found = look_up(&world, who, key("crm", "R-17")).await.unwrap();
            assert_eq!(found, read, "{}", world.engine);
        }
        let operator = &world.staff().await.operator;
        let read = world.partner_as(operator, &reseller.partner).await.unwrap();
        assert!(read.external_ids.is_empty(), "{}", world.engine);

        // Whose ids they are may be said by the platform; to others that is unknown.
        let of_provider =
            |id: &str| ExternalId { company: provider.anna.company.clone(), ..key("crm", id) };
        let found = look_up(&world, operator, of_provider("R-17")).await.unwrap();
        assert_eq!(found.name, reseller.partner, "{}", world.engine);
        let unknown = look_up(&world, &other.anna, key("crm", "R-17")).await.unwrap_err();
        assert_eq!(reason(&unknown), "RESOURCE_NOT_FOUND", "{}", world.engine);
        for (who, asked) in [
            (&other.anna, of_provider("R-17")),
            (&other.anna, of_provider("R-18")),
            (&reseller.anna, of_provider("4711")),
        ] {
            let err = look_up(&world, who, asked).await.unwrap_err();
            assert_eq!(bytes(&err), bytes(&unknown), "{}", world.engine);
        }
        // A partner that cannot be read cannot be named.
        let set_foreign = set(&world, &other.anna, &reseller.partner, own).await.unwrap_err();
        assert_eq!(bytes(&set_foreign), bytes(&unknown), "{}", world.engine);

        // All at once in the place of what there was; an entry for who did it alone.
        let shown = set(&world, &provider.anna, &reseller.partner, ids([("erp", "1")])).await;
        assert_eq!(shown.unwrap().external_ids, ids([("erp", "1")]), "{}", world.engine);
        assert!(look_up(&world, &provider.anna, key("crm", "R-17")).await.is_err());
        assert_eq!(world.recorded(&provider, "ExternalIdsSet").await.len(), 2);
        assert_eq!(world.recorded(&reseller, "ExternalIdsSet").await.len(), 1);
        set(&world, &provider.anna, &reseller.partner, Ids::new()).await.unwrap();
        let read = world.partner_as(&provider.anna, &reseller.partner).await.unwrap();
        assert!(read.external_ids.is_empty(), "{}", world.engine);

        // After the end the counterpart is unknown, by its id too (R7).
        set(&world, &provider.anna, &reseller.partner, ids([("crm", "R-17")])).await.unwrap();
        let tie = world.ties_of(&provider).await.remove(0);
        world.end_relationship(&provider.anna, &tie).await;
        let err = look_up(&world, &provider.anna, key("crm", "R-17")).await.unwrap_err();
        assert_eq!(bytes(&err), bytes(&unknown), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_names_one_thing_of_a_company() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let who = &provider.anna;
        set(&world, who, &reseller.partner, ids([("crm", "1"), ("erp", "1")])).await.unwrap();
        let taken = ids([("crm", "1"), ("erp", "2")]);
        let err = set(&world, who, &provider.partner, taken).await.unwrap_err();
        assert_eq!(reason(&err), "EXTERNAL_ID_TAKEN", "{}", world.engine);
        assert_eq!(metadata(&err, "resource"), reseller.partner, "{}", world.engine);
        assert_eq!(metadata(&err, "namespace"), "crm", "{}", world.engine);
        assert_eq!(metadata(&err, "externalId"), "1", "{}", world.engine);
        let own = world.partner_as(who, &provider.partner).await.unwrap();
        assert!(own.external_ids.is_empty(), "nothing is half done, on {}", world.engine);
        // Moving an id within a thing, and giving it up, make room.
        let swapped = ids([("crm", "2"), ("erp", "1")]);
        set(&world, who, &reseller.partner, swapped).await.unwrap();
        set(&world, who, &provider.partner, ids([("crm", "1")])).await.unwrap();

        for (bad, field) in [
            (ids([("CRM", "1")]), "external_ids"),
            (ids([("", "1")]), "external_ids"),
            (ids([("crm", "")]), "external_ids.crm"),
            (ids([("crm", &"x".repeat(129))]), "external_ids.crm"),
        ] {
            let err = set(&world, who, &provider.partner, bad).await.unwrap_err();
            assert_eq!(reason(&err), "FIELD_INVALID", "{}", world.engine);
            assert_eq!(fields(&err), [field], "{}", world.engine);
        }
        let many: Ids = (0..21).map(|n| (format!("key-{n}"), "x".to_owned())).collect();
        let err = set(&world, who, &provider.partner, many).await.unwrap_err();
        assert_eq!(fields(&err), ["external_ids"], "{}", world.engine);
        let auditor = world.colleague(who, "berta", &[Role::HelpdeskAgent]).await;
        let err = set(&world, &auditor, &provider.partner, Ids::new()).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_give_one_id_at_once_one_wins_and_the_others_name_its_thing() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let mut partners = vec![provider.partner.clone()];
        for _ in 0..3 {
            let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
            world.connect(&provider, &reseller).await;
            partners.push(reseller.partner);
        }
        let tries: Vec<_> = (0..16)
            .map(|n| {
                let name = partners[n % 4].clone();
                let external_ids = ids([("crm", "one")]);
                let rest = SetPartnerExternalIdsRequest::default();
                let request = SetPartnerExternalIdsRequest { name, external_ids, ..rest };
                let (mut client, asked) = (world.enrollment(), provider.anna.asks(request));
                tokio::spawn(async move { client.set_partner_external_ids(asked).await })
            })
            .collect();
        let (mut holders, mut named) = (Vec::new(), Vec::new());
        for it in tries {
            match it.await.unwrap() {
                Ok(answer) => holders.push(answer.into_inner().partner.unwrap().name),
                Err(err) if reason(&err) == "CONTENTION" => {}
                Err(err) => named.push(metadata(&err, "resource")),
            }
        }
        holders.dedup();
        assert_eq!(holders.len(), 1, "{}", world.engine);
        assert!(named.iter().all(|it| *it == holders[0]), "{}", world.engine);
        let found = look_up(&world, &provider.anna, key("crm", "one")).await.unwrap();
        assert_eq!(found.name, holders[0], "{}", world.engine);
    })
    .await;
}
