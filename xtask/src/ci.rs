//! What a change must pass, step by step, with the time each step took.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use clap::{Args, Parser, ValueEnum};

use crate::genuine::{encryption, genuine, suite_tools};
use crate::{
    Result, debian, exec, falkordb, fuzz, json_path, kills, modules, oracle, paths, real_modules,
    sdk_package, serve, suite, tidy,
};

#[derive(Args)]
pub struct Options {
    #[arg(value_enum, default_value = "fast")]
    tier: Tier,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tier {
    /// What every change passes.
    Fast,
    /// Also a million random commands, more damaged input, 200 kills, the address sanitizer and Miri on the structures, and
    /// the licences and advisories of what comes in.
    Full,
}

type Step = (&'static str, fn() -> Result<()>);

const FAST: &[Step] = &[
    ("format", format),
    ("tidy", tidy::run),
    ("tools for building", debian::require_build_tools),
    ("clippy", clippy),
    ("fetch and build what tests need", prepare),
    ("unit and property tests, real modules, mutations", test),
    ("release build", release),
    ("transcripts over TCP", transcripts),
    ("our own modules", own_modules),
    ("a module on the SDK as it is packaged", packaged_sdk),
    ("Redis's suite", expected_suite),
    ("random commands against the genuine server", random_commands),
    ("damaged payloads", damaged_payloads),
    ("kills", kills),
];

const FULL: &[Step] = &[
    ("a million random commands", a_million_commands),
    ("damaged payloads, 100 000 of every type", many_payloads),
    ("200 kills", many_kills),
    ("FalkorDB's client on both servers", graphs),
    ("address sanitizer on structures", address_sanitizer),
    ("Miri on structures", miri),
    ("licences and advisories of what comes in", deny),
];

pub fn run(options: &Options) -> Result<()> {
    let further: &[Step] = if options.tier == Tier::Full { FULL } else { &[] };
    let mut times = Vec::new();
    let mut failed = Vec::new();
    for (name, step) in FAST.iter().chain(further) {
        println!("\n=== {name}");
        let began = Instant::now();
        let result = step();
        let seconds = began.elapsed().as_secs_f32();
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        times.push(format!("{word:<6} {seconds:>7.1} s  {name}"));
        if let Err(error) = result {
            eprintln!("{name}: {error}");
            failed.push(format!("{name}: {error}"));
        }
    }
    println!("\n=== durations\n{}", times.join("\n"));
    // Said again here, since often only the end of what CI printed is at hand.
    if failed.is_empty() { Ok(()) } else { Err(format!("failed\n{}", failed.join("\n")).into()) }
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(paths::root()).args(arguments);
    command
}

fn format() -> Result<()> {
    exec::run(&mut cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    exec::run(&mut cargo(&[
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn prepare() -> Result<()> {
    debian::require_module_compilers()?;
    suite_tools()?;
    encryption(&genuine()?)?;
    real_modules::redis_cell()?;
    real_modules::redisearch()?;
    real_modules::debian_server()?;
    json_path::suite()?;
    Ok(())
}

/// The tests find what was prepared by these names, and fail rather than skip when it is not there.
fn test() -> Result<()> {
    let debian = real_modules::debian_server()?;
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.env("BULKHEAD_CACHE", paths::cache()?);
    command.env("BULKHEAD_REAL_MODULES", "required");
    command.env("BULKHEAD_TEST_MODULES", genuine()?.test_modules());
    command.env("BULKHEAD_REDIS_CELL", real_modules::redis_cell()?);
    command.env("BULKHEAD_REDISEARCH", real_modules::redisearch()?);
    command.env("BULKHEAD_REDISEARCH_ORACLE", debian.program);
    command.env("BULKHEAD_REDISEARCH_ORACLE_LIBRARIES", debian.libraries);
    command.env("BULKHEAD_JSONPATH_SUITE", json_path::suite()?);
    exec::run(&mut command)
}

fn release() -> Result<()> {
    serve::build_release().map(drop)
}

fn transcripts() -> Result<()> {
    oracle::play(&oracle::transcripts(&[])?, &release_server(), false)
}

fn own_modules() -> Result<()> {
    modules::play(&[&release_server(), &genuine()?.server()])
}

fn packaged_sdk() -> Result<()> {
    sdk_package::check(&[&release_server(), &genuine()?.server()])
}

/// The options of `xtask suite` by themselves, so that their defaults are declared once.
#[derive(Parser)]
struct SuiteOptions {
    #[command(flatten)]
    options: suite::Options,
}

fn expected_suite() -> Result<()> {
    let mut words: Vec<OsString> =
        ["suite", "--expected", "--jobs", "2", "--server"].map(OsString::from).to_vec();
    words.push(release_server().into_os_string());
    suite::run(&SuiteOptions::try_parse_from(words)?.options)
}

fn random_commands() -> Result<()> {
    oracle::random::compare(&release_server(), 60_000, 1)
}

fn a_million_commands() -> Result<()> {
    oracle::random::compare(&release_server(), 1_000_000, 2)
}

fn damaged_payloads() -> Result<()> {
    fuzz::damage(fuzz::Target::Restore, 1000, 1)?;
    fuzz::damage(fuzz::Target::Acl, 20_000, 1)?;
    fuzz::damage(fuzz::Target::JsonDocument, 20_000, 1)?;
    fuzz::damage(fuzz::Target::JsonPath, 20_000, 1)?;
    fuzz::damage(fuzz::Target::Lua, 5000, 1)?;
    fuzz::damage(fuzz::Target::Resp, 20_000, 1)?;
    fuzz::damage(fuzz::Target::Config, 200, 1)
}

fn kills() -> Result<()> {
    kills::kill(&release_server(), 40, 1)
}

fn graphs() -> Result<()> {
    falkordb::compare_with(&release_server())
}

fn many_kills() -> Result<()> {
    kills::kill(&release_server(), 200, 2)
}

fn many_payloads() -> Result<()> {
    fuzz::damage(fuzz::Target::Restore, 100_000, 2)?;
    fuzz::damage(fuzz::Target::Acl, 1_000_000, 2)?;
    fuzz::damage(fuzz::Target::JsonDocument, 1_000_000, 2)?;
    fuzz::damage(fuzz::Target::JsonPath, 1_000_000, 2)?;
    fuzz::damage(fuzz::Target::Lua, 200_000, 2)?;
    // About a minute each.
    fuzz::damage(fuzz::Target::Resp, 1_000_000, 2)?;
    fuzz::damage(fuzz::Target::Config, 3000, 2)
}

/// The stable compiler has the sanitizer but keeps its flag behind this variable.
fn address_sanitizer() -> Result<()> {
    let target = "x86_64-unknown-linux-gnu";
    let mut command =
        cargo(&["test", "--release", "--package", "structures", "--lib", "--target", target]);
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=address");
    command.env("CARGO_TARGET_DIR", paths::target().join("sanitizer"));
    exec::run(&mut command)
}

fn miri() -> Result<()> {
    let nightly = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command.current_dir(paths::root()).args(["+nightly", "miri"]).args(arguments);
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
        command
    };
    if exec::output(&mut nightly(&["--version"])).is_err() {
        println!(
            "left out: Miri needs `rustup toolchain install nightly --component miri,rust-src`"
        );
        return Ok(());
    }
    let mut command = nightly(&["test", "--package", "structures", "--lib"]);
    command.env("PROPTEST_CASES", "2").env("MIRIFLAGS", "-Zmiri-disable-isolation");
    command.env("CARGO_TARGET_DIR", paths::target().join("miri"));
    exec::run(&mut command)
}

/// What `deny.toml` says of the server's dependencies and of the fuzzer's, which is a workspace of its own.
fn deny() -> Result<()> {
    let deny = |arguments: &[&str]| {
        let mut command = cargo(&["deny"]);
        command.args(arguments);
        command
    };
    if exec::output(&mut deny(&["--version"])).is_err() {
        println!("left out: needs `cargo install cargo-deny --locked`");
        return Ok(());
    }
    let fuzz = paths::root().join("fuzz/Cargo.toml");
    let config = paths::root().join("deny.toml");
    let workspaces = [paths::root().join("Cargo.toml"), fuzz];
    let check = |what: &[&str]| -> Result<()> {
        for manifest in &workspaces {
            let mut command = deny(&["--manifest-path"]);
            command.arg(manifest).arg("--config").arg(&config).args(what);
            exec::run(&mut command)?;
        }
        Ok(())
    };
    check(&["check", "bans", "licenses", "sources"])?;
    if exec::output(&mut deny(&["fetch", "db"])).is_err() {
        println!("left out: the database of advisories cannot be fetched");
        return Ok(());
    }
    check(&["--offline", "check", "advisories"])
}

fn release_server() -> PathBuf {
    paths::server_binary("release")
}
