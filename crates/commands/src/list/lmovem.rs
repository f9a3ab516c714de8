//! LMOVEM, BLMOVEM: move several elements from one list to another.

use command_spec::*;
use engine::*;

pub const LMOVEM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lmovem",
        group: Group::List,
        summary: "Takes up to, or exactly, so many elements from an end of a list, adds them at an end of another and returns them.",
        since: "8.10.0",
        complexity: "O(N); N is the number of elements moved.",
        arity: -5,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::LIST | category::SLOW | category::WRITE,
        key_specs: MOVED_KEYS,
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            FROM_END,
            TO_END,
            HOW_MANY,
        ],
        ..CommandSpec::DEFAULT
    },
    lmovem,
);

pub const BLMOVEM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "blmovem",
        group: Group::List,
        summary: "Takes up to, or exactly, so many elements from an end of a list, adds them at an end of another and returns them; waits for them if need be.",
        since: "8.10.0",
        complexity: "O(N); N is the number of elements moved.",
        arity: -6,
        flags: flag::BLOCKING | flag::DENYOOM | flag::WRITE,
        categories: category::BLOCKING | category::LIST | category::SLOW | category::WRITE,
        key_specs: MOVED_KEYS,
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            FROM_END,
            TO_END,
            Argument::double("timeout"),
            HOW_MANY,
        ],
        ..CommandSpec::DEFAULT
    },
    blmovem,
);

const HOW_MANY: Argument = Argument::block(
    "how-many",
    &[
        Argument::one_of(
            "selector",
            &[
                Argument::integer("count").token("COUNT"),
                Argument::integer("exactly").token("EXACTLY"),
            ],
        ),
        Argument::one_of(
            "ordering",
            &[Argument::pure_token("obo", "OBO"), Argument::pure_token("bulk", "BULK")],
        ),
    ],
)
.optional();

use keyspace::list::End;
use resp::reply::Reply;

use super::{FROM_END, MOVED_KEYS, Move, TO_END, end_of};
use crate::arguments;
use crate::collection::{deadline_ms, wait};

const COUNT_NOT_POSITIVE: CommandError =
    CommandError::constant("ERR count should be greater than 0");

struct Options {
    what: Move,
    /// Nothing is moved unless there are so many elements.
    exactly: bool,
}

fn parse(from: End, to: End, words: &[&[u8]]) -> Result<Options, CommandError> {
    let (selector, count, order) = match words {
        [] => {
            let what = Move { from, to, count: 1, as_block: true };
            return Ok(Options { what, exactly: false });
        }
        [selector, count, order] => (selector, count, order),
        _ => return Err(error::SYNTAX),
    };
    let exactly = arguments::is(selector, "EXACTLY");
    if !exactly && !arguments::is(selector, "COUNT") {
        return Err(error::SYNTAX);
    }
    let count = arguments::integer_or(count, COUNT_NOT_POSITIVE)?;
    let count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(COUNT_NOT_POSITIVE)?;
    let as_block = arguments::is(order, "BULK");
    if !as_block && !arguments::is(order, "OBO") {
        return Err(error::SYNTAX);
    }
    Ok(Options { what: Move { from, to, count, as_block }, exactly })
}

fn lmovem(context: &mut Context<'_>) -> CommandResult {
    let (from, to) = (end_of(context.argv[3])?, end_of(context.argv[4])?);
    let options = parse(from, to, &context.argv[5..])?;
    let found = context.state.list_to_write(context.db, context.argv[1])?.map(|list| list.len());
    match found.and_then(|len| options.movable(len)) {
        Some(what) => move_elements(context, &what),
        None => {
            context.reply.null_array();
            Ok(())
        }
    }
}

fn blmovem(context: &mut Context<'_>) -> CommandResult {
    let (from, to) = (end_of(context.argv[3])?, end_of(context.argv[4])?);
    let deadline_ms = deadline_ms(context, context.argv[5])?;
    let options = parse(from, to, &context.argv[6..])?;
    let [_, source, destination, from, to, ..] = *context.argv else { return Err(error::SYNTAX) };
    let found = context.state.list_to_write(context.db, source)?.map(|list| list.len());
    let Some(what) = found.and_then(|len| options.movable(len)) else {
        return wait(context, &[source], deadline_ms, Reply::null_array);
    };
    let order: &[u8] = if what.as_block { b"BULK" } else { b"OBO" };
    let count = what.count.to_string();
    context.rewrite(&[
        b"LMOVEM",
        source,
        destination,
        from,
        to,
        b"EXACTLY",
        count.as_bytes(),
        order,
    ]);
    move_elements(context, &what)
}

impl Options {
    /// What is moved from a list of this length.
    fn movable(&self, len: usize) -> Option<Move> {
        let Move { from, to, count, as_block } = self.what;
        (!self.exactly || len >= count).then(|| Move { from, to, count: count.min(len), as_block })
    }
}

/// Moves elements of a list that is there; the reply has them in the order they have afterwards.
fn move_elements(context: &mut Context<'_>, what: &Move) -> CommandResult {
    let moved = what.run(context, true)?;
    context.reply.array(moved.len());
    match what.to {
        End::Tail => moved.iter().for_each(|element| context.reply.bulk(element)),
        End::Head => moved.iter().rev().for_each(|element| context.reply.bulk(element)),
    }
    Ok(())
}
