//! Random commands to the genuine server and to ours, batch by batch, until they differ; then the shortest sequence that
//! shows it.

mod compare;
mod differences;
mod generate;
mod grammar;
mod limits;
mod pair;
mod report;
mod scenes;
mod shrink;
mod side;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use testkit::Reply;

use crate::genuine::genuine;
use crate::{Result, fuzz, serve};
use differences::Explained;
use generate::{Generator, Words};
use grammar::Grammar;
use pair::{Difference, Pair};
use shrink::Shrinker;
use side::Side;
use values::Values;

/// Groups of COMMAND DOCS that are about data.
const GROUPS: &[&str] = &[
    "generic",
    "string",
    "bitmap",
    "hyperloglog",
    "list",
    "set",
    "sorted-set",
    "geo",
    "hash",
    "stream",
    "array",
];

/// Commands that are about something else: other servers, the memory, a help text.
const LEFT_OUT: &[&str] = &["migrate", "wait", "waitaof", "pfselftest", "object freq", "randomkey"];

/// Commands between two comparisons of all data.
const BATCH: usize = 300;

#[derive(Args)]
#[command(next_help_heading = "Random commands")]
pub struct RandomOptions {
    /// How many commands are sent.
    #[arg(long, default_value_t = 100_000)]
    pub commands: usize,
    /// Where chance begins; the same seed gives the same commands.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Commands between two comparisons of all data.
    #[arg(long, default_value_t = BATCH)]
    pub batch: usize,
    /// Groups of commands: string, list, set, sorted-set, hash, stream, geo, bitmap, hyperloglog, array, generic.
    #[arg(long, value_delimiter = ',')]
    pub types: Vec<String>,
    /// Only these commands, beside what fills collections.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Differences after which to stop.
    #[arg(long, default_value_t = 1)]
    pub differences: usize,
    /// Our server; built in release if not given.
    #[arg(long)]
    pub server: Option<PathBuf>,
    /// Say how often each command was sent.
    #[arg(long)]
    pub counts: bool,
}

/// A run as CI has it.
pub fn compare(server: &Path, commands: usize, seed: u64) -> Result<()> {
    run(&RandomOptions {
        commands,
        seed,
        batch: BATCH,
        types: Vec::new(),
        only: Vec::new(),
        differences: 5,
        server: Some(server.to_path_buf()),
        counts: false,
    })
}

pub fn run(options: &RandomOptions) -> Result<()> {
    let binary = serve::server(options.server.as_deref())?;
    let mut theirs = Side::start(&genuine()?.server())?;
    let mut ours = Side::start(&binary)?;
    let groups: Vec<String> = match options.types.as_slice() {
        [] => GROUPS.iter().map(|&group| group.to_owned()).collect(),
        types => types.to_vec(),
    };
    let grammars = grammar::read(theirs.client())?;
    let chosen = choose(&grammars, &groups, &options.only, &commands_of(&mut ours)?);
    let payloads = fuzz::payloads(theirs.client())?;
    let payloads = payloads.into_iter().map(|(_, payload)| payload).collect();
    let pair = Pair::new(theirs, ours, Explained::read()?)?;
    let mut session =
        Session { pair, chosen, groups, payloads, sent: BTreeMap::new(), found: BTreeSet::new() };
    let began = Instant::now();
    let sent = session.play_all(options)?;
    let seconds = began.elapsed().as_secs_f32();
    if options.counts {
        for (name, count) in &session.sent {
            println!("{count:>8} {name}");
        }
    }
    let found = session.found.len();
    println!(
        "oracle: {sent} commands from seed {}, {} kinds, {found} differences, {seconds:.1} s",
        options.seed,
        session.sent.len()
    );
    if found == 0 { Ok(()) } else { Err("the servers differ".into()) }
}

/// The commands of some groups that both servers have.
fn choose<'a>(
    grammars: &'a [Grammar],
    groups: &[String],
    only: &[String],
    known: &BTreeSet<String>,
) -> Vec<&'a Grammar> {
    let mut missing = Vec::new();
    let chosen: Vec<&Grammar> = grammars
        .iter()
        .filter(|grammar| {
            let name = grammar.name();
            let wanted = groups.contains(&grammar.group)
                && !LEFT_OUT.contains(&name.as_str())
                // The words of a help text are each server's own.
                && !name.ends_with(" help")
                && (only.is_empty() || only.contains(&name));
            let first = grammar.words.first().map(|word| word.to_lowercase()).unwrap_or_default();
            if wanted && !known.contains(&first) {
                missing.push(name);
                return false;
            }
            wanted
        })
        .collect();
    if !missing.is_empty() {
        println!("not compared, as ours lacks them: {}", missing.join(", "));
    }
    chosen
}

fn commands_of(side: &mut Side) -> Result<BTreeSet<String>> {
    let listed = side.client().command(&["COMMAND", "LIST"])?;
    let names = listed.elements().unwrap_or_default().iter().filter_map(Reply::text);
    Ok(names.map(|name| name.to_lowercase()).collect())
}

struct Session<'a> {
    pair: Pair,
    chosen: Vec<&'a Grammar>,
    groups: Vec<String>,
    payloads: Vec<Vec<u8>>,
    /// How often each command was sent.
    sent: BTreeMap<String, usize>,
    /// Signatures of the differences that were printed.
    found: BTreeSet<String>,
}

impl Session<'_> {
    /// Plays batches until enough was sent or found; how many commands that were.
    fn play_all(&mut self, options: &RandomOptions) -> Result<usize> {
        let mut sent = 0;
        let mut number = 0;
        while sent < options.commands && self.found.len() < options.differences.max(1) {
            // Each batch has a seed of its own, so that one can be played without those before it.
            let seed = options.seed.wrapping_mul(1_000_003).wrapping_add(number);
            let values = Values::new(seed, &self.groups);
            let mut generator =
                Generator::new(values, self.chosen.clone(), &self.groups, self.payloads.clone());
            let batch = generator.batch(options.batch.max(2));
            let protocol = if number % 2 == 0 { 2 } else { 3 };
            number += 1;
            sent += batch.len();
            self.count(&batch);
            if let Some(difference) = self.pair.play(&batch, protocol)? {
                self.report(&batch, protocol, difference)?;
            }
        }
        Ok(sent)
    }

    fn count(&mut self, batch: &[Words]) {
        for command in batch {
            let name = command.first().map(|name| String::from_utf8_lossy(name).to_lowercase());
            *self.sent.entry(name.unwrap_or_default()).or_default() += 1;
        }
    }

    /// Shrinks a difference and prints it, unless one like it was printed.
    fn report(&mut self, batch: &[Words], protocol: u8, found: Difference) -> Result<()> {
        let signature = found.signature();
        if !self.found.insert(signature.clone()) {
            return Ok(());
        }
        if found.log.is_some() {
            println!("a server hangs or is gone: {}", report::line(&found.command));
        }
        let mut shrinker = Shrinker::new(&mut self.pair, protocol, &found);
        let (sequence, difference) = shrinker.shrink(batch, found)?;
        println!("\n--- {signature} ({} commands)", sequence.len());
        report::print(&sequence, protocol, &difference);
        Ok(())
    }
}
