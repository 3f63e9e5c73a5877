//! Who may call what: behaviour against the reviewed policy, and the policy against tampering.

use std::{collections::BTreeMap, sync::LazyLock};

use api::{
    DESCRIPTOR,
    enrollment::v1::{AppointProviderRequest, StartEnrollmentRequest},
    policy::v1::{Allow, Kind, LinkPurpose, Role as Named, Rule},
    rules::{Flaw, Rules, is_platform},
};
use chrono::Duration;
use domain::{Clock, Role, constants::FRESH};
use it::{Persona, World, oidc::Issuer, reason};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};
use tonic::{client::Grpc, transport::Channel};
use tonic_prost::ProstCodec;

const POLICY: &str = include_str!("policy.txt");

/// One of everybody: kind of company or `PL`, role, who it is.
type Each = Vec<(&'static str, &'static str, Persona)>;

struct Cast {
    people: Each,
    /// Service accounts, with a token that lives as long as the clock stands still.
    machines: Each,
}

const COMPANY_ROLES: &[(&str, Role)] = &[
    ("GA", Role::GlobalAdmin),
    ("AA", Role::AdminAgent),
    ("UA", Role::UserAdmin),
    ("AC", Role::AccountAdmin),
    ("SA", Role::SalesAgent),
    ("HD", Role::HelpdeskAgent),
    ("BA", Role::BillingAdmin),
];
const PLATFORM_ROLES: &[(&str, Role)] = &[
    ("OP", Role::Operator),
    ("RV", Role::Reviewer),
    ("AP", Role::AgreementPublisher),
    ("AU", Role::Auditor),
    ("IS", Role::InternalService),
];

/// Of an external directory: without and with the claim of a global admin, and of one whose company
/// has been here before.
fn newcomers(world: &World, issuer: &Issuer) -> Each {
    let person = |tenant| issuer.person(tenant, "probe", world.clock.now());
    vec![
        ("newcomer", "plain", person("unknown").persona()),
        ("newcomer", "claim", person("unknown").as_admin().persona()),
        ("newcomer", "late", person("known").as_admin().persona()),
    ]
}

async fn cast(world: &World, issuer: &Issuer) -> Cast {
    let founder = issuer.person("known", "founder", world.clock.now()).as_admin().persona();
    let (region_code, display_name) = ("ES".to_owned(), "Known".to_owned());
    let first = StartEnrollmentRequest { region_code, display_name, ..Default::default() };
    world.enrollment().start_enrollment(founder.asks(first)).await.unwrap();
    let operator = world.platform(&[Role::Operator]).await;
    let mut people = vec![("none", "none", Persona::stranger())];
    let mut machines = Vec::new();
    for (short, role) in COMPANY_ROLES {
        for kind in ["CU", "RS", "PV"] {
            let founder = world.company("cast", "ES").await;
            if kind == "PV" {
                let company = founder.company.clone();
                let (reason, rest) = ("cast".to_owned(), AppointProviderRequest::default());
                let asked = operator.asks(AppointProviderRequest { company, reason, ..rest });
                world.enrollment().appoint_provider(asked).await.unwrap();
            }
            if kind == "RS" {
                world.start(&founder).await;
            }
            let can_be_one = kind != "CU" && *short != "GA" && (kind, *short) != ("RS", "SA");
            if can_be_one {
                let machine = world.machine(&founder, &[*role]).await;
                machines.push((kind, *short, world.signed(&machine)));
            }
            people.push((kind, *short, world.with_roles(&founder, &[*role]).await));
        }
    }
    for (short, role) in PLATFORM_ROLES {
        people.push(("PL", *short, world.platform(&[*role]).await));
        let machine = world.machine(&operator, &[*role]).await;
        machines.push(("PL", *short, world.signed(&machine)));
    }
    people.push(("one-time", "GA", world.with_one_time_password("cast", "ES").await));
    people.extend(newcomers(world, issuer));
    Cast { people, machines }
}

/// What the policy says about each RPC.
fn policy() -> BTreeMap<String, Vec<&'static str>> {
    let lines = POLICY.lines().filter(|it| !it.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            (format!("/pacta.{}", words.next().unwrap()), words.collect())
        })
        .collect()
}

fn expected(words: &[&str], kind: &str, role: &str) -> &'static str {
    if words.contains(&"open") {
        return "in";
    }
    if kind == "none" {
        return "who are you?";
    }
    if kind == "one-time" {
        return if words.contains(&"one_time") { "in" } else { "change your password" };
    }
    if kind == "newcomer" {
        let founds = role != "late" && words.contains(&"claim");
        return match (words.contains(&"newcomer"), founds, role) {
            (true, ..) | (_, true, "claim") => "in",
            (_, true, _) => "no",
            (_, false, _) => "be invited",
        };
    }
    let admitted = words.iter().any(|word| match word.split_once(':') {
        None => *word == "signed_in",
        Some((kinds, roles)) => {
            let is_of_kind = match kinds {
                "PT" => kind == "RS" || kind == "PV",
                "ANY" => kind != "PL",
                other => kind == other,
            };
            let is_named = match roles {
                "all" => true,
                "read" => role != "UA",
                roles => roles.split(',').any(|it| it == role),
            };
            is_of_kind && is_named
        }
    });
    if admitted { "in" } else { "no" }
}

/// Enough to learn whether the gate opens, and refused behind it: nothing is ever done.
#[derive(Clone, PartialEq, prost::Message)]
struct Probe {
    #[prost(string, tag = "90")]
    request_id: String,
}

async fn verdict(channel: &Channel, persona: &Persona, path: &str) -> &'static str {
    let mut grpc = Grpc::new(channel.clone());
    grpc.ready().await.unwrap();
    let codec = ProstCodec::<Probe, ()>::default();
    match grpc
        .unary(persona.asks(Probe { request_id: "x".to_owned() }), path.parse().unwrap(), codec)
        .await
    {
        Ok(_) => "in",
        Err(err) => match reason(&err).as_str() {
            "CREDENTIAL_MISSING" => "who are you?",
            "ROLE_MISSING" => "no",
            "PASSWORD_CHANGE_REQUIRED" => "change your password",
            "ACCOUNT_MISSING" => "be invited",
            "FRESH_AUTHENTICATION_REQUIRED" => "sign in again",
            "PERSON_REQUIRED" => "a person's",
            "RPC_UNKNOWN" | "INTERNAL" | "" => panic!("{path}: {err:?}"),
            _ => "in",
        },
    }
}

/// The first place where behaviour differs from the policy.
async fn difference(
    clock: &Clock,
    channel: &Channel,
    cast: &Cast,
    path: &str,
    words: &[&str],
) -> Option<String> {
    for (kind, role, machine) in &cast.machines {
        let want = match expected(words, kind, role) {
            "in" if words.contains(&"persons") || words.contains(&"fresh") => "a person's",
            other => other,
        };
        let got = verdict(channel, machine, path).await;
        if want != got {
            return Some(format!("{path} as machine {kind}:{role}: {got}, not {want}"));
        }
    }
    for (kind, role, persona) in &cast.people {
        let (want, got) = (expected(words, kind, role), verdict(channel, persona, path).await);
        if want != got {
            return Some(format!("{path} as {kind}:{role}: {got}, not {want}"));
        }
    }
    // Whoever is admitted, 900 seconds after signing in and one microsecond later.
    let is_somebody = |(kind, role, _): &&(&str, &str, Persona)| {
        *kind != "none" && expected(words, kind, role) == "in"
    };
    let (.., somebody) = cast.people.iter().find(is_somebody).unwrap();
    let fresh = FRESH + Duration::microseconds(1);
    for (after, is_stale) in [(FRESH, false), (fresh, true)] {
        clock.advance(after);
        let want = if is_stale && words.contains(&"fresh") { "sign in again" } else { "in" };
        let got = verdict(channel, somebody, path).await;
        clock.advance(-after);
        if want != got {
            return Some(format!("{path} {after} after signing in: {got}, not {want}"));
        }
    }
    None
}

async fn the_policy_holds(world: World, issuer: &Issuer) {
    let cast = cast(&world, issuer).await;
    let policy = policy();
    let rules = Rules::read(DESCRIPTOR).unwrap();
    let served: Vec<&str> = rules.iter().map(|(path, _)| path).collect();
    let reviewed: Vec<&str> = policy.keys().map(String::as_str).collect();
    assert_eq!(served, reviewed, "every RPC stands in policy.txt, and no other");
    for (path, words) in &policy {
        let found = difference(&world.clock, &world.channel, &cast, path, words).await;
        assert_eq!(found, None, "{}", world.engine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behaviour_is_as_reviewed_on_sqlite() {
    let issuer = Issuer::start();
    let world = World::sqlite_believing(&issuer).await;
    it::on(world, |world| the_policy_holds(world, &issuer)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behaviour_is_as_reviewed_on_postgres() {
    let issuer = Issuer::start();
    let world = World::postgres_believing(&issuer).await;
    it::on(world, |world| the_policy_holds(world, &issuer)).await;
}

/// Rules do not touch each other: one server carries a tampered one at every RPC.
#[tokio::test(flavor = "multi_thread")]
async fn removing_or_widening_any_one_rule_is_caught() {
    let issuer = Issuer::start();
    let world = World::sqlite_believing(&issuer).await;
    let cast = cast(&world, &issuer).await;
    let rules = Rules::read(DESCRIPTOR).unwrap();
    let policy = policy();
    let mut left: BTreeMap<&str, _> =
        rules.iter().map(|(path, rule)| (path, tamperings(rule))).collect();
    let (mut n_unreadable, mut n_caught) = (0, 0);
    while !left.is_empty() {
        let mut round: Round = left
            .iter_mut()
            .filter_map(|(path, all)| all.pop().map(|it| ((*path).to_owned(), it)))
            .collect();
        left.retain(|_, all| !all.is_empty());
        let descriptor = loop {
            let bytes = with_rules(&round);
            match Rules::read(&bytes) {
                Ok(_) => break bytes,
                Err(Flaw::Missing(path) | Flaw::Contradictory(path)) => {
                    round.remove(&path).unwrap();
                    n_unreadable += 1;
                }
                Err(flaw) => panic!("{flaw}"),
            }
        };
        let channel = world.under(descriptor).await;
        for (path, tampered) in &round {
            let found = difference(&world.clock, &channel, &cast, path, &policy[path]).await;
            assert!(found.is_some(), "{path}: nobody noticed {tampered:?}");
            n_caught += 1;
        }
    }
    assert!(n_unreadable >= rules.iter().count(), "at least all that are removed");
    assert!(n_caught > 1_000, "{n_caught}");
}

/// A tampered rule for each path; `None` removes it.
type Round = BTreeMap<String, Option<Rule>>;

/// Every way to change one thing of a rule; `None` removes it.
fn tamperings(rule: &Rule) -> Vec<Option<Rule>> {
    let mut all = vec![None];
    let alone = Rule {
        allow: Vec::new(),
        open: false,
        signed_in: false,
        before_account: false,
        claimed_admin: false,
        ..rule.clone()
    };
    if !rule.open {
        all.push(Some(Rule { open: true, ..alone.clone() }));
    }
    if !rule.signed_in {
        all.push(Some(Rule { signed_in: true, ..alone.clone() }));
    }
    all.push(Some(Rule { fresh: !rule.fresh, ..rule.clone() }));
    if !rule.open {
        let before_password_change = !rule.before_password_change;
        all.push(Some(Rule { before_password_change, ..rule.clone() }));
        all.push(Some(Rule { before_account: !rule.before_account, ..rule.clone() }));
        all.push(Some(Rule { claimed_admin: !rule.claimed_admin, ..rule.clone() }));
    }
    // Where no machine is admitted anyway, nobody sees the difference.
    let is_machines = |it: i32| it != i32::from(Named::GlobalAdmin);
    let admits_machines =
        rule.signed_in || rule.allow.iter().any(|it| it.roles.iter().any(|it| is_machines(*it)));
    if !rule.open && !rule.fresh && admits_machines {
        all.push(Some(Rule { persons: !rule.persons, ..rule.clone() }));
    }
    let other = match rule.link() == LinkPurpose::Unspecified {
        true => LinkPurpose::Invitation,
        false => LinkPurpose::Unspecified,
    };
    all.push(Some(Rule { link: other.into(), ..rule.clone() }));
    for (n, allow) in rule.allow.iter().enumerate() {
        for m in 0..allow.roles.len() {
            let mut narrower = rule.clone();
            narrower.allow[n].roles.remove(m);
            if narrower.allow[n].roles.is_empty() {
                narrower.allow.remove(n);
            }
            all.push(Some(narrower));
        }
    }
    let every = (1..=12).filter_map(|it| Named::try_from(it).ok());
    for role in every.filter(|_| !rule.allow.is_empty()) {
        let kind = if is_platform(role) { Kind::Platform } else { Kind::Any };
        let has = |it: &Allow| it.kind() == kind && it.roles().any(|it| it == role);
        if !rule.allow.iter().any(has) {
            let mut wider = rule.clone();
            let roles = vec![role.into()];
            wider.allow.push(Allow { kind: kind.into(), roles });
            all.push(Some(wider));
        }
    }
    all
}

/// The contract with other rules.
fn with_rules(round: &Round) -> Vec<u8> {
    static POOL: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(DESCRIPTOR).unwrap());
    let option = POOL.get_extension_by_name("pacta.policy.v1.rule").unwrap();
    let set = POOL.get_message_by_name("google.protobuf.FileDescriptorSet").unwrap();
    let rule_shape = POOL.get_message_by_name("pacta.policy.v1.Rule").unwrap();
    let mut files = DynamicMessage::decode(set, DESCRIPTOR).unwrap();
    let mut n_changed = 0;
    for file in list(&mut files, "file") {
        let file = file.as_message_mut().unwrap();
        let package = text(file, "package");
        for service in list(file, "service") {
            let service = service.as_message_mut().unwrap();
            let name = text(service, "name");
            for method in list(service, "method") {
                let method = method.as_message_mut().unwrap();
                let path = format!("/{package}.{name}/{}", text(method, "name"));
                let Some(rule) = round.get(&path) else { continue };
                n_changed += 1;
                let options = method.get_field_by_name_mut("options").unwrap();
                let options = options.as_message_mut().unwrap();
                match rule {
                    None => options.clear_extension(&option),
                    Some(rule) => {
                        let bytes = rule.encode_to_vec();
                        let value =
                            DynamicMessage::decode(rule_shape.clone(), bytes.as_slice()).unwrap();
                        options.set_extension(&option, Value::Message(value));
                    }
                }
            }
        }
    }
    assert_eq!(n_changed, round.len());
    files.encode_to_vec()
}

fn list<'a>(message: &'a mut DynamicMessage, field: &str) -> &'a mut Vec<Value> {
    message.get_field_by_name_mut(field).unwrap().as_list_mut().unwrap()
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message.get_field_by_name(field).unwrap().as_str().unwrap().to_owned()
}
