//! Turns `proto/` into Rust: messages, services, the raw descriptor, and the field checks.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a build script stops the build by panicking"
)]

mod checks;

use std::{env, fs, path::PathBuf};

const AREAS: &[&str] = &[
    "policy/v1/policy",
    "policy/v1/reason",
    "type/v1/address",
    "type/v1/common",
    "type/v1/readiness",
    "event/v1/event",
    "users/v1/users",
    "changes/v1/changes",
    "enrollment/v1/enrollment",
    "agreements/v1/agreements",
    "agreements/v1/evidence",
    "relationships/v1/relationships",
];

fn main() {
    let root = "../../proto";
    println!("cargo::rerun-if-changed={root}");
    println!("cargo::rerun-if-changed=checks.rs");

    let mut compiler = protox::Compiler::new([root]).expect("proto root");
    compiler.include_imports(true).include_source_info(true);
    for area in AREAS {
        compiler.open_file(format!("pacta/{area}.proto")).unwrap_or_else(|err| panic!("{err:?}"));
    }

    // The encoded form keeps custom options; `prost_types` would drop them.
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let descriptor = compiler.encode_file_descriptor_set();
    fs::write(out.join("descriptor.bin"), &descriptor).expect("write");
    fs::write(out.join("checks.rs"), checks::generate(&descriptor)).expect("write");

    // Ordered maps make the bytes of a message a function of its value, which fingerprints need.
    tonic_prost_build::configure()
        .btree_map(".")
        .compile_fds(compiler.file_descriptor_set())
        .expect("generate");
}
