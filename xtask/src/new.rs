//! `cargo xtask new module NAME`: the module of `docs/guides/write-a-module.md` under another name, for a beginning.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::{Result, paths};

const GUIDE: &str = include_str!("../../docs/guides/write-a-module.md");
/// Letters of the name of a data type.
const TYPE_NAME_LEN: usize = 9;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A module with a type of values and two commands, built on the SDK.
    Module {
        /// Lower-case letters and digits, a letter first.
        name: String,
        /// Where to; by default a folder of this name in the current one.
        #[arg(long)]
        folder: Option<PathBuf>,
    },
}

pub fn run(options: &Options) -> Result<()> {
    let What::Module { name, folder } = &options.what;
    let folder = folder.clone().unwrap_or_else(|| PathBuf::from(name));
    write(name, &folder, &paths::root().join("sdk/module-sdk"))?;
    println!("{}", folder.display());
    println!(
        "next: cd {} && cargo build, then --loadmodule target/debug/lib{name}.so",
        folder.display()
    );
    Ok(())
}

pub fn write(name: &str, folder: &Path, sdk: &Path) -> Result<()> {
    check(name)?;
    if folder.exists() {
        return Err(format!("{} is there already; choose another folder", folder.display()).into());
    }
    std::fs::create_dir_all(folder.join("src"))?;
    let sdk = sdk.canonicalize()?;
    for (kind, file) in [
        ("toml", "Cargo.toml"),
        ("rust", "src/lib.rs"),
        ("rust tests", "src/tests.rs"),
        ("rtest", "session.rtest"),
    ] {
        let text = renamed(&block(kind)?, name, &sdk.display().to_string());
        std::fs::write(folder.join(file), text)?;
    }
    Ok(())
}

fn check(name: &str) -> Result<()> {
    let mut letters = name.bytes();
    let starts = letters.next().is_some_and(|first| first.is_ascii_lowercase());
    let goes_on = letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    if starts && goes_on {
        return Ok(());
    }
    Err(format!("{name} is no name for a module: lower-case letters and digits, a letter first")
        .into())
}

/// The block of the guide with this language.
fn block(kind: &str) -> Result<String> {
    let mut parts = GUIDE.split("\n```");
    let marked = parts.find_map(|part| part.strip_prefix(kind)?.strip_prefix('\n'));
    Ok(marked.ok_or_else(|| format!("the guide has no block of {kind}"))?.to_owned() + "\n")
}

/// The guide's module is called `pile`.
fn renamed(text: &str, name: &str, sdk: &str) -> String {
    let capital = name[..1].to_uppercase() + &name[1..];
    let type_name: String = format!("{name}-type-----").chars().take(TYPE_NAME_LEN).collect();
    text.replace("../sdk/module-sdk", sdk)
        .replace("pile-type", &type_name)
        .replace("Pile", &capital)
        .replace("PILE", &name.to_uppercase())
        .replace("pile", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_module_has_its_own_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("stack");
        write("stack", &place, &paths::root().join("sdk/module-sdk")).expect("written");
        let code = std::fs::read_to_string(place.join("src/lib.rs")).expect("the module");
        assert!(code.contains("name: \"stack.push\"") && code.contains("\"stack-typ\""));
        assert!(!code.to_lowercase().contains("pile"));
        let again = write("stack", &place, &paths::root().join("sdk/module-sdk"));
        assert!(again.expect_err("the folder is there").to_string().contains("is there already"));
        for wrong in ["", "Stack", "1st", "a-b", "a/../b"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_example_is_short() {
        let code = block("rust").expect("the block");
        let lines =
            code.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//"));
        let count = lines.count();
        assert!(count <= 80, "{count} lines");
    }
}
