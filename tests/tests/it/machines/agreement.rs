//! M5: the life of a version, and where a partner stands with its agreement.

use std::collections::BTreeSet;

use api::{
    agreements::v1::{
        AcceptAgreementRequest, AgreementVersion, CreateAgreementVersionRequest,
        DeclineAgreementRequest, PublishAgreementVersionRequest, WithdrawAgreementVersionRequest,
    },
    enrollment::v1::DeactivateLocationRequest,
};
use chrono::Duration;
use domain::{Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, yes},
    on_each_engine, reason,
};
use tonic::Status;

use super::{lines, outcome};
use crate::{
    agreements::document,
    locations::place_name,
    publications::{days, publisher, wire},
};

const TABLE: &str = include_str!("../../../machines/m5.txt");

/// Everybody who is not the one whose action it is.
const OTHERS: [&str; 14] =
    ["AA", "UA", "AC", "SA", "HD", "BA", "PV-GA", "CU", "OP", "RV", "AP", "AU", "IS", "nobody"];

struct Cast(Vec<(&'static str, Persona)>);

impl Cast {
    async fn of(world: &World) -> Self {
        use Role::*;
        let reseller = world.reseller("cast", "ES", Stage::Draft).await.anna;
        let provider = world.provider("cast", "ES", Stage::Tied).await.anna;
        let customer = world.company("cast", "ES").await;
        let mut all = vec![
            ("GA", reseller.clone()),
            ("PV-GA", provider),
            ("CU", customer),
            ("nobody", Persona::stranger()),
        ];
        for (name, role) in [
            ("AA", AdminAgent),
            ("UA", UserAdmin),
            ("AC", AccountAdmin),
            ("SA", SalesAgent),
            ("HD", HelpdeskAgent),
            ("BA", BillingAdmin),
        ] {
            all.push((name, world.colleague(&reseller, &name.to_lowercase(), &[role]).await));
        }
        for (name, role) in [
            ("OP", Operator),
            ("RV", Reviewer),
            ("AP", AgreementPublisher),
            ("AU", Auditor),
            ("IS", InternalService),
        ] {
            all.push((name, world.platform(&[role]).await));
        }
        Self(all)
    }

    /// The person, signed in just now.
    async fn person(&self, world: &World, name: &str) -> Persona {
        let (_, who) = self.0.iter().find(|(it, _)| *it == name).unwrap();
        match who.token {
            None => who.clone(),
            Some(_) => world.session(&who.sign_in_name).await,
        }
    }
}

async fn draft(world: &World, agreement: &str) -> AgreementVersion {
    let request = CreateAgreementVersionRequest {
        parent: format!("agreements/{agreement}"),
        display_name: "another".to_owned(),
        documents: vec![document("en", "text/markdown", world.label("terms").as_bytes())],
        ..Default::default()
    };
    let asked = publisher(world).await.asks(request);
    let made = world.agreements().create_agreement_version(asked).await.unwrap();
    made.into_inner().agreement_version.unwrap()
}

/// Tries an action of the version's machine.
async fn act_on(world: &World, action: &str, who: &Persona, version: &str) -> Result<(), Status> {
    let (name, mut client) = (version.to_owned(), world.agreements());
    let publish = |at: Option<Duration>| PublishAgreementVersionRequest {
        name: name.clone(),
        effective_time: at.and_then(|it| wire(world.clock.now() + it)),
        ..Default::default()
    };
    match action {
        "PublishAgreementVersion" => {
            client.publish_agreement_version(who.asks(publish(None))).await.map(drop)
        }
        "PublishAgreementVersion.at" => {
            // Nobody else's moment.
            let at = Duration::hours(30) + Duration::microseconds(fastrand::i64(1..1_000_000_000));
            client.publish_agreement_version(who.asks(publish(Some(at)))).await.map(drop)
        }
        "WithdrawAgreementVersion" => {
            let request = WithdrawAgreementVersionRequest { name, ..Default::default() };
            client.withdraw_agreement_version(who.asks(request)).await.map(drop)
        }
        "effective time" => {
            world.clock.advance(Duration::hours(31));
            world.deliver().await;
            Ok(())
        }
        other => panic!("no action {other}"),
    }
}

/// A version in this state, of an agreement of which another one is in force.
async fn version_in(world: &World, state: &str) -> String {
    let publisher = publisher(world).await;
    let made = draft(world, "provider").await.name;
    let act = async |action: &str, name: &str| act_on(world, action, &publisher, name).await;
    match state {
        "DRAFT" => {}
        "SCHEDULED" => act("PublishAgreementVersion.at", &made).await.unwrap(),
        "EFFECTIVE" => act("PublishAgreementVersion", &made).await.unwrap(),
        "SUPERSEDED" => {
            act("PublishAgreementVersion", &made).await.unwrap();
            let next = draft(world, "provider").await.name;
            act("PublishAgreementVersion", &next).await.unwrap();
        }
        "WITHDRAWN" => act("WithdrawAgreementVersion", &made).await.unwrap(),
        other => panic!("no state {other}"),
    }
    made
}

/// What is scheduled is taken back, so that time moves nothing in another cell.
async fn clear(world: &World, version: &str) {
    if state_of(world, version).await == "SCHEDULED" {
        let publisher = publisher(world).await;
        act_on(world, "WithdrawAgreementVersion", &publisher, version).await.unwrap();
    }
}

async fn state_of(world: &World, name: &str) -> String {
    let state = crate::publications::state_of(world, name).await;
    state.as_str_name().strip_prefix("AGREEMENT_VERSION_STATE_").unwrap().to_owned()
}

const STATES: [&str; 5] = ["DRAFT", "SCHEDULED", "EFFECTIVE", "SUPERSEDED", "WITHDRAWN"];
const STANDINGS: [&str; 5] = ["NONE", "DECLINED", "ACCEPTED", "REACCEPT_DUE", "LAPSED"];
const VERBS: [&str; 3] =
    ["PublishAgreementVersion", "PublishAgreementVersion.at", "WithdrawAgreementVersion"];

#[tokio::test(flavor = "multi_thread")]
async fn m5_every_version_takes_exactly_the_actions_of_the_table() {
    on_each_engine(async |world| {
        let lines = lines(TABLE);
        let cast = Cast::of(&world).await;
        let mut n_tried = 0;
        for state in STATES {
            for action in VERBS {
                let version = version_in(&world, state).await;
                for actor in OTHERS.into_iter().chain(["GA"]).filter(|it| *it != "AP") {
                    let want = outcome(&lines, &["version", state, action, actor, "-"]);
                    let who = cast.person(&world, actor).await;
                    let refused = act_on(&world, action, &who, &version).await.unwrap_err();
                    let case = format!("{state} {action} {actor} on {}", world.engine);
                    assert_eq!(reason(&refused), want, "{case}");
                    n_tried += 1;
                }
                assert_eq!(state_of(&world, &version).await, state, "{}", world.engine);
                clear(&world, &version).await;
            }
            for (action, actor) in
                VERBS.map(|it| (it, "AP")).into_iter().chain([("effective time", "SYS")])
            {
                let version = version_in(&world, state).await;
                let publisher = publisher(&world).await;
                let before = world.version_in_force(&publisher, "provider").await.name;
                let want = outcome(&lines, &["version", state, action, actor, "-"]);
                let case = format!("{state} {action} {actor} on {}", world.engine);
                n_tried += 1;
                if let Err(refused) = act_on(&world, action, &publisher, &version).await {
                    assert_eq!(reason(&refused), want, "{case}");
                    assert_eq!(state_of(&world, &version).await, state, "{case}");
                    clear(&world, &version).await;
                    continue;
                }
                let found = state_of(&world, &version).await;
                let gone = before != version && state_of(&world, &before).await == "SUPERSEDED";
                let moved = if gone { format!("{found} +superseded") } else { found.clone() };
                let want = if want == "=" { state } else { want };
                assert_eq!(moved, want, "{case}");
                clear(&world, &version).await;
            }
        }
        assert_eq!(n_tried, 5 * (3 * 14 + 4), "{}", world.engine);
    })
    .await;
}

/// What happens to a standing: action, actor and condition, all that the table speaks of.
fn cells(state: &str) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut all = Vec::new();
    for action in ["AcceptAgreement", "DeclineAgreement"] {
        for condition in ["current", "again", "old", "draft", "suspended", "closed", "stale"] {
            let has_accepted = ["ACCEPTED", "REACCEPT_DUE", "LAPSED"].contains(&state);
            if condition != "again" || has_accepted {
                all.push((action, "GA", condition));
            }
        }
        all.extend(OTHERS.map(|it| (action, it, "current")));
    }
    all.extend(["superseded", "demanded", "grace end"].map(|it| (it, "SYS", "-")));
    all.push(("SuspendPartner", "OP", "-"));
    all.push(("signer leaves", "SYS", "-"));
    all
}

#[test]
fn m5_the_table_speaks_of_every_state_action_actor_and_condition_and_of_no_other() {
    let lines = lines(TABLE);
    let mut used = BTreeSet::new();
    let mut use_line = |key: &[&str]| {
        outcome(&lines, key);
        let fits = |line: &&super::Line| {
            line.iter().zip(key).enumerate().all(|(n, (column, value))| {
                let is_listed = n == super::ACTOR && column.split(',').any(|it| it == *value);
                *column == "*" || column == value || is_listed
            })
        };
        used.extend(lines.iter().position(|it| fits(&it)));
    };
    for state in STATES {
        for action in VERBS {
            for actor in OTHERS.into_iter().chain(["GA"]) {
                use_line(&["version", state, action, actor, "-"]);
            }
        }
        use_line(&["version", state, "effective time", "SYS", "-"]);
    }
    for state in STANDINGS {
        for (action, actor, condition) in cells(state) {
            use_line(&["standing", state, action, actor, condition]);
        }
    }
    let idle: Vec<_> =
        (0..lines.len()).filter(|it| !used.contains(it)).map(|it| &lines[it]).collect();
    assert!(idle.is_empty(), "nothing comes to {idle:?}");
}

/// The versions that a partner may try to sign or decline.
struct Versions {
    /// Superseded before anybody signed anything.
    old: AgreementVersion,
    draft: AgreementVersion,
}

/// Publishes a new version of the resellers' agreement.
async fn supersede(world: &World, grace_period: Option<prost_types::Duration>) -> AgreementVersion {
    let made = draft(world, "reseller").await;
    let name = made.name.clone();
    let request = PublishAgreementVersionRequest { name, grace_period, ..Default::default() };
    let asked = publisher(world).await.asks(request);
    world.agreements().publish_agreement_version(asked).await.unwrap();
    made
}

async fn back(world: &World, firm: &Firm) -> Firm {
    Firm { anna: world.session(&firm.anna.sign_in_name).await, ..firm.clone() }
}

async fn sign(world: &World, who: &Persona, version: &AgreementVersion) -> Result<(), Status> {
    let request = AcceptAgreementRequest {
        name: version.name.clone(),
        document_sha256: version.documents[0].content_sha256.clone(),
        consent: yes(consent::AGREEMENT),
        ..Default::default()
    };
    world.agreements().accept_agreement(who.asks(request)).await.map(drop)
}

async fn decline(world: &World, who: &Persona, version: &AgreementVersion) -> Result<(), Status> {
    let request = DeclineAgreementRequest { name: version.name.clone(), ..Default::default() };
    world.agreements().decline_agreement(who.asks(request)).await.map(drop)
}

/// Brings a firm that has done nothing yet to this standing. What it accepted, if anything. Where
/// another version than that is to be in force, `newer` sees to it.
async fn stand(world: &World, firm: &Firm, state: &str, newer: bool) -> Option<AgreementVersion> {
    let firm = back(world, firm).await;
    let current = world.version_in_force(&firm.anna, "reseller").await;
    match state {
        "NONE" => return None,
        "DECLINED" => {
            decline(world, &firm.anna, &current).await.unwrap();
            return None;
        }
        _ => sign(world, &firm.anna, &current).await.unwrap(),
    }
    match state {
        "ACCEPTED" if newer => drop(supersede(world, None).await),
        "ACCEPTED" => {}
        "REACCEPT_DUE" => drop(supersede(world, days(30)).await),
        "LAPSED" => {
            supersede(world, days(30)).await;
            world.clock.advance(Duration::days(30));
            world.deliver().await;
        }
        other => panic!("no standing {other}"),
    }
    Some(current)
}

async fn standing(world: &World, firm: &Firm) -> String {
    let firm = back(world, firm).await;
    let partner = world.partner_as(&firm.anna, &firm.partner).await.unwrap();
    let Some(agreement) = partner.agreement else { return "NONE".to_owned() };
    agreement.standing().as_str_name().strip_prefix("AGREEMENT_STANDING_").unwrap().to_owned()
}

/// Does what the condition says to the firm, and says which version is meant.
async fn prepare(
    world: &World,
    firm: &Firm,
    condition: &str,
    versions: &Versions,
    accepted: Option<AgreementVersion>,
) -> AgreementVersion {
    let anna = back(world, firm).await.anna;
    match condition {
        "again" => return accepted.unwrap(),
        "old" => return versions.old.clone(),
        "draft" => return versions.draft.clone(),
        "suspended" => world.suspend(&firm.partner, Some("audit")).await,
        "closed" => {
            let operator = &world.staff().await.operator.sign_in_name;
            let operator = world.session(operator).await;
            let name = place_name(world, &back(world, firm).await, &firm.number).await;
            let reason = "closed".to_owned();
            let request = DeactivateLocationRequest { name, reason, ..Default::default() };
            world.enrollment().deactivate_location(operator.asks(request)).await.unwrap();
        }
        _ => {}
    }
    world.version_in_force(&anna, "reseller").await
}

/// Tries one cell with a firm that stands where it begins.
async fn try_cell(
    world: &World,
    cast: &Cast,
    firm: &Firm,
    (action, actor, condition): (&str, &str, &str),
    version: &AgreementVersion,
) -> Result<(), Status> {
    let who = match actor {
        "GA" => world.session(&firm.anna.sign_in_name).await,
        "SYS" => Persona::stranger(),
        other => cast.person(world, other).await,
    };
    if condition == "stale" {
        world.clock.advance(Duration::seconds(901));
    }
    match action {
        "AcceptAgreement" => sign(world, &who, version).await?,
        "DeclineAgreement" => decline(world, &who, version).await?,
        "superseded" => drop(supersede(world, None).await),
        "demanded" => drop(supersede(world, days(30)).await),
        "grace end" => {
            world.clock.advance(Duration::days(31));
            world.deliver().await;
        }
        "SuspendPartner" => world.suspend(&firm.partner, Some("audit")).await,
        "signer leaves" => {
            world.with_roles(&firm.anna, &[Role::BillingAdmin]).await;
        }
        other => panic!("no action {other}"),
    }
    Ok(())
}

async fn every_standing(world: World) {
    let lines = lines(TABLE);
    let cast = Cast::of(&world).await;
    let publisher = publisher(&world).await;
    let old = world.version_in_force(&publisher, "reseller").await;
    supersede(&world, None).await;
    let versions = Versions { old, draft: draft(&world, "reseller").await };
    // Made before time passes: who reviews them is signed in for hours only.
    let mut firms = Vec::new();
    let is_own = |actor: &str| actor == "GA" || actor == "SYS";
    let n_firms: usize = STANDINGS
        .iter()
        .map(|it| cells(it).iter().filter(|(_, actor, _)| is_own(actor)).count() + 2)
        .sum();
    for _ in 0..n_firms {
        firms.push(world.reseller("m5", "ES", Stage::Tied).await);
    }
    let mut n_tried = 0;
    for state in STANDINGS {
        // Those whom the action is not for are refused, and change nothing: one firm serves them all.
        let watched = firms.pop().unwrap();
        stand(&world, &watched, state, true).await;
        let current = prepare(&world, &watched, "current", &versions, None).await;
        let mut all = cells(state);
        // Before the others publish anything.
        all.sort_by_key(|(_, actor, _)| is_own(actor));
        for cell in all {
            let (action, actor, condition) = cell;
            let case = format!("{state} {cell:?} on {}", world.engine);
            let want = outcome(&lines, &["standing", state, action, actor, condition]);
            n_tried += 1;
            if !is_own(actor) && action != "SuspendPartner" {
                let refused = try_cell(&world, &cast, &watched, cell, &current).await.unwrap_err();
                assert_eq!(reason(&refused), want, "{case}");
                assert_eq!(standing(&world, &watched).await, state, "{case}");
                continue;
            }
            let firm = firms.pop().unwrap();
            // The newest that it accepted stays in force where it is to be accepted again.
            let accepted = stand(&world, &firm, state, condition != "again").await;
            let version = prepare(&world, &firm, condition, &versions, accepted).await;
            assert_eq!(standing(&world, &firm).await, state, "{case}: the beginning");
            let answer = try_cell(&world, &cast, &firm, cell, &version).await;
            let found = standing(&world, &firm).await;
            match answer {
                Err(refused) => {
                    assert_eq!(reason(&refused), want, "{case}");
                    assert_eq!(found, state, "{case}");
                }
                Ok(()) => {
                    let want = if want == "=" { state } else { want };
                    assert_eq!(found, want, "{case}");
                }
            }
        }
    }
    let n_cells: usize = STANDINGS.iter().map(|it| cells(it).len()).sum();
    assert_eq!(n_tried, n_cells, "{}", world.engine);
}

#[tokio::test(flavor = "multi_thread")]
async fn m5_every_standing_takes_exactly_the_steps_of_the_table_on_sqlite() {
    it::on(World::sqlite().await, every_standing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m5_every_standing_takes_exactly_the_steps_of_the_table_on_postgres() {
    it::on(World::postgres().await, every_standing).await;
}
