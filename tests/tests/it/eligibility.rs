//! Who may work with whom, by the market table in force.

use api::relationships::v1::{CheckEligibilityRequest, CheckEligibilityResponse, OrderOperation};
use domain::facts::Table;
use imports::Kind;
use it::{Persona, World, cast::Stage, fields, metadata, on_each_engine, reason};
use tonic::{Code, Status};

use crate::{acceptances, customers::customer_of, thread::blockers};

const MARKETS: Kind = Kind::Table(Table::Markets);
const SHIPPED: &str = include_str!("../../../crates/domain/data/markets.csv");

async fn eligibility(
    world: &World,
    who: &Persona,
    region_code: &str,
) -> Result<CheckEligibilityResponse, Status> {
    let request = CheckEligibilityRequest { region_code: region_code.to_owned() };
    let answer = world.relationships().check_eligibility(who.asks(request)).await?;
    Ok(answer.into_inner())
}

/// Countries of the file that share a country's market region.
fn neighbours(csv: &str, code: &str) -> Vec<String> {
    let row = |line: &str| {
        let mut parts = line.split(',').map(str::to_owned);
        let code = parts.next().unwrap();
        // A name may hold a comma; the last two columns do not.
        let region = line.rsplit(',').nth(1).unwrap().to_owned();
        (code, region)
    };
    let rows: Vec<(String, String)> = csv.lines().skip(1).map(row).collect();
    let region = rows.iter().find(|it| it.0 == code).unwrap().1.clone();
    rows.into_iter().filter(|it| it.1 == region).map(|it| it.0).collect()
}

/// The shipped table with one country elsewhere.
fn with_switzerland_in(market_region: &str) -> String {
    let moved = |it: &str| match it.starts_with("CH,") {
        true => format!("CH,Switzerland,{market_region},CHF\n"),
        false => format!("{it}\n"),
    };
    SHIPPED.lines().map(moved).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_everybody_who_is_signed_in_learns_with_whom_a_country_may_work() {
    on_each_engine(async |world| {
        let own = world.company("zbinden", "CH").await;
        let reseller = world.reseller("diagonal", "ES", Stage::Draft).await;
        let order_system = world.staff().await.order_system.clone();
        for (case, who, asked, country, currency) in [
            ("one's own country", &own, "", "CH", "CHF"),
            ("another", &own, "US", "US", "USD"),
            ("a reseller's own", &reseller.anna, "", "ES", "EUR"),
            ("by the platform", &order_system, "MX", "MX", "USD"),
        ] {
            let case = format!("{case} on {}", world.engine);
            let found = eligibility(&world, who, asked).await.unwrap();
            let neighbours = neighbours(SHIPPED, country);
            assert!(neighbours.contains(&country.to_owned()), "{case}");
            assert_eq!(found.provider_region_codes, neighbours, "{case}");
            assert_eq!(found.customer_region_codes, neighbours, "{case}");
            let row = SHIPPED.lines().find(|it| it.starts_with(&format!("{country},"))).unwrap();
            let region = row.rsplit(',').nth(1).unwrap();
            assert_eq!(
                (found.region_code.as_str(), found.market_region.as_str()),
                (country, region)
            );
            let known = row.rsplit(',').next().unwrap();
            assert_eq!((found.currency_code.as_str(), known), (currency, currency), "{case}");
        }
        let err = eligibility(&world, &own, "RU").await.unwrap_err();
        assert_eq!((reason(&err).as_str(), err.code()), ("COUNTRY_UNKNOWN", Code::InvalidArgument));
        assert_eq!(metadata(&err, "regionCode"), "RU", "{}", world.engine);
        let err = eligibility(&world, &own, "es").await.unwrap_err();
        assert_eq!(fields(&err), ["region_code"], "{}", world.engine);
        let err = eligibility(&world, &Persona::stranger(), "ES").await.unwrap_err();
        assert_eq!(reason(&err), "CREDENTIAL_MISSING", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_a_new_market_table_counts_at_once_for_eligibility_and_for_orders() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        let signature = acceptances::customers_signature(&world, &customer).await;
        acceptances::accept(&world, &customer, &signature).await.unwrap();
        let order_system = world.staff().await.order_system.clone();
        let name = customer_of(&customer);
        let without = |code: &str| -> String {
            let is_kept = |it: &&str| !it.starts_with(&format!("{code},"));
            SHIPPED.lines().filter(is_kept).map(|it| format!("{it}\n")).collect()
        };
        let moved = with_switzerland_in("UNITED_STATES");
        let away = ["customer.market"];
        let gone = ["market.same-region", "customer.market"];
        let cases: [(&str, String, &[&str], &[&str]); 5] = [
            ("as shipped", SHIPPED.to_owned(), &[], &["ES", "CH"]),
            ("the customer's country moved", moved, &away, &["ES"]),
            ("the customer's country gone", without("CH"), &away, &["ES"]),
            ("the partners' country gone", without("ES"), &gone, &[]),
            ("as shipped again", SHIPPED.to_owned(), &[], &["ES", "CH"]),
        ];
        for (case, table, expected, together) in cases {
            let case = format!("{case} on {}", world.engine);
            world.import(MARKETS, table).await.unwrap();
            match eligibility(&world, &reseller.anna, "").await {
                Ok(found) => {
                    let countries = found.customer_region_codes;
                    for country in ["ES", "CH"] {
                        let is_there = countries.iter().any(|it| it == country);
                        assert_eq!(is_there, together.contains(&country), "{country} {case}");
                    }
                }
                Err(err) => {
                    assert_eq!((reason(&err).as_str(), together.len()), ("COUNTRY_UNKNOWN", 0));
                }
            }
            let all = (&provider, &reseller, name.as_str());
            for who in [&order_system, &provider.anna, &reseller.anna] {
                let buys = blockers(&world, who, all, OrderOperation::NewPurchase).await;
                assert_eq!(buys, expected, "{case}");
                let manages = blockers(&world, who, all, OrderOperation::ManageExisting).await;
                assert!(manages.is_empty(), "{manages:?} {case}");
            }
        }
    })
    .await;
}
