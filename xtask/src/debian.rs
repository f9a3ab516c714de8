//! Debian packages: tools that are installed when they are missing, and packages that are only unpacked.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{Result, cached, exec};

/// Makes sure that `programs` (name, package that has it) can be run; installs what is missing if that is allowed here.
pub fn require(programs: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|(program, _)| !exec::has(program))
        .map(|(_, package)| *package)
        .collect();
    install(&missing)
}

/// What says which files are the repository's.
pub fn require_git() -> Result<()> {
    require(&[("git", "git")])
}

/// What building the server needs beside Rust: the allocator and Lua are C.
pub fn require_build_tools() -> Result<()> {
    require(&[("cc", "gcc"), ("make", "make")])
}

/// What tests compile modules with: a module may come from either.
pub fn require_module_compilers() -> Result<()> {
    require(&[("gcc", "gcc"), ("clang", "clang")])
}

fn install(missing: &[&str]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !rustix::process::getuid().is_root() || !exec::has("apt-get") {
        return Err(format!("missing; please install: {names}").into());
    }
    eprintln!("xtask: installing {names}");
    update_lists()?;
    exec::run(
        apt_get()
            .args(["install", "-y", "-q", "--no-install-recommends"])
            .args(missing)
            .stdout(Stdio::null()),
    )
}

/// As [`require`], for files that a build needs.
pub fn require_files(files: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<&str> = files
        .iter()
        .filter(|(file, _)| !Path::new(file).exists())
        .map(|(_, package)| *package)
        .collect();
    install(&missing)
}

/// Downloads packages (`name` or `name=version`) into `directory` without installing them; returns the files.
pub fn download(packages: &[&str], directory: &Path) -> Result<Vec<PathBuf>> {
    if !exec::has("apt-get") {
        return Err("apt-get is needed to fetch Debian packages".into());
    }
    std::fs::create_dir_all(directory)?;
    if try_download(packages, directory).is_err() {
        update_lists()?;
        try_download(packages, directory)?;
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            files.push(path);
        }
    }
    Ok(files)
}

fn try_download(packages: &[&str], directory: &Path) -> Result<()> {
    exec::output(apt_get().args(["download", "-q"]).args(packages).current_dir(directory))?;
    Ok(())
}

/// Downloads packages and unpacks them into the folder `tree`, unless it is there; `check` looks at what came.
pub fn unpacked(
    packages: &[&str],
    tree: &Path,
    check: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    cached::folder(tree, |work| {
        eprintln!("xtask: fetching Debian's {}", packages.join(", "));
        let files = tempfile::tempdir()?;
        for package in download(packages, files.path())? {
            unpack(&package, work)?;
        }
        check(work)
    })
}

pub fn unpack(package: &Path, directory: &Path) -> Result<()> {
    exec::output(Command::new("dpkg-deb").arg("-x").arg(package).arg(directory))?;
    Ok(())
}

fn update_lists() -> Result<()> {
    let log = std::env::temp_dir().join("xtask-apt-update.log");
    exec::run_logged(
        apt_get().args(["update", "-q"]),
        "reading the package lists",
        &log,
        Duration::from_secs(180),
    )
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
