//! The example modules of the SDK: loaded into the server, and into the genuine one where that is prepared; both play the
//! transcripts beside the examples.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::{Protocol, Runner, Script, ServerOptions, ServerProcess, TcpTransport};

use crate::binary;
use crate::support::prepared;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Builds the example; where its library is.
fn library(name: &str) -> PathBuf {
    let target = binary().ancestors().nth(2).expect("a target folder").to_path_buf();
    let status = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "--quiet", "--package", "module-sdk", "--example", name, "--target-dir"])
        .arg(&target)
        .status()
        .expect("cargo runs");
    assert!(status.success());
    target.join(format!("debug/examples/lib{name}.so"))
}

fn play(server: &Path, name: &str, protocol: Protocol) {
    let library = library(name);
    let options = ServerOptions::new(server)
        .option("loadmodule", &[library.to_str().expect("a path of text")])
        .option("enable-debug-command", &["yes"]);
    let server = ServerProcess::start(&options).expect("the server starts with the module");
    let file = root().join(format!("sdk/module-sdk/examples/{name}.rtest"));
    let text = std::fs::read_to_string(file).expect("a transcript");
    let script = Script::parse(name, &text).expect("a valid transcript");
    let mut transport = TcpTransport::new(server.address());
    let outcome = Runner::new(&mut transport, protocol).play(&script);
    let failures: Vec<String> = outcome.failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(outcome.passed > 10 && outcome.skipped.is_none());
}

fn play_everywhere(name: &str) {
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        play(&binary(), name, protocol);
    }
    if let Some(modules) = prepared("BULKHEAD_TEST_MODULES") {
        play(&modules.join("../../src/redis-server"), name, Protocol::Resp3);
    }
}

#[test]
fn a_data_type() {
    play_everywhere("tally");
}

#[test]
fn replies_calls_threads_timers_events_and_parameters() {
    play_everywhere("kit");
}
