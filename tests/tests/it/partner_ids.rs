//! Places of business are added, and their PartnerIDs tied and freed (E14, M4).

use api::{
    enrollment::v1::{
        AddLocationRequest, AddLocationResponse, AssociatePartnerIdRequest,
        AssociatePartnerIdResponse, CheckDecision, CheckKind, Location, LocationState,
    },
    types::v1::{Goal, PostalAddress, Turn},
};
use it::{
    World,
    cast::{Firm, Stage, address_in},
    fields,
    look::{bytes, ids},
    metadata, on_each_engine, reason,
};
use tonic::Status;

fn place(address: PostalAddress) -> AddLocationRequest {
    AddLocationRequest {
        display_name: "Office".to_owned(),
        address: Some(address),
        ..AddLocationRequest::default()
    }
}

async fn add(
    world: &World,
    firm: &Firm,
    address: PostalAddress,
) -> Result<AddLocationResponse, Status> {
    let asked = firm.anna.asks(place(address));
    world.enrollment().add_location(asked).await.map(|it| it.into_inner())
}

async fn added(world: &World, firm: &Firm, street: &str) -> Location {
    let address_lines = vec![street.to_owned()];
    let address = PostalAddress { address_lines, ..address_in(&firm.region_code) };
    add(world, firm, address).await.unwrap().location.unwrap()
}

pub async fn associate(
    world: &World,
    firm: &Firm,
    number: &str,
) -> Result<AssociatePartnerIdResponse, Status> {
    let (name, partner_id) = (firm.enrollment.clone(), number.to_owned());
    let request = AssociatePartnerIdRequest { name, partner_id, ..Default::default() };
    let asked = firm.anna.asks(request);
    world.enrollment().associate_partner_id(asked).await.map(|it| it.into_inner())
}

/// The PartnerID of the head office.
pub fn global_of(location: &Location) -> String {
    location.name.split('/').nth(1).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_added_once_however_it_is_spelled() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let first = add(&world, &firm, address_in("ES")).await.unwrap().location.unwrap();
        assert_eq!(first.state(), LocationState::Pending, "{}", world.engine);
        assert_eq!(first.partner, "", "{}", world.engine);
        assert!(first.partner_id.len() == 7 && first.partner_id.parse::<u32>().is_ok());
        assert_ne!(global_of(&first), first.partner_id, "{}", world.engine);
        let shouted = PostalAddress {
            locality: "BARCELONA".to_owned(),
            address_lines: vec!["AVINGUDA  DIAGONAL 211 ".to_owned()],
            ..address_in("ES")
        };
        for address in [address_in("ES"), shouted] {
            let err = add(&world, &firm, address.clone()).await.unwrap_err();
            assert_eq!(reason(&err), "LOCATION_ALREADY_EXISTS", "{address:?} on {}", world.engine);
            assert_eq!(metadata(&err, "location"), first.name, "{}", world.engine);
        }
        // Another company's place at the same address is another place.
        let other = world.reseller("diagonal", "ES", Stage::Draft).await;
        let theirs = add(&world, &other, address_in("ES")).await.unwrap().location.unwrap();
        assert_ne!(theirs.partner_id, first.partner_id, "{}", world.engine);
        assert_eq!(world.recorded(&firm, "LocationAdded").await.len(), 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let in_spain =
            |code: &str| PostalAddress { postal_code: code.to_owned(), ..address_in("ES") };
        let elsewhere =
            |code: &str| PostalAddress { region_code: code.to_owned(), ..address_in("ES") };
        for (address, why, field) in [
            (in_spain("8018"), "ADDRESS_INVALID", "address.postal_code"),
            (in_spain(""), "ADDRESS_INVALID", "address.postal_code"),
            (elsewhere("QQ"), "COUNTRY_UNKNOWN", ""),
        ] {
            let err = add(&world, &firm, address.clone()).await.unwrap_err();
            assert_eq!(reason(&err), why, "{address:?} on {}", world.engine);
            assert_eq!(fields(&err).join(" "), field, "{address:?} on {}", world.engine);
        }
        assert!(world.recorded(&firm, "LocationAdded").await.is_empty(), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_additions_of_one_address_one_mints_an_id() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let tries: Vec<_> = (0..64)
            .map(|_| {
                let (mut client, asked) =
                    (world.enrollment(), firm.anna.asks(place(address_in("ES"))));
                tokio::spawn(async move { client.add_location(asked).await })
            })
            .collect();
        let (mut made, mut named) = (Vec::new(), Vec::new());
        for it in tries {
            match it.await.unwrap() {
                Ok(answer) => made.push(answer.into_inner().location.unwrap().name),
                Err(err) => {
                    assert_eq!(reason(&err), "LOCATION_ALREADY_EXISTS", "{}", world.engine);
                    named.push(metadata(&err, "location"));
                }
            }
        }
        assert_eq!((made.len(), named.len()), (1, 63), "{}", world.engine);
        assert!(named.iter().all(|it| *it == made[0]), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_id_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let lisbon = world.add_location(&firm, "PT").await;
        let err = associate(&world, &firm, &lisbon).await.unwrap_err();
        assert_eq!(reason(&err), "COUNTRY_MISMATCH", "{}", world.engine);
        assert_eq!(metadata(&err, "companyCountry"), "ES", "{}", world.engine);
        assert_eq!(metadata(&err, "partnerIdCountry"), "PT", "{}", world.engine);

        let barcelona = added(&world, &firm, "Carrer de Pallars 1").await;
        let err = associate(&world, &firm, &global_of(&barcelona)).await.unwrap_err();
        assert_eq!(reason(&err), "PARTNER_ID_IS_GLOBAL", "{}", world.engine);
        associate(&world, &firm, &barcelona.partner_id).await.unwrap();
        let err = associate(&world, &firm, &barcelona.partner_id).await.unwrap_err();
        assert_eq!(reason(&err), "PARTNER_ID_TIED", "{}", world.engine);

        // Others' ids, their head office's too, are answered as if nobody had them.
        let other = world.reseller("other", "ES", Stage::Draft).await;
        let unknown = ["1000000", "1000001", "1000002"].into_iter();
        let unknown = unknown
            .map(str::to_owned)
            .find(|it| ![&lisbon, &barcelona.partner_id, &global_of(&barcelona)].contains(&it));
        let expected = bytes(&associate(&world, &other, &unknown.unwrap()).await.unwrap_err());
        for number in [&lisbon, &barcelona.partner_id, &global_of(&barcelona)] {
            let err = associate(&world, &other, number).await.unwrap_err();
            assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{}", world.engine);
            assert_eq!(bytes(&err), expected, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_tied_before_approval_wakes_when_business_passes() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::InReview).await;
        let place = added(&world, &firm, "Carrer de Pallars 1").await;
        let tied = associate(&world, &firm, &place.partner_id).await.unwrap();
        assert_eq!(tied.location.unwrap().state(), LocationState::Pending, "{}", world.engine);
        assert_eq!(tied.partner.unwrap().partner_id, place.partner_id, "{}", world.engine);
        let unmet = world.unmet(&firm, Goal::SignAgreement).await;
        let expected = ["check.employment", "check.business", "partner-id.active"];
        assert_eq!(ids(&unmet), expected, "{}", world.engine);
        assert_eq!(unmet[2].turn(), Turn::Reviewer, "{}", world.engine);

        world.decide(&firm, CheckKind::Business, CheckDecision::Fail).await;
        assert!(world.recorded(&firm, "LocationActivated").await.is_empty());
        world.decide(&firm, CheckKind::Business, CheckDecision::Pass).await;
        assert_eq!(world.recorded(&firm, "LocationActivated").await.len(), 1);
        let unmet = world.unmet(&firm, Goal::SignAgreement).await;
        assert_eq!(ids(&unmet), ["check.employment"], "{}", world.engine);
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        assert!(world.unmet(&firm, Goal::SignAgreement).await.is_empty(), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_tied_after_approval_takes_part_at_once_and_another_frees_it() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Approved).await;
        let (first, second) = (
            added(&world, &firm, "Carrer de Pallars 1").await,
            added(&world, &firm, "Carrer de Pallars 2").await,
        );
        for (place, freed) in
            [(&first, ""), (&second, first.name.as_str()), (&first, second.name.as_str())]
        {
            let tied = associate(&world, &firm, &place.partner_id).await.unwrap();
            let location = tied.location.unwrap();
            assert_eq!(location.state(), LocationState::Active, "{}", world.engine);
            assert_eq!(location.partner, firm.partner, "{}", world.engine);
            assert_eq!(tied.partner.unwrap().partner_id, place.partner_id, "{}", world.engine);
            let newest = world.recorded(&firm, "PartnerIdAssociated").await.remove(0);
            use api::event::v1::event::Kind;
            let Some(Kind::PartnerIdAssociated(what)) = newest.event.unwrap().kind else {
                panic!("another event on {}", world.engine);
            };
            assert_eq!((what.location, what.freed_location.as_str()), (place.name.clone(), freed));
        }
        assert!(world.unmet(&firm, Goal::SignAgreement).await.is_empty(), "{}", world.engine);
    })
    .await;
}
