//! Turns the events of the contract into Rust, messages only.

#![allow(clippy::expect_used, reason = "a build script stops the build by panicking")]

fn main() {
    let root = "../../proto";
    println!("cargo::rerun-if-changed={root}/pacta/event");
    let files = protox::compile(["pacta/event/v1/event.proto"], [root]).expect("valid proto");
    prost_build::Config::new().btree_map(["."]).compile_fds(files).expect("generate");
}
