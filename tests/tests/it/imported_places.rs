//! Places of business that an operator brings in with PartnerIDs given elsewhere (M4, E14).

use api::enrollment::v1::{
    DeactivateLocationRequest, ListLocationsRequest, Location, LocationState, ProgrammeStatus,
};
use imports::Refused;
use it::{
    Persona, World,
    cast::{Firm, Stage},
    on_each_engine,
};
use server::partner_ids::{Imported, import};

use crate::partner_ids::associate;

const HEADER: &str = "company,global_partner_id,partner_id,display_name,region_code,postal_code,\
    administrative_area,locality,address_line_1,address_line_2";

fn row(company: &str, global: &str, number: &str, street: &str) -> String {
    format!("{company},{global},{number},Almacén,ES,08018,Barcelona,Barcelona,{street},")
}

async fn bring(world: &World, rows: &[String], is_dry: bool) -> Result<Imported, Refused> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("partner-ids.csv");
    std::fs::write(&path, format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    import(&world.app, &path, is_dry).await
}

/// What is wrong with a file, by line and column.
async fn faults(world: &World, rows: &[String]) -> Vec<String> {
    match bring(world, rows, false).await.unwrap_err() {
        Refused::BadRows(report) => {
            report.bad.iter().map(|it| format!("{} {}: {}", it.line, it.column, it.what)).collect()
        }
        other => panic!("{other}"),
    }
}

fn prefix(persona: &Persona) -> String {
    let domain = persona.sign_in_name.split_once('@').unwrap().1;
    domain.split_once('.').unwrap().0.to_owned()
}

async fn places(world: &World, who: &Persona) -> Vec<Location> {
    let ask = ListLocationsRequest::default();
    let list = world.enrollment().list_locations(who.asks(ask)).await.unwrap().into_inner();
    list.locations
}

fn done(n_added: usize, n_activated: usize, n_present: usize) -> Imported {
    Imported { n_added, n_activated, n_present }
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_a_partner_id_given_elsewhere_takes_part_and_is_tied_like_any_other() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Approved).await;
        let rows = [row(&prefix(&firm.anna), "77001", "77002", "Carrer de Sants 1")];
        assert_eq!(bring(&world, &rows, true).await.unwrap(), done(1, 0, 0), "{}", world.engine);
        assert!(places(&world, &firm.anna).await.is_empty(), "a dry run on {}", world.engine);
        assert_eq!(bring(&world, &rows, false).await.unwrap(), done(1, 0, 0), "{}", world.engine);
        assert_eq!(bring(&world, &rows, false).await.unwrap(), done(0, 0, 1), "{}", world.engine);

        let place = places(&world, &firm.anna).await.remove(0);
        assert_eq!(place.name, "organisations/77001/locations/77002", "{}", world.engine);
        assert_eq!(place.state(), LocationState::Active, "{}", world.engine);
        assert_eq!(world.recorded(&firm, "LocationImported").await.len(), 1, "{}", world.engine);
        associate(&world, &firm, "77002").await.unwrap();
        world.sign(&firm).await;
        let partner = world.partner_as(&firm.anna, &firm.partner).await.unwrap();
        assert_eq!(partner.programme_status(), ProgrammeStatus::Active, "{}", world.engine);
        // A second one joins the organisation, whose head office need not be named again.
        let company = firm.anna.company.as_str();
        let rows = [row(company, "", "77003", "Carrer de Sants 2")];
        assert_eq!(bring(&world, &rows, false).await.unwrap(), done(1, 0, 0), "{}", world.engine);
        let names: Vec<String> =
            places(&world, &firm.anna).await.into_iter().map(|it| it.name).collect();
        assert_eq!(names[1], "organisations/77001/locations/77003", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m4_an_import_lets_every_place_take_part_whatever_it_was() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Approved).await;
        let operator = &world.staff().await.operator;
        for state in ["PENDING", "ACTIVE", "INACTIVE", "REJECTED"] {
            let number = world.add_location_at(&firm, &format!("Carrer de {state} 1")).await;
            let of = |list: Vec<Location>| list.into_iter().find(|it| it.partner_id == number);
            let name = of(places(&world, &firm.anna).await).unwrap().name;
            let rows = [row(&firm.anna.company, "", &number, "Elsewhere 1")];
            if matches!(state, "ACTIVE" | "INACTIVE") {
                bring(&world, &rows, false).await.unwrap();
            }
            if matches!(state, "INACTIVE" | "REJECTED") {
                let reason = "moved".to_owned();
                let rest = DeactivateLocationRequest::default();
                let ask = DeactivateLocationRequest { name, reason, ..rest };
                world.enrollment().deactivate_location(operator.asks(ask)).await.unwrap();
            }
            let expected = if state == "ACTIVE" { done(0, 0, 1) } else { done(0, 1, 0) };
            assert_eq!(bring(&world, &rows, false).await.unwrap(), expected, "{state}");
            let place = of(places(&world, &firm.anna).await).unwrap();
            assert_eq!(place.state(), LocationState::Active, "{state} on {}", world.engine);
            // What the company said of it stays.
            let lines = place.address.unwrap().address_lines;
            assert_eq!(lines, [format!("Carrer de {state} 1")], "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_is_named_by_line_and_column_and_nothing_is_imported() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Approved).await;
        let other: Firm = world.reseller("anahuac", "ES", Stage::Approved).await;
        let foreign = world.add_location(&other, "ES").await;
        let own = firm.anna.company.as_str();
        let good = row(own, "77001", "77002", "Carrer de Sants 1");
        let bad = [
            row("nobody-here", "", "77010", "Carrer de Sants 2"),
            row("companies/1", "", "77011", "Carrer de Sants 2"),
            row(own, "", &foreign, "Carrer de Sants 3"),
            row(own, "", "12", "Carrer de Sants 4"),
            row(own, "", "77x12", "Carrer de Sants 4"),
            row(own, "", "77002", "Carrer de Sants 5"),
            row(&other.anna.company, "77001", "77013", "Carrer de Sants 6"),
            row(own, "77014", "77014", "Carrer de Sants 7"),
            row(own, "77001", "77015", "Carrer de Sants 8").replace("08018", "8018"),
            row(own, "77001", "77016", "Carrer de Sants 9").replace(",ES,", ",ZZ,"),
            row("", "", "77017", "Carrer de Sants 10"),
            row(own, "77001", "77018", "Carrer de Sants 11").replace("Almacén", ""),
        ];
        let rows: Vec<String> = [good].into_iter().chain(bad).collect();
        let mut found = faults(&world, &rows).await;
        found.sort_by_key(|it| it.split(' ').next().unwrap().parse::<u64>().unwrap());
        let found: Vec<String> =
            found.iter().map(|it| it.split(':').next().unwrap().to_owned()).collect();
        let expected = [
            "3 company",
            "4 company",
            "5 partner_id",
            "6 partner_id",
            "7 partner_id",
            "8 partner_id",
            "9 global_partner_id",
            "10 global_partner_id",
            "11 postal_code",
            "12 region_code",
            "13 company",
            "14 display_name",
        ];
        assert_eq!(found, expected, "{}", world.engine);
        assert!(places(&world, &firm.anna).await.is_empty(), "{}", world.engine);
        // The address is the company's already; the organisation is another's.
        bring(&world, &rows[..1], false).await.unwrap();
        let again = [row(own, "", "77019", "Carrer de Sants 1")];
        assert!(faults(&world, &again).await[0].starts_with("2 address_line_1"));
        let elsewhere = [row(own, "77020", "77021", "Carrer de Sants 12")];
        assert!(faults(&world, &elsewhere).await[0].starts_with("2 global_partner_id"));
    })
    .await;
}
