//! What documents say is proven names its proof, and the proof exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const DOCUMENTS: &[&str] = &["README.md", "docs/security.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// Every test of the workspace, as its runner names it.
fn tests() -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let crates = fs::read_dir(root().join("crates")).unwrap();
    let folders = crates.map(|it| it.unwrap().path().join("src"));
    for folder in folders.chain([root().join("tests/tests/it")]) {
        let mut files = Vec::new();
        sources(&folder, &mut files);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let path = file.strip_prefix(&folder).unwrap().with_extension("");
            let path = path.to_str().unwrap().replace('/', "::");
            let module = path.trim_end_matches("::mod");
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                let name = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn "));
                if let Some(name) = name.filter(|_| is_test) {
                    let name = name.split(['(', '<']).next().unwrap();
                    // Tests at the end of a file are in a module of their own, if not in a file.
                    let is_inside = !folder.ends_with("it") && !module.ends_with("::tests");
                    let inner = if is_inside { "tests::" } else { "" };
                    all.insert(format!("{module}::{inner}{name}"));
                }
                let is_attribute = line.starts_with("#[");
                is_test = line.ends_with("test]")
                    || line.starts_with("#[tokio::test")
                    || (is_test && is_attribute);
            }
        }
    }
    all
}

/// What stands in backticks in the last column of a document's tables.
fn named(text: &str) -> Vec<&str> {
    let rows = text.lines().filter(|it| it.starts_with("| "));
    let proofs = rows.filter_map(|it| it.trim_end_matches(" |").rsplit(" | ").next());
    proofs.flat_map(|it| it.split('`').skip(1).step_by(2)).collect()
}

/// Whether a name is of our tests: a module, or `module::test`, its rest left out with `…` or `*`.
fn is_of_a_test(name: &str, tests: &BTreeSet<String>) -> Option<bool> {
    let (module, _) = name.split_once("::")?;
    let is_module = |it: &String| it.split("::").next() == Some(module);
    // Another path with colons is of code, not of a test.
    tests.iter().any(is_module).then(|| {
        let whole = name.trim_end_matches(['…', '*', '_']);
        let module = format!("{name}::");
        let is_short = whole.len() < name.len();
        tests.iter().any(|it| match is_short {
            true => it.starts_with(whole),
            false => it == name || it.starts_with(&module),
        })
    })
}

#[test]
fn every_proof_that_a_document_names_exists() {
    let tests = tests();
    let (mut n_named, mut unknown) = (0, Vec::new());
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for name in named(&text) {
            match is_of_a_test(name, &tests) {
                Some(true) => n_named += 1,
                Some(false) => unknown.push(format!("{document}: {name}")),
                None => {}
            }
        }
    }
    assert_eq!(unknown, Vec::<String>::new(), "no such tests");
    assert!(n_named > 80, "{n_named}");
}

#[test]
fn rigs_that_documents_name_are_there() {
    let main = fs::read_to_string(root().join("rigs/src/main.rs")).unwrap();
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for rig in text.split("rig `").skip(1).filter_map(|it| it.split('`').next()) {
            let module = format!("mod {};", rig.replace('-', "_"));
            assert!(main.contains(&module), "{document} names the rig {rig}");
        }
    }
}
