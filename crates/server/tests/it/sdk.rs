//! The example modules of the SDK: loaded into the server, and into the genuine one where that is prepared; both play the
//! transcripts beside the examples.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::{Protocol, Reply, Runner, Script, ServerOptions, ServerProcess, TcpTransport};

use crate::binary;
use crate::support::prepared;

/// The genuine server, from where its test modules are.
const GENUINE: &str = "../../src/redis-server";

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

fn play(server: &Path, library: &Path, transcript: &Path, protocol: Protocol) {
    let options = ServerOptions::new(server)
        .option("loadmodule", &[library.to_str().expect("a path of text")])
        .option("enable-debug-command", &["yes"]);
    let server = ServerProcess::start(&options).expect("the server starts with the module");
    let text = std::fs::read_to_string(transcript).expect("a transcript");
    let script =
        Script::parse(&transcript.display().to_string(), &text).expect("a valid transcript");
    let mut transport = TcpTransport::new(server.address());
    let outcome = Runner::new(&mut transport, protocol).play(&script);
    let failures: Vec<String> = outcome.failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(outcome.passed > 10 && outcome.skipped.is_none());
}

fn play_everywhere(library: &Path, transcript: &Path) {
    for protocol in [Protocol::Resp2, Protocol::Resp3] {
        play(&binary(), library, transcript, protocol);
    }
    if let Some(modules) = prepared("BULKHEAD_TEST_MODULES") {
        play(&modules.join(GENUINE), library, transcript, Protocol::Resp3);
    }
}

fn play_example(name: &str) {
    let transcript = root().join(format!("sdk/module-sdk/examples/{name}.rtest"));
    play_everywhere(&library(name), &transcript);
}

#[test]
fn a_data_type() {
    play_example("tally");
}

#[test]
fn replies_calls_threads_timers_events_and_parameters() {
    play_example("kit");
}

/// Servers keep the category of a module that has gone.
#[test]
fn a_module_with_a_category_is_loaded_again() {
    let library = library("kit");
    let path = library.to_str().expect("a path of text");
    let genuine = prepared("BULKHEAD_TEST_MODULES").map(|modules| modules.join(GENUINE));
    for server in std::iter::once(binary()).chain(genuine) {
        let options = ServerOptions::new(server).option("enable-module-command", &["yes"]);
        let server = ServerProcess::start(&options).expect("the server starts");
        let mut client = server.client().expect("a client");
        for words in [&["LOAD", path], &["UNLOAD", "kit"], &["LOAD", path]] {
            let reply = client.command(&["MODULE", words[0], words[1]]).expect("a reply");
            assert_eq!(reply, Reply::Simple(b"OK".to_vec()), "{words:?}");
        }
    }
}

/// The blocks of the guide are a module that builds by itself, outside of this workspace.
#[test]
fn the_module_of_the_guide() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("pile");
    let text =
        std::fs::read_to_string(root().join("docs/guides/write-a-module.md")).expect("the guide");
    let block = |kind: &str| {
        let start = format!("\n```{kind}\n");
        let (_, rest) = text.split_once(&start).expect("the block");
        rest.split_once("\n```").expect("its end").0.to_owned() + "\n"
    };
    let sdk = root().join("sdk/module-sdk").canonicalize().expect("the SDK");
    let manifest = block("toml").replace("../sdk/module-sdk", &sdk.display().to_string());
    std::fs::create_dir_all(place.join("src")).expect("a folder");
    std::fs::write(place.join("Cargo.toml"), manifest).expect("written");
    std::fs::write(place.join("src/lib.rs"), block("rust")).expect("written");
    std::fs::write(place.join("src/tests.rs"), block("rust tests")).expect("written");
    std::fs::write(place.join("session.rtest"), block("rtest")).expect("written");
    for work in ["test", "build"] {
        let status = Command::new(env!("CARGO"))
            .current_dir(&place)
            .args([work, "--quiet", "--offline", "--target-dir"])
            .arg(folder.path().join("target"))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "cargo {work}");
    }
    let library = folder.path().join("target/debug/libpile.so");
    play_everywhere(&library, &place.join("session.rtest"));
}
