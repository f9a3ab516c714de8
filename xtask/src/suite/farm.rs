//! The folder a test file runs in: links into the suite's tree, our server in its place, a private `tests/tmp`.

use std::os::unix::fs::symlink;
use std::path::Path;

use super::Plan;
use crate::Result;

/// Programs that are the server under another name.
const SERVER_NAMES: &[&str] =
    &["redis-server", "redis-sentinel", "redis-check-aof", "redis-check-rdb"];

/// The groups that `all` stands for.
const GROUPS: &[&str] = &["unit", "unit/type", "unit/moduleapi", "unit/cluster", "integration"];

/// Turns files and groups into files.
pub fn expand(tree: &Path, words: &[String]) -> Result<Vec<String>> {
    if words.is_empty() {
        return Err("which files or groups? (or `all`, or --expected)".into());
    }
    let mut units = Vec::new();
    for word in words {
        let word = word.trim_end_matches(".tcl");
        if word == "all" {
            for group in GROUPS {
                units.extend(members(tree, group)?);
            }
        } else if GROUPS.contains(&word) {
            units.extend(members(tree, word)?);
        } else if tree.join("tests").join(format!("{word}.tcl")).is_file() {
            units.push(word.to_owned());
        } else {
            return Err(format!("no test file or group {word}").into());
        }
    }
    Ok(units)
}

fn members(tree: &Path, group: &str) -> Result<Vec<String>> {
    let mut units = Vec::new();
    for entry in std::fs::read_dir(tree.join("tests").join(group))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".tcl") {
            units.push(format!("{group}/{stem}"));
        }
    }
    units.sort();
    Ok(units)
}

/// Builds the folder.
pub fn build(plan: &Plan, farm: &Path) -> Result<()> {
    let tree = &plan.genuine.tree;
    link_children(tree, farm, &["src", "tests"])?;
    link_children(&tree.join("src"), &farm.join("src"), SERVER_NAMES)?;
    for name in SERVER_NAMES {
        symlink(&plan.server, farm.join("src").join(name))?;
    }
    link_children(&tree.join("tests"), &farm.join("tests"), &["tmp", "support"])?;
    std::fs::create_dir_all(farm.join("tests/tmp"))?;
    let support = farm.join("tests/support");
    link_children(&tree.join("tests/support"), &support, &["server.tcl"])?;
    let text = std::fs::read_to_string(tree.join("tests/support/server.tcl"))?;
    std::fs::write(support.join("server.tcl"), adjust(&text)?)?;
    Ok(())
}

/// Two adjustments of the harness: a server that does not start is waited for thirty seconds instead of two minutes; and
/// a block of tests that ends with an error, which `--durable` counts, is then left, and not taken down a second time,
/// which would end the whole file.
fn adjust(server_tcl: &str) -> Result<String> {
    let changes = [
        ("{120*1000/$checkperiod}", "{30*1000/$checkperiod}".to_owned()),
        (BLOCK_COUNTED, format!("{BLOCK_COUNTED}{LEAVE_BLOCK}")),
    ];
    let mut text = server_tcl.to_owned();
    for (old, new) in changes {
        if text.matches(old).count() != 1 {
            return Err(format!("tests/support/server.tcl is not as known: {old}").into());
        }
        text = text.replace(old, &new);
    }
    Ok(text)
}

/// Where start_server has counted the error of a block.
const BLOCK_COUNTED: &str = r#"                incr ::num_failed
                send_data_packet $::test_server_fd err [join $details "\n"]
"#;
const LEAVE_BLOCK: &str = "                set ::tags [lrange $::tags 0 end-[llength $tags]]
                return
";

fn link_children(from: &Path, to: &Path, except: &[&str]) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if except.contains(&text.as_ref()) || text.starts_with('.') || is_debris(&text) {
            continue;
        }
        symlink(entry.path(), to.join(&name))?;
    }
    Ok(())
}

/// Object files of the build, of which a run has no use.
fn is_debris(name: &str) -> bool {
    name.ends_with(".o") || name.ends_with(".d") || name.ends_with(".xo")
}
