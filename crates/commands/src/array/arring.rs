//! ARRING: inserts values into an array at its cursor, which starts over behind so many elements.

use command_spec::*;
use engine::*;

pub const ARRING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "arring",
        group: Group::Array,
        summary: "Inserts values into an array at its cursor, which starts over behind so many elements.",
        since: "8.8.0",
        complexity: "O(M), and O(N+M) if the size of the ring changes; M is the number of values, N the greater size.",
        arity: -4,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::ARRAY | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("size"),
            Argument::string("value").multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    arring,
);

use keyspace::Array;

use super::{changed, reply_number};
use crate::arguments;

const INVALID_SIZE: CommandError = CommandError::constant("ERR invalid size");
const SIZE_NOT_POSITIVE: CommandError = CommandError::constant("ERR size must be positive");

fn arring(context: &mut Context<'_>) -> CommandResult {
    let (db, key, values) = (context.db, context.argv[1], &context.argv[3..]);
    let size = arguments::integer_or(context.argv[2], INVALID_SIZE)?;
    let size = u64::try_from(size).ok().filter(|size| *size > 0).ok_or(SIZE_NOT_POSITIVE)?;
    let limits = context.state.array_limits();
    let array = context.state.array_or_new(db, key, || Array::new(&limits))?;
    let last = array.insert_ring(size, values, &limits);
    changed(context, "arring", values.len() as u64);
    reply_number(context.reply, last);
    Ok(())
}
