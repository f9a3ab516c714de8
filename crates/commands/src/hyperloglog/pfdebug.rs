//! PFDEBUG: the inside of a HyperLogLog.

use command_spec::*;
use engine::*;
use stdx::text::until_nul;

pub const PFDEBUG: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pfdebug",
        group: Group::Hyperloglog,
        summary: "Shows the registers, the encoding or the runs of a HyperLogLog, or makes it dense.",
        since: "2.8.9",
        complexity: "N/A",
        arity: 3,
        flags: flag::ADMIN | flag::DENYOOM | flag::WRITE,
        categories: category::ADMIN
            | category::DANGEROUS
            | category::HYPERLOGLOG
            | category::SLOW
            | category::WRITE,
        key_specs: &[KeySpec::at(2, key_flag::RW | key_flag::ACCESS)],
        arguments: &[Argument::string("subcommand"), Argument::key("key", 0)],
        syscmd: true,
        ..CommandSpec::DEFAULT
    },
    pfdebug,
);

use std::fmt::Write;

use keyspace::string::StringBuffer;
use structures::hyperloglog::{self, Encoding, REGISTERS, Run};

use crate::arguments::is;

const NOT_ON_OR_OFF: CommandError = CommandError::constant("ERR Argument must be ON or OFF");
const NO_SUCH_KEY: CommandError = CommandError::constant("ERR The specified key does not exist");
const NOT_SPARSE: CommandError = CommandError::constant("ERR HLL encoding is not sparse");

fn pfdebug(context: &mut Context<'_>) -> CommandResult {
    let (subcommand, key) = (context.argv[1], context.argv[2]);
    if is(subcommand, "SIMD") {
        return simd(context);
    }
    let record = context.state.lookup_write(context.db, key).ok_or(NO_SUCH_KEY)?;
    super::make_raw(record)?;
    let mut buffer = StringBuffer::new();
    let (bytes, encoding) = super::bytes_of(record, &mut buffer)?;
    match () {
        () if is(subcommand, "GETREG") => registers(context, key)?,
        () if is(subcommand, "TODENSE") => {
            let changed = become_dense(context, key)?;
            context.reply.integer(i64::from(changed));
        }
        () if is(subcommand, "ENCODING") => context.reply.simple(encoding.name()),
        () if is(subcommand, "DECODE") && encoding == Encoding::Sparse => {
            context.reply.bulk(runs(bytes).as_bytes());
        }
        () if is(subcommand, "DECODE") => return Err(NOT_SPARSE),
        () => {
            let mut text = b"Unknown PFDEBUG subcommand '".to_vec();
            text.extend_from_slice(until_nul(subcommand));
            text.push(b'\'');
            return Err(CommandError::err(text));
        }
    }
    Ok(())
}

/// There is one implementation, of which the compiler makes what the processor can: nothing to switch.
fn simd(context: &mut Context<'_>) -> CommandResult {
    let state = match context.argv[2] {
        word if is(word, "ON") => "enabled",
        word if is(word, "OFF") => "disabled",
        _ => return Err(NOT_ON_OR_OFF),
    };
    context.reply.simple(state);
    Ok(())
}

/// Makes the HyperLogLog dense; true if it was sparse.
fn become_dense(context: &mut Context<'_>, key: &[u8]) -> Result<bool, CommandError> {
    let record = context.state.db_mut(context.db).find_mut(key).ok_or(NO_SUCH_KEY)?;
    let changed = super::edit(record, hyperloglog::become_dense)?;
    if changed {
        context.modified(key);
        context.dirty(1);
    }
    Ok(changed)
}

/// All registers; those of a sparse one are made dense for it.
fn registers(context: &mut Context<'_>, key: &[u8]) -> CommandResult {
    become_dense(context, key)?;
    let record = context.state.db(context.db).find(key).ok_or(NO_SUCH_KEY)?;
    let mut buffer = StringBuffer::new();
    let (bytes, _) = super::bytes_of(record, &mut buffer)?;
    let mut values = [0; REGISTERS];
    hyperloglog::merge(bytes, &mut values).map_err(|_| super::CORRUPT)?;
    context.reply.array(REGISTERS);
    for value in values {
        context.reply.integer(i64::from(value));
    }
    Ok(())
}

/// The runs: `z:LENGTH`, longer ones `Z:LENGTH`, and `v:VALUE,LENGTH`.
fn runs(bytes: &[u8]) -> String {
    let mut text = String::new();
    for run in hyperloglog::runs(bytes) {
        let separator = if text.is_empty() { "" } else { " " };
        let written = match run {
            Run::Zeros { len } => write!(text, "{separator}z:{len}"),
            Run::LongZeros { len } => write!(text, "{separator}Z:{len}"),
            Run::Values { value, len } => write!(text, "{separator}v:{value},{len}"),
        };
        written.expect("a string can always be written to");
    }
    text
}
