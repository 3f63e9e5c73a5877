//! What a company is told before it enrols, how its address is judged, and what it then chooses.

use api::{
    DESCRIPTOR,
    enrollment::v1::{
        AddLocationRequest, AddressChoice, EnrollmentGuide, GetEnrollmentGuideRequest,
        LegalProfile, UpdateLegalProfileRequest, UpdateLegalProfileResponse,
        ValidateAddressRequest,
    },
    types::v1::{
        AddressProblemReason as Why, AddressReview, AddressVerdict, Goal, PostalAddress, Turn,
    },
};
use domain::facts::Facts;
use it::{
    World,
    cast::{Firm, Stage, address_in, submission},
    fields,
    look::ids,
    metadata, on_each_engine, reason, unmet,
};
use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use tonic::{Request, Status};

async fn guide(
    world: &World,
    region_code: &str,
    language: &str,
) -> Result<EnrollmentGuide, Status> {
    let region_code = region_code.to_owned();
    let mut request = Request::new(GetEnrollmentGuideRequest { region_code });
    request.metadata_mut().insert("accept-language", language.parse().unwrap());
    let answer = world.enrollment().get_enrollment_guide(request).await?;
    Ok(answer.into_inner().guide.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_every_country_has_its_guide_in_both_languages() {
    on_each_engine(async |world| {
        let facts = Facts::shipped();
        let (mut n_served, mut n_known) = (0, 0);
        let mut regions: Vec<_> =
            facts.addresses.regions().chain(facts.markets.regions()).collect();
        regions.sort();
        regions.dedup();
        assert_eq!(regions.len(), 252);
        for region in regions {
            let english = guide(&world, region.as_str(), "en").await.unwrap();
            let spanish = guide(&world, region.as_str(), "es-MX").await.unwrap();
            assert_eq!(english.served, facts.markets.is_known(&region), "{region}");
            assert!(!english.country_name.is_empty(), "{region}");
            assert_ne!(english.notice, spanish.notice, "{region}");
            let format = english.address_format.unwrap();
            n_served += usize::from(english.served);
            n_known += usize::from(format.known);
            let required: Vec<_> = format.parts.iter().filter(|it| it.required).collect();
            let demanded = facts.addresses.required(&region);
            assert_eq!(required.len(), demanded.len(), "{region} on {}", world.engine);
            assert!(format.parts.iter().all(|it| !it.label.is_empty()), "{region}");
            let texts = |it: &EnrollmentGuide| {
                let fields = it.fields.iter().flat_map(|it| [it.label.clone(), it.hint.clone()]);
                let steps = it.steps.iter().flat_map(|it| [it.title.clone(), it.text.clone()]);
                let documents = it.documents.iter().map(|it| it.label.clone());
                fields.chain(steps).chain(documents).collect::<Vec<String>>()
            };
            let spanish_texts = texts(&spanish);
            let english_texts = texts(&EnrollmentGuide { address_format: None, ..english });
            for (english, spanish) in english_texts.iter().zip(&spanish_texts) {
                assert!(!english.is_empty() && english != spanish, "{english} in {region}");
            }
        }
        assert_eq!((n_served, n_known), (242, 204), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e1_a_guide_shows_ids_address_documents_and_steps_of_the_country() {
    on_each_engine(async |world| {
        let brazil = guide(&world, "BR", "es").await.unwrap();
        let id = brazil.registration_id.unwrap();
        assert_eq!((id.required, id.types), (true, vec!["CNPJ".to_owned()]), "{}", world.engine);
        let is_required = |it: &EnrollmentGuide| {
            let path = "legal_profile.registration_id";
            it.fields.iter().find(|it| it.path == path).unwrap().required
        };
        let spain = guide(&world, "ES", "en").await.unwrap();
        assert!(!is_required(&spain), "{}", world.engine);
        assert_eq!(spain.market_region, "EUROPE", "{}", world.engine);
        assert_eq!(spain.currency_code, "EUR", "{}", world.engine);
        let format = spain.address_format.unwrap();
        let order: Vec<_> = format.parts.iter().map(|it| it.field.as_str()).collect();
        let expected = ["address_lines", "postal_code", "locality", "administrative_area"];
        assert_eq!(order, expected, "{}", world.engine);
        assert_eq!(format.postal_code_examples, ["28039", "28300", "28070"], "{}", world.engine);
        assert_eq!(format.sub_divisions.len(), 52, "{}", world.engine);

        let mexico = guide(&world, "MX", "es").await.unwrap().address_format.unwrap();
        let state = mexico.parts.iter().find(|it| it.field == "administrative_area").unwrap();
        assert_eq!(state.label, "Estado", "{}", world.engine);
        let japan = guide(&world, "JP", "en").await.unwrap().address_format.unwrap();
        let tokyo = japan.sub_divisions.iter().find(|it| it.latin_name == "Tokyo").unwrap();
        assert_eq!((tokyo.key.as_str(), tokyo.iso_code.as_str()), ("東京都", "13"));
        let turns: Vec<Turn> = spain.steps.iter().map(|it| it.turn()).collect();
        assert!(turns.contains(&Turn::Contact) && turns.contains(&Turn::Reviewer));
        assert_eq!(spain.documents.len(), 5, "{}", world.engine);

        let korea = guide(&world, "KP", "en").await.unwrap();
        assert!(!korea.served && korea.market_region.is_empty(), "{}", world.engine);
        assert!(korea.notice.contains("not offered"), "{}", korea.notice);
        for code in ["QQ", "ZZ"] {
            let err = guide(&world, code, "en").await.unwrap_err();
            assert_eq!(reason(&err), "COUNTRY_UNKNOWN", "{}", world.engine);
            assert_eq!(metadata(&err, "regionCode"), code, "{}", world.engine);
        }
        for code in ["", "es", "España"] {
            let err = guide(&world, code, "en").await.unwrap_err();
            assert_eq!(reason(&err), "FIELD_INVALID", "{code} on {}", world.engine);
        }
    })
    .await;
}

#[test]
fn every_rpc_and_field_that_the_guide_names_is_in_the_contract() {
    let pool = DescriptorPool::decode(DESCRIPTOR).unwrap();
    let request = |rpc: &str| -> MessageDescriptor {
        let (service, method) = rpc.split_once('/').unwrap();
        let service = pool.get_service_by_name(service).unwrap();
        service.methods().find(|it| it.name() == method).unwrap().input()
    };
    for step in domain::guide::STEPS {
        request(step.rpc);
    }
    for field in domain::guide::FIELDS {
        let mut message = Some(request(field.rpc));
        for name in field.path.split('.') {
            let found = message.unwrap().get_field_by_name(name).unwrap();
            message = match found.kind() {
                Kind::Message(inner) => Some(inner),
                _ => None,
            };
        }
    }
}

async fn judged(world: &World, address: PostalAddress) -> Result<AddressReview, Status> {
    let somebody = world.company("judge", "ES").await;
    let asked = somebody.asks(ValidateAddressRequest { address: Some(address) });
    Ok(world.enrollment().validate_address(asked).await?.into_inner().review.unwrap())
}

fn address(region: &str, code: &str, area: &str, city: &str) -> PostalAddress {
    PostalAddress {
        region_code: region.to_owned(),
        postal_code: code.to_owned(),
        administrative_area: area.to_owned(),
        locality: city.to_owned(),
        dependent_locality: String::new(),
        address_lines: vec!["1 Main Street".to_owned()],
    }
}

/// Fields with what is wrong with them, and whether it is impossible.
type Found<'a> = &'a [(&'a str, Why, bool)];

#[tokio::test(flavor = "multi_thread")]
async fn e6_an_address_is_judged_before_it_is_given() {
    on_each_engine(async |world| {
        let cases: &[(PostalAddress, Found<'_>)] = &[
            (address("ES", "08018", "Barcelona", "Barcelona"), &[]),
            (
                address("ES", "08018", "Madrid", "Barcelona"),
                &[("administrative_area", Why::SubDivisionMismatch, false)],
            ),
            (
                address("ES", "08018", "Katalonien", "Barcelona"),
                &[("administrative_area", Why::SubDivisionUnknown, false)],
            ),
            (
                address("ES", "8018", "Barcelona", "Barcelona"),
                &[("postal_code", Why::PostalCodeInvalid, true)],
            ),
            (
                address("US", "00901", "PR", ""),
                &[
                    ("postal_code", Why::OtherMarket, true),
                    ("administrative_area", Why::OtherMarket, true),
                    ("locality", Why::Required, true),
                ],
            ),
            (address("AE", "00000", "Dubai", ""), &[("postal_code", Why::NotUsed, false)]),
        ];
        for (address, expected) in cases {
            let review = judged(&world, address.clone()).await.unwrap();
            let found = review.problems.iter();
            let found: Vec<_> =
                found.map(|it| (it.field.as_str(), it.reason(), it.impossible)).collect();
            assert_eq!(found, *expected, "{address:?} on {}", world.engine);
            let verdict = match expected.is_empty() {
                true => AddressVerdict::Verified,
                false => AddressVerdict::Problems,
            };
            assert_eq!(review.verdict(), verdict, "{address:?} on {}", world.engine);
            let may_stay = !expected.is_empty() && expected.iter().all(|(.., it)| !it);
            assert_eq!(review.choice_required, may_stay, "{address:?} on {}", world.engine);
        }
        let review = judged(&world, address("ES", "08018", "Madrid", "Barcelona")).await.unwrap();
        let suggestion = review.suggestion.unwrap();
        assert_eq!(suggestion.administrative_area, "Barcelona", "{}", world.engine);
        let again = judged(&world, suggestion).await.unwrap();
        assert_eq!((again.verdict(), again.suggestion), (AddressVerdict::Verified, None));
        let review = judged(&world, address("GH", "", "", "Accra")).await.unwrap();
        assert_eq!(review.verdict(), AddressVerdict::NotValidated, "{}", world.engine);
        // A country that the programme is not offered in has addresses too.
        judged(&world, address("KP", "", "평양 직할시", "평양")).await.unwrap();
        let err = judged(&world, address("QQ", "", "", "Nowhere")).await.unwrap_err();
        assert_eq!(reason(&err), "COUNTRY_UNKNOWN", "{}", world.engine);
    })
    .await;
}

async fn state(
    world: &World,
    firm: &Firm,
    address: Option<PostalAddress>,
    choice: AddressChoice,
) -> UpdateLegalProfileResponse {
    let address_choice = choice.into();
    let legal_profile = Some(LegalProfile { address, address_choice, ..Default::default() });
    let name = firm.enrollment.clone();
    let request = UpdateLegalProfileRequest { name, legal_profile, ..Default::default() };
    let changed = world.enrollment().update_legal_profile(firm.anna.asks(request)).await;
    changed.unwrap().into_inner()
}

fn choice_of(answer: &UpdateLegalProfileResponse) -> AddressChoice {
    answer.enrollment.as_ref().unwrap().legal_profile.as_ref().unwrap().address_choice()
}

fn address_of(answer: UpdateLegalProfileResponse) -> PostalAddress {
    answer.enrollment.unwrap().legal_profile.unwrap().address.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn e6_a_difference_waits_for_the_companys_choice_and_either_will_do() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let madrid = PostalAddress { administrative_area: "Madrid".to_owned(), ..address_in("ES") };
        let given = Some(madrid.clone());
        let answer = state(&world, &firm, given.clone(), AddressChoice::Unspecified).await;
        let review = answer.address_review.clone().unwrap();
        assert!(review.choice_required, "{}", world.engine);
        let missing = world.unmet(&firm, Goal::SubmitEnrollment).await;
        assert_eq!(ids(&missing), ["profile.address", "applicant.authority"], "{}", world.engine);
        let cure = missing[0].cure.clone().unwrap();
        assert_eq!(cure.fields, ["legal_profile.address_choice"], "{}", world.engine);
        let asked = firm.anna.asks(submission(&firm));
        let err = world.enrollment().submit_enrollment(asked).await.unwrap_err();
        assert_eq!(unmet(&err), ["profile.address"], "{}", world.engine);

        // The company keeps its own.
        let answer = state(&world, &firm, None, AddressChoice::KeptOwn).await;
        assert_eq!(choice_of(&answer), AddressChoice::KeptOwn, "{}", world.engine);
        assert_eq!(address_of(answer), madrid, "{}", world.engine);
        let missing = world.unmet(&firm, Goal::SubmitEnrollment).await;
        assert_eq!(ids(&missing), ["applicant.authority"], "{}", world.engine);
        // The same address again is the same choice; another one is not.
        let answer = state(&world, &firm, given, AddressChoice::Unspecified).await;
        assert_eq!(choice_of(&answer), AddressChoice::KeptOwn, "{}", world.engine);
        let moved = PostalAddress { address_lines: vec!["Gran Via 1".to_owned()], ..madrid };
        let answer = state(&world, &firm, Some(moved), AddressChoice::Unspecified).await;
        assert_eq!(choice_of(&answer), AddressChoice::Unspecified, "{}", world.engine);

        // It takes the suggestion, which then stands.
        let answer = state(&world, &firm, None, AddressChoice::Suggested).await;
        let review = answer.address_review.clone().unwrap();
        assert_eq!(review.verdict(), AddressVerdict::Verified, "{}", world.engine);
        assert_eq!(choice_of(&answer), AddressChoice::Suggested, "{}", world.engine);
        let taken = address_of(answer);
        assert_eq!(taken.administrative_area, "Barcelona", "{}", world.engine);
        assert_eq!(taken.address_lines, ["Gran Via 1"], "{}", world.engine);
        let answer = state(&world, &firm, Some(taken), AddressChoice::Unspecified).await;
        assert_eq!(choice_of(&answer), AddressChoice::Suggested, "{}", world.engine);
        world.submit(&firm).await;
        let changes = world.recorded(&firm, "LegalProfileUpdated").await;
        assert!(changes.len() >= 5, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e6_a_location_is_judged_by_the_same_rules() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let add = |address: PostalAddress| {
            let (display_name, address) = ("Branch".to_owned(), Some(address));
            firm.anna.asks(AddLocationRequest { display_name, address, ..Default::default() })
        };
        let madrid = address("ES", "08018", "Madrid", "Barcelona");
        let added = world.enrollment().add_location(add(madrid.clone())).await.unwrap();
        let added = added.into_inner();
        assert_eq!(added.location.unwrap().address.unwrap(), madrid, "{}", world.engine);
        let review = added.address_review.unwrap();
        assert_eq!(review.problems[0].reason(), Why::SubDivisionMismatch, "{}", world.engine);
        let asked = add(address("FR", "98000", "", "Monaco"));
        let err = world.enrollment().add_location(asked).await.unwrap_err();
        assert_eq!(reason(&err), "ADDRESS_INVALID", "{}", world.engine);
    })
    .await;
}

/// What is said of a refusal: FIELD_INVALID or ADDRESS_INVALID, and fields of the address only.
fn is_by_field(err: &Status) -> bool {
    let is_known = ["FIELD_INVALID", "ADDRESS_INVALID"].contains(&reason(err).as_str());
    is_known && !fields(err).is_empty() && fields(err).iter().all(|it| it.starts_with("address."))
}

#[tokio::test(flavor = "multi_thread")]
async fn e6_an_address_of_any_country_is_refused_by_field_or_kept_exactly() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let long = "x".repeat(64 * 1024);
        let values = [
            "",
            "   ",
            "08018",
            "EC1Y 8SY",
            "１２３４５",
            "١٢٣٤٥",
            "Calle\r\nMayor",
            "a\u{202e}b",
            "🏠🏢",
            "' OR 1=1 --",
            "e\u{301}ﬁß",
            long.as_str(),
        ];
        let facts = Facts::shipped();
        let (mut n_kept, mut n_refused) = (0, 0);
        for (n, region) in facts.markets.regions().enumerate() {
            let some = |it: usize| values[(n * it + n / values.len()) % values.len()].to_owned();
            let example = facts.addresses.example_codes(&region).first().cloned();
            let given = PostalAddress {
                region_code: region.to_string(),
                postal_code: if n % 2 == 0 { example.unwrap_or_default() } else { some(1) },
                administrative_area: some(5),
                locality: some(7),
                dependent_locality: some(11),
                address_lines: vec![format!("{region} 1"), some(1)],
            };
            let request = AddLocationRequest {
                display_name: "Somewhere".to_owned(),
                address: Some(given.clone()),
                ..AddLocationRequest::default()
            };
            match world.enrollment().add_location(firm.anna.asks(request)).await {
                Ok(added) => {
                    let kept = added.into_inner().location.unwrap().address.unwrap();
                    assert_eq!(kept, given, "{}", world.engine);
                    n_kept += 1;
                }
                Err(err) => {
                    assert!(is_by_field(&err), "{given:?} on {}: {err:?}", world.engine);
                    n_refused += 1;
                }
            }
        }
        assert!(n_kept > 20 && n_refused > 100, "{n_kept} kept, {n_refused} refused");
    })
    .await;
}
