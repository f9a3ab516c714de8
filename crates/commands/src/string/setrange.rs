//! SETRANGE: overwrites a part of a string.

use command_spec::*;
use engine::*;

pub const SETRANGE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setrange",
        group: Group::String,
        summary: "Overwrites a string from an offset on, filling a gap with zero bytes.",
        since: "2.2.0",
        complexity: "O(1) for a short value, O(M) with the length of a long one.",
        arity: 4,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::SLOW | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("offset"),
            Argument::string("value"),
        ],
        ..CommandSpec::DEFAULT
    },
    setrange,
);

use keyspace::string;

use crate::arguments;

fn setrange(context: &mut Context<'_>) -> CommandResult {
    let (key, part) = (context.argv[1], context.argv[3]);
    let offset = arguments::integer(context.argv[2])?;
    let offset = u64::try_from(offset).map_err(|_| error::OFFSET_OUT_OF_RANGE)?;
    let most = context.state.config.proto_max_bulk_len;
    let old_len = match context.state.lookup_write(context.db, key) {
        Some(record) => Some(string::len(record).ok_or(error::WRONGTYPE)?),
        None => None,
    };
    if part.is_empty() {
        context.reply.integer(old_len.unwrap_or(0) as i64);
        return Ok(());
    }
    arguments::check_string_length(most, offset, part.len() as u64)?;
    let end = offset as usize + part.len();
    if old_len.is_none_or(|len| len < end) {
        arguments::check_memory(context.state, end)?;
    }
    let len = if old_len.is_some() {
        let record = context.state.db_mut(context.db).find_mut(key).ok_or(error::NO_SUCH_KEY)?;
        string::set_range(record, offset as usize, part).ok_or(error::WRONGTYPE)?
    } else {
        let mut bytes = vec![0; offset as usize];
        bytes.extend_from_slice(part);
        context.state.add_key(context.db, key, string::raw_payload(&bytes, true), None);
        bytes.len()
    };
    context.modified(key);
    context.dirty(1);
    context.notify(notify::class::STRING, "setrange", key);
    context.reply.integer(len as i64);
    Ok(())
}
