//! The shape of the workspace. A rule that is not here is advice.

use std::{fmt::Write as _, fs, path::Path};

use prost_reflect::DescriptorPool;
use sha2::{Digest as _, Sha256};

/// Who may depend on whom: a crate may use those named after it, and no other of ours.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("api", &[]),
    ("event", &[]),
    ("credentials", &["domain"]),
    ("store", &["domain", "event"]),
    ("gate", &["api", "domain"]),
    ("delivery", &["domain", "event", "store"]),
    ("imports", &["domain", "event", "store"]),
    ("issuers", &["credentials", "domain"]),
    ("users", &["api", "credentials", "domain", "event", "gate", "store"]),
    ("agreements", &["api", "domain", "event", "gate", "store"]),
    ("relationships", &["api", "domain", "event", "gate", "store"]),
    ("enrollment", &["api", "domain", "event", "gate", "issuers", "store"]),
    ("changes", &["api", "domain", "event", "gate", "store"]),
    (
        "server",
        &[
            "agreements",
            "api",
            "changes",
            "credentials",
            "delivery",
            "domain",
            "enrollment",
            "event",
            "gate",
            "imports",
            "issuers",
            "migrations",
            "relationships",
            "store",
            "users",
        ],
    ),
];

#[test]
fn crates_depend_downward_only() {
    let ours: Vec<&str> =
        ALLOWED.iter().map(|(name, _)| *name).chain(["migrations", "it"]).collect();
    for (name, allowed) in ALLOWED {
        let path = root().join("crates").join(name).join("Cargo.toml");
        let manifest = fs::read_to_string(path).unwrap();
        for other in &ours {
            let depends = depends_on(&manifest, other);
            assert!(!depends || allowed.contains(other), "{name} must not depend on {other}");
        }
    }
    let manifest = fs::read_to_string(root().join("migrations/Cargo.toml")).unwrap();
    for other in &ours {
        assert!(!depends_on(&manifest, other), "migrations must not depend on {other}");
    }
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(ALLOWED.iter().any(|(known, _)| *known == name), "{name} is not in ALLOWED");
    }
}

/// In any of the spellings: `x.workspace = true`, `x = { .. }`, `x = ".."`.
fn depends_on(manifest: &str, other: &str) -> bool {
    let mut rest = manifest.lines().filter_map(|line| line.strip_prefix(other));
    rest.any(|it| it.starts_with('.') || it.trim_start().starts_with('='))
}

#[test]
fn time_enters_by_the_clock_only() {
    for dir in ["crates", "migrations"] {
        each_source(&root().join(dir), &mut |path, text| {
            let is_clock = path.ends_with("domain/src/clock.rs");
            for banned in ["Utc::now", "Local::now", "SystemTime::now", "now_v7"] {
                assert!(is_clock || !text.contains(banned), "{}: {banned}", path.display());
            }
        });
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for dir in ["crates", "migrations", "rigs/src"] {
        each_source(&root().join(dir), &mut |path, text| {
            let is_entity = path.parent().is_some_and(|it| it.ends_with("entity"));
            let exempt = is_entity && !path.ends_with("mod.rs");
            assert!(exempt || text.starts_with("//!"), "{} lacks its line", path.display());
        });
    }
}

#[test]
fn queries_live_in_store_and_unfiltered_ones_say_so() {
    each_source(&root().join("crates"), &mut |path, text| {
        let shown = path.display();
        let crate_of = |name: &str| path.starts_with(root().join("crates").join(name));
        let may_know_the_orm = crate_of("store") || crate_of("domain");
        assert!(may_know_the_orm || !text.contains("sea_orm::"), "{shown} names the ORM");
        // Only `find` and `any` of the view begin a query, and what reach itself asks.
        let is_view = path.ends_with("store/src/view.rs") || path.ends_with("store/src/reach.rs");
        for raw in ["::find()", "::find_by_id(", "::find_related("] {
            assert!(is_view || !text.contains(raw), "{shown} has an unfiltered query");
        }
        for banned in ["DatabaseConnection", "ConnectionTrait", "EntityTrait"] {
            assert!(!crate_of("domain") || !text.contains(banned), "{shown} names {banned}");
        }
    });
}

/// What changes the database without an event, by name: each is housekeeping of the delivery, counts
/// tries at passwords and a day's invitations, fills and clears generations that are not current, or notes for evidence that
/// something was read.
const CHORES: &[&str] = &[
    "take mails",
    "mark mail",
    "clear timer",
    "put timer off",
    "forget replies",
    "remember presentation",
    "forget guesses",
    "claim guess",
    "forgive guess",
    "begin import",
    "import rows",
    "abandon import",
    "clear import",
    "count invitation",
    "uncount invitation",
];

#[test]
fn what_leaves_no_event_is_listed_here() {
    let mut found = std::collections::BTreeSet::new();
    each_source(&root().join("crates"), &mut |path, text| {
        if path.ends_with("store/src/db.rs") {
            return;
        }
        for (_, rest) in
            text.match_indices("maintain(").map(|(at, it)| text.split_at(at + it.len()))
        {
            let job = rest.split('"').nth(1).unwrap().to_owned();
            assert!(CHORES.contains(&job.as_str()), "{}: {job}", path.display());
            found.insert(job);
        }
    });
    assert_eq!(found.len(), CHORES.len(), "{found:?}");
}

/// Tests talk to the API; what no RPC brings about yet is written in one place.
#[test]
fn tests_write_past_the_api_in_one_place() {
    each_source(&root().join("tests/tests"), &mut |path, text| {
        let writes = text.contains(".db.write(") || text.contains(".db.maintain(");
        let is_this = path.ends_with("it/tidy.rs");
        assert!(is_this || !writes, "{} writes past the API", path.display());
    });
    each_source(&root().join("tests/src"), &mut |path, text| {
        let writes = text.contains(".db.write(");
        // The world, and companies by the thousand.
        let may = ["tests/src/lib.rs", "tests/src/crowd.rs"].iter().any(|it| path.ends_with(it));
        assert!(!writes || may, "{}", path.display());
    });
}

#[test]
fn every_part_of_the_contract_has_a_comment() {
    let pool = DescriptorPool::decode(api::DESCRIPTOR).unwrap();
    let mut bare = String::new();
    for file in pool.files().filter(|it| it.package_name().starts_with("pacta.")) {
        let proto = file.file_descriptor_proto();
        let info = proto.source_code_info.as_ref().unwrap();
        let has = |wanted: &[i32]| {
            let mut found = info.location.iter().filter(|it| it.path == wanted);
            found.any(|it| !it.leading_comments().trim().is_empty())
        };
        let mut need = |path: &[i32], what: String| {
            if !has(path) {
                writeln!(bare, "{}: {what}", proto.name()).unwrap();
            }
        };
        for (m, message) in (0..).zip(&proto.message_type) {
            need(&[4, m], message.name().to_owned());
            for (f, field) in (0..).zip(&message.field) {
                let entry = message.nested_type.iter().any(|it| it.name() == field.name());
                if !entry {
                    need(&[4, m, 2, f], format!("{}.{}", message.name(), field.name()));
                }
            }
        }
        for (e, of) in (0..).zip(&proto.enum_type) {
            need(&[5, e], of.name().to_owned());
            for (v, value) in (0..).zip(&of.value) {
                need(&[5, e, 2, v], value.name().to_owned());
            }
        }
        for (s, service) in (0..).zip(&proto.service) {
            need(&[6, s], service.name().to_owned());
            for (m, method) in (0..).zip(&service.method) {
                need(&[6, s, 2, m], method.name().to_owned());
            }
        }
    }
    assert!(bare.is_empty(), "without comment:\n{bare}");
}

#[test]
fn an_applied_migration_is_never_edited() {
    let mut found = String::new();
    for step in migrations::STEPS {
        let text = [step.both, step.sqlite, step.postgres].concat();
        let hash: String = Sha256::digest(text).iter().map(|it| format!("{it:02x}")).collect();
        writeln!(found, "{} {hash}", step.name).unwrap();
    }
    golden("migrations.sha256", &found);
}

/// The bytes of every event that the ledger may hold for ever, each field filled.
#[test]
fn events_keep_their_bytes() {
    use prost::Message as _;
    use prost_reflect::{DynamicMessage, Kind, Value};
    let pool = DescriptorPool::decode(api::DESCRIPTOR).unwrap();
    let event = pool.get_message_by_name("pacta.event.v1.Event").unwrap();
    let mut found = String::new();
    for kind in event.oneofs().flat_map(|it| it.fields().collect::<Vec<_>>()) {
        let Kind::Message(shape) = kind.kind() else { panic!("{}", kind.name()) };
        let mut inner = DynamicMessage::new(shape.clone());
        for field in shape.fields() {
            let value = match field.kind() {
                Kind::Bool => Value::Bool(true),
                _ => Value::String(field.name().to_owned()),
            };
            let value = if field.is_list() { Value::List(vec![value]) } else { value };
            inner.set_field(&field, value);
        }
        let mut whole = DynamicMessage::new(event.clone());
        whole.set_field(&kind, Value::Message(inner));
        whole.set_field_by_name("subject", Value::String("subject".to_owned()));
        let bytes = whole.encode_to_vec();
        let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
        writeln!(found, "{} {hex}", shape.name()).unwrap();
        let ours = event::Event::decode(bytes.as_slice()).unwrap();
        assert_eq!(ours.kind.as_ref().unwrap().name(), shape.name());
        assert_eq!(ours.encode_to_vec(), bytes, "{} loses something", shape.name());
    }
    let mut whole = DynamicMessage::new(event);
    for name in ["subject", "reason"] {
        whole.set_field_by_name(name, Value::String(name.to_owned()));
    }
    let shape = pool.get_message_by_name("pacta.event.v1.Change").unwrap();
    let mut change = DynamicMessage::new(shape.clone());
    for field in shape.fields() {
        change.set_field(&field, Value::String(field.name().to_owned()));
    }
    whole.set_field_by_name("changes", Value::List(vec![Value::Message(change)]));
    let bytes = whole.encode_to_vec();
    let ours = event::Event::decode(bytes.as_slice()).unwrap();
    assert_eq!(ours.encode_to_vec(), bytes, "what events share loses something");
    let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
    writeln!(found, "Event {hex}").unwrap();
    golden("events.hex", &found);
}

/// Compares with a file beside this one; UPDATE_GOLDEN=1 rewrites it.
fn golden(name: &str, found: &str) {
    let path = root().join("tests/tests/it").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, kept, "{name} differs");
}

fn each_source(dir: &Path, check: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_source(&path, check);
        } else if path.extension().is_some_and(|it| it == "rs") {
            check(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
