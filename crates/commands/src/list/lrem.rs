//! LREM: removes the elements of a list that are equal to one.

use command_spec::*;
use engine::*;

pub const LREM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lrem",
        group: Group::List,
        summary: "Removes elements that are equal to a given one from a list.",
        since: "1.0.0",
        complexity: "O(N+M); N is the length of the list, M the number of elements removed.",
        arity: 4,
        flags: flag::WRITE,
        categories: category::LIST | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::DELETE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("count"),
            Argument::string("element"),
        ],
        ..CommandSpec::DEFAULT
    },
    lrem,
);

use keyspace::list::End;

use crate::arguments;

const COUNT_OUTSIDE: CommandError = CommandError::constant(
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);

fn lrem(context: &mut Context<'_>) -> CommandResult {
    let (db, key, element) = (context.db, context.argv[1], context.argv[3]);
    let count = arguments::integer_in(context.argv[2], -i64::MAX..=i64::MAX, COUNT_OUTSIDE)?;
    let from = if count < 0 { End::Tail } else { End::Head };
    let most = match count {
        0 => usize::MAX,
        count => usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX),
    };
    let removed = match context.state.list_to_write(db, key)? {
        None => 0,
        Some(list) => list.remove_equal(element, most, from),
    };
    if removed > 0 {
        super::after_removal(context, key, "lrem");
        context.dirty(removed as u64);
    }
    context.reply.integer(removed as i64);
    Ok(())
}
