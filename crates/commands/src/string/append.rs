//! APPEND: adds to the end of a string, or makes one.

use command_spec::*;
use engine::*;

pub const APPEND: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "append",
        group: Group::String,
        summary: "Appends to a string; makes the key if it is missing.",
        since: "2.0.0",
        complexity: "O(1), the string grows by doubling.",
        arity: 3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::STRING | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("value")],
        ..CommandSpec::DEFAULT
    },
    append,
);

use crate::arguments;

fn append(context: &mut Context<'_>) -> CommandResult {
    let (key, tail) = (context.argv[1], context.argv[2]);
    let most = context.state.config.proto_max_bulk_len;
    let len = match context.state.lookup_write(context.db, key) {
        Some(record) => {
            let len = keyspace::string::len(record).ok_or(error::WRONGTYPE)?;
            arguments::check_string_length(most, len as u64, tail.len() as u64)?;
            keyspace::string::append(record, tail).ok_or(error::WRONGTYPE)?
        }
        None => {
            context.state.add_key(context.db, key, keyspace::string::payload(tail), None);
            tail.len()
        }
    };
    context.modified(key);
    context.dirty(1);
    context.notify(notify::class::STRING, "append", key);
    context.reply.integer(len as i64);
    Ok(())
}
