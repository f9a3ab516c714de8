//! SWAPDB: exchanges two databases.

use command_spec::*;
use engine::*;

pub const SWAPDB: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "swapdb",
        group: Group::Server,
        summary: "Exchanges the contents of two databases.",
        since: "4.0.0",
        complexity: "O(N) with the number of clients that watch or wait for keys of the two.",
        arity: 3,
        flags: flag::FAST | flag::WRITE,
        categories: category::DANGEROUS | category::FAST | category::KEYSPACE | category::WRITE,
        arguments: &[Argument::integer("index1"), Argument::integer("index2")],
        ..CommandSpec::DEFAULT
    },
    swapdb,
);

use crate::arguments;

const INVALID_FIRST: CommandError = CommandError::constant("ERR invalid first DB index");
const INVALID_SECOND: CommandError = CommandError::constant("ERR invalid second DB index");

fn swapdb(context: &mut Context<'_>) -> CommandResult {
    if context.state.cluster.is_some() {
        return Err(CommandError::err("SWAPDB is not allowed in cluster mode"));
    }
    let number = |word: &[u8], invalid: CommandError| {
        let number = arguments::integer_or(word, invalid.clone())?;
        i32::try_from(number).map_err(|_| invalid)
    };
    let first = number(context.argv[1], INVALID_FIRST)?;
    let second = number(context.argv[2], INVALID_SECOND)?;
    let count = context.state.databases.len();
    let index = |number: i32| {
        let index = usize::try_from(number).ok().filter(|index| *index < count);
        index.ok_or(error::DB_INDEX_OUT_OF_RANGE)
    };
    let (first, second) = (index(first)?, index(second)?);
    context.state.swap_databases(first, second);
    context.state.note_incompatible();
    context.dirty(1);
    context.reply.ok();
    Ok(())
}
