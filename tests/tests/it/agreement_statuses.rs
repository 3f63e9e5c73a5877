//! A provider asks about resellers' agreements: of its own it learns the reason (A7).

use api::agreements::v1::{
    AgreementStatus, AgreementStatusKey, BatchCheckAgreementStatusRequest,
    CheckAgreementStatusRequest,
};
use chrono::Duration;
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, invitation},
    happened, metadata, on_each_engine, reason,
};
use tonic::{Code, Status};

use AgreementStatus::{NotEnrolled, NotSigned, NotValid, RegionMismatch, Valid};

fn by_number(number: &str) -> AgreementStatusKey {
    AgreementStatusKey { partner_id: number.to_owned(), ..Default::default() }
}

fn by_tenant(firm: &Firm) -> AgreementStatusKey {
    let tenant = firm.anna.sign_in_name.split_once('@').unwrap().1.to_owned();
    AgreementStatusKey { tenant, ..Default::default() }
}

async fn check(
    world: &World,
    who: &Persona,
    key: AgreementStatusKey,
) -> Result<AgreementStatus, Status> {
    let request = CheckAgreementStatusRequest { key: Some(key) };
    let answer = world.agreements().check_agreement_status(who.asks(request)).await?;
    Ok(answer.into_inner().status())
}

async fn batch(
    world: &World,
    who: &Persona,
    keys: Vec<AgreementStatusKey>,
) -> Result<Vec<AgreementStatus>, Status> {
    let request = BatchCheckAgreementStatusRequest { keys };
    let answer = world.agreements().batch_check_agreement_status(who.asks(request)).await?;
    Ok(answer.into_inner().statuses().collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_a_provider_learns_the_reason_of_its_own_and_of_whom_it_invited_by_id() {
    on_each_engine(async |world| {
        let provider = world.provider("asker", "ES", Stage::Active).await;
        let own = world.reseller("own", "ES", Stage::Active).await;
        world.connect(&provider, &own).await;
        let stranger = world.reseller("stranger", "ES", Stage::Active).await;
        let unsigned = world.reseller("unsigned", "ES", Stage::Tied).await;
        let abroad = world.reseller("abroad", "US", Stage::Active).await;
        let other = world.provider("other", "ES", Stage::Active).await;
        let auditor = world.platform(&[Role::Auditor]).await;
        let ask = async |firm: &Firm, expected: AgreementStatus, case: &str| {
            for key in [by_number(&firm.number), by_tenant(firm)] {
                let found = check(&world, &provider.anna, key.clone()).await.unwrap();
                assert_eq!(found, expected, "{case} by {key:?} on {}", world.engine);
            }
        };
        ask(&own, Valid, "its own").await;
        ask(&stranger, Valid, "a stranger").await;
        ask(&unsigned, NotValid, "a stranger who has not signed").await;
        ask(&abroad, NotValid, "a stranger from abroad").await;
        ask(&other, NotValid, "a provider").await;
        for unknown in [by_number("9999"), by_tenant(&Firm { anna: ghost(), ..own.clone() })] {
            let found = check(&world, &provider.anna, unknown).await.unwrap();
            assert_eq!(found, NotValid, "nobody, on {}", world.engine);
        }
        // The platform learns the reason of everybody.
        for (firm, expected) in
            [(&own, Valid), (&unsigned, NotSigned), (&abroad, Valid), (&other, NotEnrolled)]
        {
            let found = check(&world, &auditor, by_number(&firm.number)).await.unwrap();
            assert_eq!(found, expected, "{} on {}", firm.domain, world.engine);
        }

        // An invitation that names the PartnerID opens the reason, as long as it waits.
        for (firm, expected) in [(&unsigned, NotSigned), (&abroad, RegionMismatch)] {
            let mut request = invitation(&format!("x@{}", firm.domain));
            request.partner_id = firm.number.clone();
            let made = world.relationships().create_invitation(provider.anna.asks(request)).await;
            let name = made.unwrap().into_inner().invitation.unwrap().name;
            ask(firm, expected, "invited").await;
            let found = check(&world, &other.anna, by_number(&firm.number)).await.unwrap();
            assert_eq!(found, NotValid, "another provider, on {}", world.engine);
            let request =
                api::relationships::v1::CancelInvitationRequest { name, ..Default::default() };
            let asked = provider.anna.asks(request);
            world.relationships().cancel_invitation(asked).await.unwrap();
            ask(firm, NotValid, "no longer invited").await;
        }
        // A suspension touches no agreement; a closed PartnerID is none.
        world.suspend(&own.partner, Some("audit")).await;
        ask(&own, Valid, "suspended").await;
    })
    .await;
}

/// Somebody of a tenant that nobody has.
fn ghost() -> Persona {
    Persona { sign_in_name: "anna@ghost.work.pacta.example".to_owned(), ..Persona::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_foreign_and_unknown_are_one_answer_and_batches_keep_their_order() {
    on_each_engine(async |world| {
        let provider = world.provider("asker", "ES", Stage::Active).await;
        let own = world.reseller("own", "ES", Stage::Active).await;
        world.connect(&provider, &own).await;
        let unsigned = world.reseller("unsigned", "ES", Stage::Tied).await;
        let keys = vec![
            by_number("9999"),
            by_tenant(&own),
            by_number(&unsigned.number),
            by_number(&own.number),
            by_number("9999"),
        ];
        let found = batch(&world, &provider.anna, keys.clone()).await.unwrap();
        assert_eq!(found, [NotValid, Valid, NotValid, Valid, NotValid], "{}", world.engine);
        let ledger = world.ledger(&provider.anna).await;
        let entry = ledger.iter().find(|it| happened(it) == "AgreementStatusChecked").unwrap();
        let event = format!("{:?}", entry.event);
        assert!(event.contains(&own.number) && event.contains("9999"), "{event}");
        let owns = world.ledger(&own.anna).await;
        assert!(owns.iter().all(|it| happened(it) != "AgreementStatusChecked"), "{owns:?}");

        for (case, keys, why) in [
            ("none", vec![], "FIELD_INVALID"),
            ("101", vec![by_number("9999"); 101], "BATCH_TOO_LARGE"),
            ("an empty key", vec![AgreementStatusKey::default()], "EXACTLY_ONE_KEY"),
            (
                "both",
                vec![AgreementStatusKey { partner_id: "9999".to_owned(), ..by_tenant(&own) }],
                "EXACTLY_ONE_KEY",
            ),
            ("letters", vec![by_number("99x9")], "FIELD_INVALID"),
        ] {
            let err = batch(&world, &provider.anna, keys).await.unwrap_err();
            assert_eq!(reason(&err), why, "{case} on {}", world.engine);
        }
        let err = batch(&world, &own.anna, vec![by_number("9999")]).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_about_a_thousand_strangers_a_day_and_no_more() {
    on_each_engine(async |world| {
        let provider = world.provider("asker", "ES", Stage::Active).await;
        let other = world.provider("other", "ES", Stage::Active).await;
        let own = world.reseller("own", "ES", Stage::Active).await;
        world.connect(&provider, &own).await;
        // Two at once lose no count.
        for _ in 0..5 {
            let strangers = || batch(&world, &provider.anna, vec![by_number("9999"); 100]);
            let (one, two) = tokio::join!(strangers(), strangers());
            one.unwrap();
            two.unwrap();
        }
        let mut refusals = Vec::new();
        for key in [by_number("9999"), by_tenant(&other)] {
            let err = check(&world, &provider.anna, key).await.unwrap_err();
            assert_eq!(err.code(), Code::ResourceExhausted, "{}", world.engine);
            assert_eq!(reason(&err), "AGREEMENT_CHECK_LIMIT", "{}", world.engine);
            assert_eq!(metadata(&err, "retryTime"), "2026-11-25T00:00:00Z", "{}", world.engine);
            refusals.push((err.message().to_owned(), metadata(&err, "limit")));
        }
        assert_eq!(refusals[0], refusals[1], "{}", world.engine);
        // Its own cost nothing, and another provider has its own allowance.
        let found = check(&world, &provider.anna, by_number(&own.number)).await.unwrap();
        assert_eq!(found, Valid, "{}", world.engine);
        check(&world, &other.anna, by_number("9999")).await.unwrap();
        world.clock.advance(Duration::hours(15));
        let anna = world.session(&provider.anna.sign_in_name).await;
        check(&world, &anna, by_number("9999")).await.unwrap();
    })
    .await;
}
