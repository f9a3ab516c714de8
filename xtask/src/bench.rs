//! Our server against the genuine one, in pairs, on the same machine at the same time.

mod exchanges;
mod files;
mod load;
mod memory;
mod modules;
mod stats;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::genuine::genuine;
use crate::{Result, serve};

#[derive(Args)]
pub struct Options {
    /// Our server; built in release if not given.
    #[arg(long)]
    server: Option<PathBuf>,
    /// The server it is compared with; the genuine one if not given.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Rounds per command and pipeline depth, each on both servers; 0 leaves these out.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Requests of one round at pipeline 1; with a pipeline it is ten times as many.
    #[arg(long, default_value_t = 100_000)]
    requests: usize,
    /// Only these commands.
    #[arg(long)]
    command: Vec<String>,
    /// Keys of the memory measurement, collections with all their elements; 0 leaves it out. More than once: one after
    /// the other, for tables of different lengths.
    #[arg(long, default_values_t = [1_000_000, 1_100_000])]
    keys: Vec<usize>,
    /// Fail if any kind of item takes more bytes than on the other server.
    #[arg(long)]
    check: bool,
    /// Strings of the measurement of files and waits, with three hashes to ten of them; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000)]
    saved_keys: usize,
    /// Values of the module that is upgraded while a client asks; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000)]
    upgraded_values: usize,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let genuine = genuine()?;
    let ours = serve::server(options.server.as_deref())?;
    let theirs = serve::server(Some(&options.against.clone().unwrap_or_else(|| genuine.server())))?;
    let folder = tempfile::tempdir()?;
    let module = modules::build(folder.path())?;
    let rates = if options.rounds > 0 {
        let pair = [ours.as_path(), theirs.as_path()];
        let mut rates = load::compare(options, &genuine.benchmark(), pair, &load::BUILT_IN)?;
        let of_module = modules::workload(&module);
        rates.extend(load::compare(options, &genuine.benchmark(), pair, &of_module)?);
        rates
    } else {
        Vec::new()
    };
    let keys: Vec<usize> = options.keys.iter().copied().filter(|keys| *keys > 0).collect();
    let memory = memory::compare(&keys, &ours, &theirs)?;
    let files = if options.saved_keys > 0 {
        files::compare(options.saved_keys, &ours, &theirs)?
    } else {
        Vec::new()
    };
    let upgraded = match options.upgraded_values {
        0 => None,
        values => Some(modules::upgrade(&ours, &module, values)?),
    };
    if options.json {
        let whole = json!({
            "rates": rates.iter().map(load::Comparison::to_json).collect::<Vec<_>>(),
            "memory": memory.iter().map(memory::Comparison::to_json).collect::<Vec<_>>(),
            "upgrade": upgraded.as_ref().map(modules::Upgrade::to_json),
            "files": files.iter().map(files::Comparison::to_json).collect::<Vec<_>>(),
        });
        println!("{}", serde_json::to_string_pretty(&whole)?);
    }
    if options.check && memory.iter().any(memory::Comparison::is_over) {
        return Err("some items take more bytes than on the other server".into());
    }
    Ok(())
}
