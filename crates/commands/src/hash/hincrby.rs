//! HINCRBY: adds to the integer in a field.

use command_spec::*;
use engine::*;

pub const HINCRBY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hincrby",
        group: Group::Hash,
        summary: "Adds an integer to the one in a field of a hash; a field that is missing counts as 0.",
        since: "2.0.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::string("field"),
            Argument::integer("increment"),
        ],
        ..CommandSpec::DEFAULT
    },
    hincrby,
);

use keyspace::hash::{Element, HashLimits};
use keyspace::{Hash, hash::FieldView};

use super::{Found, find, store_field};

const NOT_AN_INTEGER: CommandError = CommandError::constant("ERR hash value is not an integer");

fn hincrby(context: &mut Context<'_>) -> CommandResult {
    let (db, key, field) = (context.db, context.argv[1], context.argv[2]);
    let increment = crate::arguments::integer(context.argv[3])?;
    let before_ms = context.state.expired_before_ms();
    let limits = context.state.hash_limits(db);
    let stored = match context.state.hash_to_write(db, key)? {
        Some(hash) => add_in_place(hash, field, increment, before_ms, &limits)?,
        None => None,
    };
    let value = match stored {
        Some(value) => {
            context.state.share_fields(db, key);
            context.modified(key);
            value
        }
        None => {
            // Without a hash or in place of an expired field: the sum is the increment.
            context.state.expire_field(db, key, field);
            let mut digits = itoa::Buffer::new();
            let text = digits.format(increment).as_bytes();
            store_field(context.state, db, key, field, text, &limits)?;
            increment
        }
    };
    context.reply.integer(value);
    context.notify_fields("hincrby", key, std::iter::once(field));
    context.dirty(1);
    Ok(())
}

/// Adds to the field of a hash that is there; `None` if the field has expired.
fn add_in_place(
    hash: &mut Hash,
    field: &[u8],
    increment: i64,
    before_ms: i64,
    limits: &HashLimits,
) -> Result<Option<i64>, CommandError> {
    let value = match find(hash, field, before_ms) {
        Found::Expired => return Ok(None),
        Found::Missing => increment,
        Found::Living(view) => integer(&view)?.checked_add(increment).ok_or(error::OVERFLOW)?,
    };
    let mut digits = itoa::Buffer::new();
    hash.set(field, digits.format(value).as_bytes(), true, limits);
    Ok(Some(value))
}

fn integer(view: &FieldView<'_>) -> Result<i64, CommandError> {
    match view.value {
        Element::Integer(integer) => Ok(integer),
        Element::Bytes(bytes) => crate::arguments::integer_or(bytes, NOT_AN_INTEGER),
    }
}
