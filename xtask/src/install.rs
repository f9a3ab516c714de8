//! Puts the release build into a folder, with links under which its tools are found; under Redis's names only if asked for.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::{Result, cached};

/// What the binary also is.
const TOOLS: &[&str] = &["bulkhead-check-rdb", "bulkhead-check-aof"];
/// The names under which scripts and service files look for Redis.
const REDIS_NAMES: &[&str] = &["redis-server", "redis-check-rdb", "redis-check-aof"];
const PROGRAM: &str = "bulkhead-server";

#[derive(Args)]
pub struct Options {
    /// Where to, for example /usr/local/bin.
    folder: PathBuf,
    /// Also link redis-server, redis-check-rdb and redis-check-aof; what has one of these names already is left alone.
    #[arg(long)]
    redis_names: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let built = crate::serve::build_release()?;
    let folder = &options.folder;
    // A running server keeps its own file.
    cached::copy(&built, &folder.join(PROGRAM))?;
    println!("{}", folder.join(PROGRAM).display());
    let wanted = if options.redis_names { REDIS_NAMES } else { &[] };
    for name in TOOLS.iter().chain(wanted) {
        link(&folder.join(name))?;
    }
    Ok(())
}

/// A link that is there already and is ours stays; anything else is not touched.
fn link(path: &Path) -> Result<()> {
    let shown = path.display();
    match std::fs::read_link(path) {
        Ok(target) if target == Path::new(PROGRAM) => println!("{shown}"),
        Ok(_) => println!("{shown}: is a link to something else, and stays"),
        Err(_) if path.exists() => println!("{shown}: is there already, and stays"),
        Err(_) => {
            symlink(PROGRAM, path)?;
            println!("{shown}");
        }
    }
    Ok(())
}
