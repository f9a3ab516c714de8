//! Our server against the genuine one, in pairs, on the same machine at the same time.

mod load;
mod memory;
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
    /// Rounds per command and pipeline depth, each on both servers.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Requests of one round at pipeline 1; with a pipeline it is four times as many.
    #[arg(long, default_value_t = 100_000)]
    requests: usize,
    /// Only these commands.
    #[arg(long)]
    command: Vec<String>,
    /// Keys of the memory measurement; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000)]
    keys: usize,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Result<()> {
    let genuine = genuine()?;
    let ours = match &options.server {
        Some(server) => server.canonicalize()?,
        None => serve::build_release()?,
    };
    let theirs = options.against.clone().unwrap_or_else(|| genuine.server());
    let rates = load::compare(options, &genuine.benchmark(), &ours, &theirs)?;
    let memory =
        if options.keys > 0 { memory::compare(options.keys, &ours, &theirs)? } else { Vec::new() };
    if options.json {
        let whole = json!({
            "rates": rates.iter().map(load::Comparison::to_json).collect::<Vec<_>>(),
            "memory": memory.iter().map(memory::Comparison::to_json).collect::<Vec<_>>(),
        });
        println!("{}", serde_json::to_string_pretty(&whole)?);
    }
    Ok(())
}
