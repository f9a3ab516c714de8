//! The SDK as it would be published: packaged, and the guide's module built on that, far from this workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::Script;

use crate::{Result, exec, modules, new, paths};

/// The crates of the SDK that a module needs.
const CRATES: &[&str] = &["command-spec", "module-abi", "module-sdk"];
const MODULE: &str = "packaged";

/// Packages, builds, and plays the module's transcript on each of these servers.
pub fn check(servers: &[&Path]) -> Result<()> {
    let work = tempfile::tempdir()?;
    let registry = work.path().join("registry");
    let sdk = unpacked(&registry)?;
    let module = work.path().join(MODULE);
    new::write(MODULE, &module, &sdk)?;
    let library = build(&module, &registry)?;
    let session = std::fs::read_to_string(module.join("session.rtest"))?;
    modules::play_scripts(&[(Script::parse(MODULE, &session)?, library)], servers)
}

/// A folder that stands for the registry of crates, with the packages in it; where the SDK's own is.
fn unpacked(registry: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(paths::root());
    cargo.args([
        "package",
        "--quiet",
        "--offline",
        "--no-verify",
        "--allow-dirty",
        "--exclude-lockfile",
    ]);
    for name in CRATES {
        cargo.args(["--package", name]);
    }
    exec::run(&mut cargo)?;
    std::fs::create_dir_all(registry)?;
    let named = |name: &str| format!("{name}-{}", env!("CARGO_PKG_VERSION"));
    for name in CRATES {
        let package = paths::target().join("package").join(named(name) + ".crate");
        exec::run(Command::new("tar").arg("-xzf").arg(package).arg("-C").arg(registry))?;
        // Cargo wants the list of checksums, which may be empty.
        let list = registry.join(named(name)).join(".cargo-checksum.json");
        std::fs::write(list, r#"{"files":{}}"#)?;
    }
    Ok(registry.join(named("module-sdk")))
}

/// Builds the module with that registry and no other; where its library is.
fn build(module: &Path, registry: &Path) -> Result<PathBuf> {
    let target = paths::target().join("packaged");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(module).args(["build", "--quiet", "--offline", "--target-dir"]).arg(&target);
    cargo.args(["--config", "source.crates-io.replace-with='packages'", "--config"]);
    cargo.arg(format!("source.packages.directory='{}'", registry.display()));
    exec::run(&mut cargo)?;
    Ok(target.join(format!("debug/lib{MODULE}.so")))
}
