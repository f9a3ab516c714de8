//! Finds the file and line of a command by its Redis name.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::{Result, paths};

#[derive(Args)]
pub struct Options {
    /// The command, with its subcommand if it has one: ZREVRANGE, or MODULE LOAD.
    #[arg(required = true)]
    words: Vec<String>,
}

/// A line of the command table.
pub struct TableEntry {
    /// As in `crates/commands/src/table.rs`: `sorted_set::zrange::ZREVRANGE`.
    pub path: String,
    /// Lower case: `zrevrange`.
    pub command: String,
    pub group: String,
}

impl TableEntry {
    /// The file that holds the handler: `<module path>.rs` or `<module path>/mod.rs`.
    pub fn file(&self) -> Option<PathBuf> {
        // A file named like a keyword (move, type) is a raw name in the table.
        let modules = self.path.rsplit_once("::")?.0.replace("r#", "").replace("::", "/");
        let source = paths::root().join("crates/commands/src");
        [source.join(format!("{modules}.rs")), source.join(format!("{modules}/mod.rs"))]
            .into_iter()
            .find(|file| file.is_file())
    }
}

/// The table, read as text: `xtask` builds without the server.
pub fn table() -> Result<Vec<TableEntry>> {
    let text = std::fs::read_to_string(paths::root().join("crates/commands/src/table.rs"))?;
    let entries = text.lines().filter_map(|line| {
        let path = line.trim().strip_prefix('&')?.strip_suffix(',')?;
        let (group, _) = path.split_once("::")?;
        let (_, constant) = path.rsplit_once("::")?;
        Some(TableEntry {
            path: path.to_owned(),
            command: constant.to_lowercase(),
            group: group.to_owned(),
        })
    });
    Ok(entries.collect())
}

pub fn run(options: &Options) -> Result<()> {
    let words: Vec<String> = options
        .words
        .iter()
        .flat_map(|word| word.split(['|', ' ']))
        .map(str::to_lowercase)
        .collect();
    let (command, rest) = words.split_first().ok_or("which command?")?;
    let table = table()?;
    let entry = table
        .iter()
        .find(|entry| entry.command == command.replace('-', "_"))
        .ok_or_else(|| format!("no command {command} in crates/commands/src/table.rs"))?;
    let file = entry.file().ok_or_else(|| format!("no file for {}", entry.path))?;
    let wanted = rest.first().unwrap_or(command);
    let place = find_spec(&file, wanted)
        .or_else(|| below(&file).iter().find_map(|file| find_spec(file, wanted)))
        .ok_or_else(|| {
            format!("no declaration of {wanted} in or below {}", paths::relative(&file))
        })?;
    println!("{place}");
    Ok(())
}

/// `path:line` of the declaration of `name`.
fn find_spec(file: &Path, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let needle = format!("name: \"{name}\"");
    let index = text.lines().position(|line| line.contains(&needle))?;
    Some(format!("{}:{}", paths::relative(file), index + 1))
}

/// Files of a container command: those in the folder of `mod.rs`, or in the folder named like the file.
fn below(file: &Path) -> Vec<PathBuf> {
    let folder = if file.ends_with("mod.rs") {
        file.parent().map(Path::to_path_buf)
    } else {
        Some(file.with_extension(""))
    };
    let Some(entries) = folder.and_then(|folder| std::fs::read_dir(folder).ok()) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}
