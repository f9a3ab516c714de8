//! INCR, DECR, INCRBY, DECRBY: add to the integer of a string.

use command_spec::*;
use engine::*;

pub const INCR: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "incr",
        group: Group::String,
        summary: "Adds one to the integer of a key, which counts as 0 if it is missing.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    incr,
);

pub const DECR: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "decr",
        group: Group::String,
        summary: "Takes one from the integer of a key, which counts as 0 if it is missing.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    decr,
);

pub const INCRBY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "incrby",
        group: Group::String,
        summary: "Adds an integer to that of a key, which counts as 0 if it is missing.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0), Argument::integer("increment")],
        ..CommandSpec::DEFAULT
    },
    incrby,
);

pub const DECRBY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "decrby",
        group: Group::String,
        summary: "Takes an integer from that of a key, which counts as 0 if it is missing.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0), Argument::integer("decrement")],
        ..CommandSpec::DEFAULT
    },
    decrby,
);

use keyspace::{KeyRecord, NewPayload, Type, type_of};

use crate::arguments;

const DECREMENT_OVERFLOW: CommandError = CommandError::constant("ERR decrement would overflow");

fn incr(context: &mut Context<'_>) -> CommandResult {
    add(context, 1)
}

fn decr(context: &mut Context<'_>) -> CommandResult {
    add(context, -1)
}

fn incrby(context: &mut Context<'_>) -> CommandResult {
    let by = arguments::integer(context.argv[2])?;
    add(context, by)
}

fn decrby(context: &mut Context<'_>) -> CommandResult {
    let by = arguments::integer(context.argv[2])?.checked_neg().ok_or(DECREMENT_OVERFLOW)?;
    add(context, by)
}

/// The integer of a string.
pub(super) fn integer_of(record: &KeyRecord) -> Result<i64, CommandError> {
    match keyspace::string::integer(record) {
        Some(integer) => Ok(integer),
        None if type_of(record) == Type::String => Err(error::NOT_AN_INTEGER),
        None => Err(error::WRONGTYPE),
    }
}

fn add(context: &mut Context<'_>, by: i64) -> CommandResult {
    let key = context.argv[1];
    let sum = match context.state.lookup_write(context.db, key) {
        Some(record) => {
            let sum = integer_of(record)?.checked_add(by).ok_or(error::OVERFLOW)?;
            keyspace::string::set_integer(record, sum);
            sum
        }
        None => {
            context.state.add_key(context.db, key, NewPayload::Integer(by), None);
            by
        }
    };
    context.modified(key);
    context.dirty(1);
    context.notify(notify::class::STRING, "incrby", key);
    context.reply.integer(sum);
    Ok(())
}
