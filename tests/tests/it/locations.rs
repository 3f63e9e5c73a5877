//! PartnerIDs change hands by codes, and operators close and open places (E14, M4).

use api::enrollment::v1::{
    ActivateLocationRequest, AssociatePartnerIdRequest, AssociatePartnerIdResponse,
    CreateAssociationCodeRequest, CreateAssociationCodeResponse, DeactivateLocationRequest,
    GetLocationRequest, ListLocationsRequest, Location, LocationState, ProgrammeStatus,
};
use chrono::Duration;
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, address_in},
    look::bytes,
    metadata, on_each_engine, reason, without_call,
};
use tonic::Status;

/// The name of the firm's place with this PartnerID.
pub async fn place_name(world: &World, of: &Firm, number: &str) -> String {
    let places = world.locations_of(of).await;
    places.into_iter().find(|it| it.partner_id == number).unwrap().name
}

/// A code that the person makes for a PartnerID of the firm.
pub async fn code_for(
    world: &World,
    who: &Persona,
    of: &Firm,
    number: &str,
) -> Result<String, Status> {
    let name = place_name(world, of, number).await;
    let request = CreateAssociationCodeRequest { name, ..Default::default() };
    let made = world.enrollment().create_association_code(who.asks(request)).await?;
    Ok(made.into_inner().code)
}

fn tying(firm: &Firm, number: &str, code: &str) -> AssociatePartnerIdRequest {
    AssociatePartnerIdRequest {
        name: firm.enrollment.clone(),
        partner_id: number.to_owned(),
        association_code: code.to_owned(),
        ..AssociatePartnerIdRequest::default()
    }
}

pub async fn tie_with(
    world: &World,
    firm: &Firm,
    number: &str,
    code: &str,
) -> Result<AssociatePartnerIdResponse, Status> {
    let asked = firm.anna.asks(tying(firm, number, code));
    Ok(world.enrollment().associate_partner_id(asked).await?.into_inner())
}

pub async fn close(world: &World, who: &Persona, name: &str) -> Result<Location, Status> {
    let (name, reason) = (name.to_owned(), "moved away".to_owned());
    let request = DeactivateLocationRequest { name, reason, ..Default::default() };
    let answer = world.enrollment().deactivate_location(who.asks(request)).await?;
    Ok(answer.into_inner().location.unwrap())
}

pub async fn open(world: &World, who: &Persona, name: &str) -> Result<Location, Status> {
    let (name, reason) = (name.to_owned(), "checked by hand".to_owned());
    let request = ActivateLocationRequest { name, reason, ..Default::default() };
    let answer = world.enrollment().activate_location(who.asks(request)).await?;
    Ok(answer.into_inner().location.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_lets_one_other_company_tie_one_id_once() {
    on_each_engine(async |world| {
        let owner = world.reseller("owner", "ES", Stage::Active).await;
        let tenant = world.reseller("tenant", "ES", Stage::Approved).await;
        let number = world.add_location_at(&owner, "Carrer de Pallars 1").await;
        let unknown = tie_with(&world, &tenant, "1234", "").await.unwrap_err();
        let without = tie_with(&world, &tenant, &number, "").await.unwrap_err();
        assert_eq!(bytes(&without), bytes(&unknown), "{}", world.engine);

        let code = code_for(&world, &owner.anna, &owner, &number).await.unwrap();
        let tied = tie_with(&world, &tenant, &number, &code).await.unwrap();
        assert_eq!(tied.partner.unwrap().partner_id, number, "{}", world.engine);
        let location = tied.location.unwrap();
        assert_eq!(location.partner, tenant.partner, "{}", world.engine);
        assert_eq!(location.state(), LocationState::Active, "business passed, {}", world.engine);
        // The owner learns that it is tied, not to whom; the other has no place of its own by it.
        let places = world.locations_of(&owner).await;
        let seen = places.iter().find(|it| it.partner_id == number).unwrap();
        assert_eq!((seen.partner.as_str(), seen.associated), ("", true), "{}", world.engine);
        assert_eq!(world.recorded(&owner, "AssociationCodeUsed").await.len(), 1);
        assert!(world.recorded(&owner, "PartnerIdAssociated").await.len() == 1, "its own");
        assert!(world.locations_of(&tenant).await.is_empty(), "{}", world.engine);
        let operator = &world.staff().await.operator;
        let get = operator.asks(GetLocationRequest { name: seen.name.clone() });
        let whole = world.enrollment().get_location(get).await.unwrap().into_inner();
        assert_eq!(whole.location.unwrap().partner, tenant.partner, "{}", world.engine);

        // Tying another one frees it, and the owner is told that too.
        let own = world.add_location(&tenant, "ES").await;
        tie_with(&world, &tenant, &own, "").await.unwrap();
        assert_eq!(world.recorded(&owner, "LocationFreed").await.len(), 1, "{}", world.engine);
        tie_with(&world, &owner, &number, "").await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_not_good_is_answered_alike_whatever_is_wrong_with_it() {
    on_each_engine(async |world| {
        let owner = world.reseller("owner", "ES", Stage::Active).await;
        let tenant = world.reseller("tenant", "ES", Stage::Approved).await;
        let third = world.reseller("third", "ES", Stage::Approved).await;
        let [number, second] = [
            world.add_location(&owner, "PT").await,
            world.add_location_at(&owner, "Rambla 1").await,
        ];
        let thirds = world.add_location(&third, "ES").await;
        let anna = &owner.anna;
        let make = async |number: &str| code_for(&world, anna, &owner, number).await.unwrap();
        let used = make(&second).await;
        tie_with(&world, &third, &second, &used).await.unwrap();
        tie_with(&world, &third, &thirds, "").await.unwrap();
        let of_other = code_for(&world, &third.anna, &third, &thirds).await.unwrap();
        let expired = make(&second).await;
        world.clock.advance(Duration::hours(24) - Duration::microseconds(1));
        let (owner, tenant) = (world.again(&owner).await, world.again(&tenant).await);
        let live = code_for(&world, &owner.anna, &owner, &second).await.unwrap();
        world.clock.advance(Duration::microseconds(1));
        let global = place_name(&world, &owner, &second).await;
        let global = global.split('/').nth(1).unwrap();

        let unknown = tie_with(&world, &tenant, "1234", "nonsense").await.unwrap_err();
        assert_eq!(reason(&unknown), "ASSOCIATION_CODE_INVALID", "{}", world.engine);
        for (what, number, code) in [
            ("unknown", second.as_str(), "nonsense"),
            ("used", &second, &used),
            ("expired", &second, &expired),
            ("of another company's id", &second, &of_other),
            ("of another id of the company", &number, &live),
            ("with the head office's id", global, &live),
            ("with an id that nobody has", "1234", &live),
        ] {
            let err = tie_with(&world, &tenant, number, code).await.unwrap_err();
            assert_eq!(without_call(&err), without_call(&unknown), "{what} on {}", world.engine);
        }
        // The one that is good is good still, to its last microsecond.
        world.clock.advance(Duration::hours(24) - Duration::microseconds(2));
        let tenant = world.again(&tenant).await;
        tie_with(&world, &tenant, &second, &live).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_a_code_is_told_what_stands_in_the_way_and_keeps_the_code() {
    on_each_engine(async |world| {
        let owner = world.reseller("owner", "ES", Stage::Active).await;
        let tenant = world.reseller("tenant", "ES", Stage::Draft).await;
        let operator = &world.staff().await.operator;
        let lisbon = world.add_location(&owner, "PT").await;
        let code = code_for(&world, &owner.anna, &owner, &lisbon).await.unwrap();
        let err = tie_with(&world, &tenant, &lisbon, &code).await.unwrap_err();
        assert_eq!(reason(&err), "COUNTRY_MISMATCH", "{}", world.engine);

        let tied = code_for(&world, &owner.anna, &owner, &owner.number).await.unwrap();
        let err = tie_with(&world, &tenant, &owner.number, &tied).await.unwrap_err();
        assert_eq!(reason(&err), "PARTNER_ID_TIED", "{}", world.engine);
        assert_eq!(metadata(&err, "partnerId"), owner.number, "{}", world.engine);
        // Who is not entitled to it learns nothing of that.
        let err = tie_with(&world, &tenant, &owner.number, "").await.unwrap_err();
        assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{}", world.engine);

        let closed = world.add_location_at(&owner, "Carrer de Pallars 9").await;
        let code = code_for(&world, &owner.anna, &owner, &closed).await.unwrap();
        let name = place_name(&world, &owner, &closed).await;
        close(&world, operator, &name).await.unwrap();
        let err = tie_with(&world, &tenant, &closed, &code).await.unwrap_err();
        assert_eq!(reason(&err), "PARTNER_ID_INACTIVE", "{}", world.engine);
        open(&world, operator, &name).await.unwrap();
        tie_with(&world, &tenant, &closed, &code).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_made_by_a_fresh_global_admin_of_the_owner_and_shown_once() {
    on_each_engine(async |world| {
        let owner = world.reseller("owner", "ES", Stage::Draft).await;
        let other = world.reseller("other", "ES", Stage::Draft).await;
        let number = world.add_location(&owner, "ES").await;
        let name = place_name(&world, &owner, &number).await;
        let request_id = "0194e0c0-0000-7000-8000-00000000c0de".to_owned();
        let request = CreateAssociationCodeRequest { name, request_id, ..Default::default() };
        let make = async |who: &Persona, request: CreateAssociationCodeRequest| {
            let answer = world.enrollment().create_association_code(who.asks(request)).await;
            answer.map(|it| it.into_inner())
        };
        let made = make(&owner.anna, request.clone()).await.unwrap();
        assert!(made.code.len() >= 22 && !made.secret_withheld, "{}", world.engine);
        let again = make(&owner.anna, request.clone()).await.unwrap();
        let withheld = CreateAssociationCodeResponse {
            code: String::new(),
            secret_withheld: true,
            ..made.clone()
        };
        assert_eq!(again, withheld, "{}", world.engine);
        assert_eq!(world.stored(&made.code).await, Vec::<String>::new(), "{}", world.engine);
        assert_eq!(world.recorded(&owner, "AssociationCodeCreated").await.len(), 1);

        let once = CreateAssociationCodeRequest { request_id: String::new(), ..request };
        let unknown_name = "organisations/1234/locations/1234".to_owned();
        let unknown = CreateAssociationCodeRequest { name: unknown_name, ..once.clone() };
        let unknown = make(&other.anna, unknown).await.unwrap_err();
        let err = make(&other.anna, once.clone()).await.unwrap_err();
        assert_eq!(bytes(&err), bytes(&unknown), "{}", world.engine);
        // An operator of another company sees the place, and is no global admin of its owner.
        let both = world.with_roles(&other.anna, &[Role::GlobalAdmin, Role::Operator]).await;
        let err = make(&both, once.clone()).await.unwrap_err();
        assert_eq!(bytes(&err), bytes(&unknown), "{}", world.engine);
        world.clock.advance(Duration::seconds(901));
        let err = make(&owner.anna, once).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_accounts_that_race_for_an_id_one_gets_it() {
    on_each_engine(async |world| {
        let owner = world.reseller("owner", "ES", Stage::Draft).await;
        let number = world.add_location(&owner, "ES").await;
        let mut asked = vec![owner.anna.asks(tying(&owner, &number, ""))];
        // The owner, 7 with a code each, 8 with one code between them, and 48 without any.
        let shared = code_for(&world, &owner.anna, &owner, &number).await.unwrap();
        for n in 0..63 {
            let firm = world.bare("racer", "ES").await;
            let code = match n {
                0..7 => code_for(&world, &owner.anna, &owner, &number).await.unwrap(),
                7..15 => shared.clone(),
                _ => String::new(),
            };
            asked.push(firm.anna.asks(tying(&firm, &number, &code)));
        }
        let tries: Vec<_> = asked
            .into_iter()
            .map(|asked| {
                let mut client = world.enrollment();
                tokio::spawn(async move { client.associate_partner_id(asked).await })
            })
            .collect();
        let (mut n_tied, mut refused) = (0, Vec::new());
        for (n, it) in tries.into_iter().enumerate() {
            match it.await.unwrap() {
                Ok(_) => n_tied += 1,
                Err(err) => refused.push((n, reason(&err))),
            }
        }
        assert_eq!(n_tied, 1, "{}", world.engine);
        for (n, why) in refused {
            let expected = match n {
                0..8 => &["PARTNER_ID_TIED"][..],
                8..16 => &["PARTNER_ID_TIED", "ASSOCIATION_CODE_INVALID"],
                _ => &["RESOURCE_NOT_FOUND"],
            };
            assert!(expected.contains(&why.as_str()), "{n}: {why} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_a_place_takes_its_partner_out_and_another_brings_it_back_without_signing() {
    on_each_engine(async |world| {
        let firm = world.reseller("odra", "PL", Stage::Active).await;
        let operator = &world.staff().await.operator;
        let name = place_name(&world, &firm, &firm.number).await;
        let status = async || {
            let partner = world.partner_as(&firm.anna, &firm.partner).await.unwrap();
            (partner.programme_status(), partner.agreement)
        };
        let (active, signed) = status().await;
        assert_eq!(active, ProgrammeStatus::Active, "{}", world.engine);

        let blank = DeactivateLocationRequest { name: name.clone(), ..Default::default() };
        let asked = operator.asks(blank);
        let err = world.enrollment().deactivate_location(asked).await.unwrap_err();
        assert_eq!(reason(&err), "REASON_REQUIRED", "{}", world.engine);
        let stale = DeactivateLocationRequest {
            name: name.clone(),
            reason: "moved away".to_owned(),
            etag: "0".to_owned(),
            ..Default::default()
        };
        let asked = operator.asks(stale);
        let err = world.enrollment().deactivate_location(asked).await.unwrap_err();
        assert_eq!(reason(&err), "ETAG_MISMATCH", "{}", world.engine);
        let closed = close(&world, operator, &name).await.unwrap();
        assert_eq!(closed.state(), LocationState::Inactive, "{}", world.engine);
        assert_eq!(status().await, (ProgrammeStatus::Qualified, signed.clone()));
        let entry = world.recorded(&firm, "LocationClosed").await.remove(0);
        assert_eq!(entry.event.unwrap().reason, "moved away", "{}", world.engine);

        let prague = world.add_location(&firm, "CZ").await;
        let err = tie_with(&world, &firm, &prague, "").await.unwrap_err();
        assert_eq!(reason(&err), "COUNTRY_MISMATCH", "{}", world.engine);
        let other = world.add_location_at(&firm, "Krucza 1").await;
        tie_with(&world, &firm, &other, "").await.unwrap();
        assert_eq!(status().await, (ProgrammeStatus::Active, signed.clone()), "{}", world.engine);
        // The way back by the operator too.
        let other = place_name(&world, &firm, &other).await;
        close(&world, operator, &other).await.unwrap();
        assert_eq!(status().await.0, ProgrammeStatus::Qualified, "{}", world.engine);
        open(&world, operator, &other).await.unwrap();
        assert_eq!(status().await, (ProgrammeStatus::Active, signed), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn places_are_read_by_their_own_organisation_and_listed_page_by_page() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let other = world.reseller("other", "ES", Stage::Draft).await;
        assert!(world.locations_of(&firm).await.is_empty(), "{}", world.engine);
        for n in 0..5 {
            world.add_location_at(&firm, &format!("Carrer de Pallars {n}")).await;
        }
        world.add_location(&other, "ES").await;
        let all = world.locations_of(&firm).await;
        assert_eq!(all.len(), 5, "{}", world.engine);
        assert!(all.is_sorted_by(|a, b| a.partner_id < b.partner_id), "{}", world.engine);
        let (parent, _) = all[0].name.split_once("/locations/").unwrap();
        let list = async |who: &Persona, parent: &str, page_token: String, state: LocationState| {
            let (parent, state) = (parent.to_owned(), state.into());
            let request = ListLocationsRequest { parent, state, page_size: 2, page_token };
            Ok::<_, Status>(
                world.enrollment().list_locations(who.asks(request)).await?.into_inner(),
            )
        };
        let (mut paged, mut token) = (Vec::new(), String::new());
        loop {
            let any = LocationState::Unspecified;
            let page = list(&firm.anna, parent, token, any).await.unwrap();
            paged.extend(page.locations);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(paged, all, "{}", world.engine);
        let active = list(&firm.anna, "", String::new(), LocationState::Active).await.unwrap();
        assert!(active.locations.is_empty(), "{}", world.engine);
        let any = LocationState::Unspecified;
        let unknown = list(&other.anna, "organisations/1234", String::new(), any).await;
        let unknown = unknown.unwrap_err();
        assert_eq!(reason(&unknown), "RESOURCE_NOT_FOUND", "{}", world.engine);
        let foreign = list(&other.anna, parent, String::new(), any).await.unwrap_err();
        assert_eq!(bytes(&foreign), bytes(&unknown), "{}", world.engine);
        let get = async |who: &Persona, name: &str| {
            let asked = who.asks(GetLocationRequest { name: name.to_owned() });
            world.enrollment().get_location(asked).await.map(|it| it.into_inner().location)
        };
        let read = get(&firm.anna, &all[0].name).await.unwrap();
        assert_eq!(read.as_ref(), Some(&all[0]), "{}", world.engine);
        assert_eq!(read.unwrap().address, Some(address_in_street(&all[0])), "{}", world.engine);
        let foreign = get(&other.anna, &all[0].name).await.unwrap_err();
        assert_eq!(bytes(&foreign), bytes(&unknown), "{}", world.engine);
        // Under another organisation's name it is nobody's.
        let wrong = all[0].name.replace(parent, "organisations/1234");
        let wrong = get(&firm.anna, &wrong).await.unwrap_err();
        assert_eq!(bytes(&wrong), bytes(&unknown), "{}", world.engine);
    })
    .await;
}

fn address_in_street(of: &Location) -> api::types::v1::PostalAddress {
    let address_lines = of.address.clone().unwrap().address_lines;
    api::types::v1::PostalAddress { address_lines, ..address_in("ES") }
}
