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
    sources: &[&[u8]],
) -> Result<Vec<u8>, CommandError> {
    // One round to find and check the keys as readers do, one to borrow them all.
    let mut is_there = Vec::with_capacity(sources.len());
    let mut len_max = 0;
    for key in sources {
        let record = context.state.lookup_read(context.db, key);
        is_there.push(record.is_some());
        if let Some(record) = record {
            len_max = len_max.max(string::len(record).ok_or(error::WRONGTYPE)?);
        }
    }
    let database = context.state.db(context.db);
    let mut result = vec![0; len_max];
    let mut seen = match operation {
        Operation::And | Operation::Or | Operation::Xor | Operation::Not => Vec::new(),
        _ => vec![0; len_max],
    };
    for (index, key) in sources.iter().enumerate() {
        let mut buffer = StringBuffer::new();
        let record = database.find(key).filter(|_| is_there.get(index) == Some(&true));
        let source = match record {
            Some(record) => crate::string::bytes(record, &mut buffer)?,
            None => &[],
        };
        if index == 0 && operation != Operation::One {
            result[..source.len()].copy_from_slice(source);
        } else {
            add(operation, &mut result, &mut seen, source);
        }
    }
    finish(operation, &mut result, &seen);
    Ok(result)
}

/// Combines what has been gathered with one more source.
fn add(operation: Operation, result: &mut [u8], seen: &mut [u8], source: &[u8]) {
    match operation {
        Operation::And => {
            each(result, source, |result, source| *result &= source);
            result.iter_mut().skip(source.len()).for_each(|byte| *byte = 0);
        }
        Operation::Or => each(result, source, |result, source| *result |= source),
        Operation::Xor => each(result, source, |result, source| *result ^= source),
        Operation::Not => {}
        Operation::Diff | Operation::Diff1 | Operation::AndOr => {
            each(seen, source, |seen, source| *seen |= source);
        }
        Operation::One => {
            // What has been seen before is there twice at least.
            for ((result, seen), source) in result.iter_mut().zip(seen).zip(source) {
                *result = *result & !source | source & !*seen;
                *seen |= source;
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
fn each(result: &mut [u8], source: &[u8], combine: impl Fn(&mut u8, u8)) {
    for (result, source) in result.iter_mut().zip(source) {
        combine(result, *source);
    }
}
