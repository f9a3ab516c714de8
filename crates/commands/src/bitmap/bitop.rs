//! BITOP: combines strings bit by bit.

use command_spec::*;
use engine::*;

pub const BITOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bitop",
        group: Group::Bitmap,
        summary: "Combines strings bit by bit and stores the result.",
        since: "2.6.0",
        complexity: "O(N); N is the length of the longest string.",
        arity: -4,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::BITMAP | category::SLOW | category::WRITE,
        key_specs: &[
            KeySpec::at(2, key_flag::OW | key_flag::UPDATE),
            KeySpec::range(3, -1, 1, key_flag::RO | key_flag::ACCESS),
        ],
        arguments: &[
            Argument::one_of(
                "operation",
                &[
                    Argument::pure_token("and", "AND"),
                    Argument::pure_token("or", "OR"),
                    Argument::pure_token("xor", "XOR"),
                    Argument::pure_token("not", "NOT"),
                    Argument::pure_token("diff", "DIFF"),
                    Argument::pure_token("diff1", "DIFF1"),
                    Argument::pure_token("andor", "ANDOR"),
                    Argument::pure_token("one", "ONE"),
                ],
            ),
            Argument::key("destkey", 0),
            Argument::key("key", 1).multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    bitop,
);

use keyspace::string::StringBuffer;
use keyspace::{NewPayload, SetExpiry, Value, string};

use crate::arguments;

/// Bytes combined at a time.
const BLOCK_BYTES: usize = 8 * 1024;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    And,
    Or,
    Xor,
    Not,
    /// In the first, in none of the others.
    Diff,
    /// Not in the first, in one of the others.
    Diff1,
    /// In the first, and in one of the others.
    AndOr,
    /// In exactly one.
    One,
}

const OPERATIONS: [(&str, Operation); 8] = [
    ("AND", Operation::And),
    ("OR", Operation::Or),
    ("XOR", Operation::Xor),
    ("NOT", Operation::Not),
    ("DIFF", Operation::Diff),
    ("DIFF1", Operation::Diff1),
    ("ANDOR", Operation::AndOr),
    ("ONE", Operation::One),
];

fn bitop(context: &mut Context<'_>) -> CommandResult {
    let (target, sources) = (context.argv[2], &context.argv[3..]);
    let (name, operation) = OPERATIONS
        .into_iter()
        .find(|(name, _)| arguments::is(context.argv[1], name))
        .ok_or(error::SYNTAX)?;
    check_sources(name, operation, sources.len())?;
    let result = combined(context, operation, sources)?;
    context.reply.integer(result.len() as i64);
    if result.is_empty() {
        if context.state.delete_key(context.db, target, false) {
            context.notify(notify::class::GENERIC, "del", target);
            context.dirty(1);
        }
        return Ok(());
    }
    let payload = if result.len() > string::INLINE_BYTES_MAX {
        NewPayload::Value(Value::String(Box::new(result)))
    } else {
        string::raw_payload(&result, true)
    };
    context.state.set_key(context.db, target, payload, SetExpiry::Clear);
    context.notify(notify::class::STRING, "set", target);
    context.dirty(1);
    Ok(())
}

fn check_sources(name: &str, operation: Operation, sources: usize) -> CommandResult {
    match operation {
        Operation::Not if sources != 1 => {
            Err(CommandError::constant("ERR BITOP NOT must be called with a single source key."))
        }
        Operation::Diff | Operation::Diff1 | Operation::AndOr if sources < 2 => {
            Err(CommandError::err(format!(
                "BITOP {name} must be called with at least two source keys."
            )))
        }
        _ => Ok(()),
    }
}

/// The result, as long as the longest source; a shorter one counts as followed by zeros.
fn combined(
    context: &mut Context<'_>,
    operation: Operation,
    keys: &[&[u8]],
) -> Result<Vec<u8>, CommandError> {
    // One round to find and check the keys as readers do, one to borrow them all.
    let mut is_there = Vec::with_capacity(keys.len());
    for key in keys {
        let record = context.state.lookup_read(context.db, key);
        is_there.push(record.is_some());
        if record.is_some_and(|record| string::len(record).is_none()) {
            return Err(error::WRONGTYPE);
        }
    }
    let database = context.state.db(context.db);
    let mut buffers: Vec<StringBuffer> = keys.iter().map(|_| StringBuffer::new()).collect();
    let mut sources: Vec<&[u8]> = Vec::with_capacity(keys.len());
    for ((key, is_there), buffer) in keys.iter().zip(is_there).zip(&mut buffers) {
        sources.push(match database.find(key).filter(|_| is_there) {
            Some(record) => crate::string::bytes(record, buffer)?,
            None => &[],
        });
    }
    Ok(combine(operation, &sources))
}

/// Combines block by block, so that what is gathered stays in the processor's cache.
fn combine(operation: Operation, sources: &[&[u8]]) -> Vec<u8> {
    let len_max = sources.iter().map(|source| source.len()).max().unwrap_or(0);
    let Some((first, others)) = sources.split_first() else { return Vec::new() };
    let mut result = Vec::with_capacity(len_max);
    let mut seen = [0; BLOCK_BYTES];
    for start in (0..len_max).step_by(BLOCK_BYTES) {
        let len = BLOCK_BYTES.min(len_max - start);
        let part = |source: &'_ &[u8]| -> std::ops::Range<usize> {
            start.min(source.len())..(start + len).min(source.len())
        };
        result.extend_from_slice(&first[part(first)]);
        result.resize(start + len, 0);
        let (block, seen) = (&mut result[start..], &mut seen[..len]);
        match operation {
            Operation::One => seen.copy_from_slice(block),
            _ => seen.fill(0),
        }
        for source in others {
            add(operation, block, seen, &source[part(source)]);
        }
        finish(operation, block, seen);
    }
    result
}

/// Combines what has been gathered with one more source.
fn add(operation: Operation, result: &mut [u8], seen: &mut [u8], source: &[u8]) {
    match operation {
        Operation::And => {
            each(result, source, |result, source| *result &= source);
            result[source.len()..].fill(0);
        }
        Operation::Or => each(result, source, |result, source| *result |= source),
        Operation::Xor => each(result, source, |result, source| *result ^= source),
        Operation::Not => {}
        Operation::Diff | Operation::Diff1 | Operation::AndOr => {
            each(seen, source, |seen, source| *seen |= source);
        }
        Operation::One => {
            // What has been seen before is there twice at least.
            let (result, seen) = (&mut result[..source.len()], &mut seen[..source.len()]);
            for index in 0..source.len() {
                result[index] = result[index] & !source[index] | source[index] & !seen[index];
                seen[index] |= source[index];
            }
        }
    }
}

fn finish(operation: Operation, result: &mut [u8], seen: &[u8]) {
    match operation {
        Operation::Not => result.iter_mut().for_each(|byte| *byte = !*byte),
        Operation::Diff => each(result, seen, |result, seen| *result &= !seen),
        Operation::Diff1 => each(result, seen, |result, seen| *result = seen & !*result),
        Operation::AndOr => each(result, seen, |result, seen| *result &= seen),
        Operation::And | Operation::Or | Operation::Xor | Operation::One => {}
    }
}

/// Does something with each byte and its counterpart; a loop the compiler turns into wide instructions.
#[inline(always)]
fn each(result: &mut [u8], source: &[u8], combine: impl Fn(&mut u8, u8)) {
    let result = &mut result[..source.len()];
    for index in 0..source.len() {
        combine(&mut result[index], source[index]);
    }
}
