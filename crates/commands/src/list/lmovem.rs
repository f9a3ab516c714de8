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
        key_specs: &[
            KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
            KeySpec::at(2, key_flag::RW | key_flag::INSERT),
        ],
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            Argument::one_of(
                "wherefrom",
                &[Argument::pure_token("left", "LEFT"), Argument::pure_token("right", "RIGHT")],
            ),
            Argument::one_of(
                "whereto",
                &[Argument::pure_token("left", "LEFT"), Argument::pure_token("right", "RIGHT")],
            ),
            Argument::block(
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
            .optional(),
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
        key_specs: &[
            KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
            KeySpec::at(2, key_flag::RW | key_flag::INSERT),
        ],
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            Argument::one_of(
                "wherefrom",
                &[Argument::pure_token("left", "LEFT"), Argument::pure_token("right", "RIGHT")],
            ),
            Argument::one_of(
                "whereto",
                &[Argument::pure_token("left", "LEFT"), Argument::pure_token("right", "RIGHT")],
            ),
            Argument::double("timeout"),
            Argument::block(
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
            .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    blmovem,
);

use keyspace::element::to_vec;
use keyspace::list::End;
use resp::reply::Reply;

use super::{after_removal, end_of, end_word, pop_event, push_elements};
use crate::arguments;
use crate::collection::{deadline_ms, unless_waiting, wait};

const COUNT_NOT_POSITIVE: CommandError =
    CommandError::constant("ERR count should be greater than 0");

struct Options {
    from: End,
    to: End,
    count: usize,
    /// Nothing is moved unless there are `count` elements.
    exactly: bool,
    /// The elements keep their order; otherwise each is added as it is taken.
    as_block: bool,
}

fn parse(ends: [&[u8]; 2], words: &[&[u8]]) -> Result<Options, CommandError> {
    let [from, to] = ends;
    let (from, to) = (end_of(from)?, end_of(to)?);
    let (selector, count, order) = match words {
        [] => return Ok(Options { from, to, count: 1, exactly: false, as_block: true }),
        [selector, count, order] => (selector, count, order),
        _ => return Err(error::SYNTAX),
    };
    let exactly = arguments::is(selector, "EXACTLY");
    let as_block = arguments::is(order, "BULK");
    if !exactly && !arguments::is(selector, "COUNT") || !as_block && !arguments::is(order, "OBO") {
        return Err(error::SYNTAX);
    }
    let count = arguments::integer_or(count, COUNT_NOT_POSITIVE)?;
    let count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(COUNT_NOT_POSITIVE)?;
    Ok(Options { from, to, count, exactly, as_block })
}

fn lmovem(context: &mut Context<'_>) -> CommandResult {
    let options = parse([context.argv[3], context.argv[4]], &context.argv[5..])?;
    let found = context.state.list_to_write(context.db, context.argv[1])?.map(|list| list.len());
    match found.and_then(|len| movable(len, &options)) {
        Some(count) => move_elements(context, &options, count),
        None => {
            context.reply.null_array();
            Ok(())
        }
    }
}

fn blmovem(context: &mut Context<'_>) -> CommandResult {
    let options = parse([context.argv[3], context.argv[4]], &context.argv[6..])?;
    let deadline_ms = deadline_ms(context, context.argv[5])?;
    let (source, destination) = (context.argv[1], context.argv[2]);
    let found =
        context.state.list_to_write(context.db, source).map(|list| list.map(|list| list.len()));
    let found = unless_waiting(context, found)?;
    let Some(count) = found.and_then(|len| movable(len, &options)) else {
        return wait(context, &[source], deadline_ms, Reply::null_array);
    };
    let order: &[u8] = if options.as_block { b"BULK" } else { b"OBO" };
    let (from, to) = (end_word(options.from), end_word(options.to));
    let digits = count.to_string();
    context.rewrite(&[
        b"LMOVEM",
        source,
        destination,
        from,
        to,
        b"EXACTLY",
        digits.as_bytes(),
        order,
    ]);
    move_elements(context, &options, count)
}

/// How many elements of a list of this length are moved.
fn movable(len: usize, options: &Options) -> Option<usize> {
    (!options.exactly || len >= options.count).then(|| options.count.min(len))
}

/// Moves elements of a list that is there; the reply has them in the order they have afterwards.
fn move_elements(context: &mut Context<'_>, options: &Options, count: usize) -> CommandResult {
    let (db, source, destination) = (context.db, context.argv[1], context.argv[2]);
    context.state.list_to_write(db, destination)?;
    let mut taken = Vec::with_capacity(count);
    if let Some(list) = context.state.list_to_write(db, source)? {
        taken.extend((0..count).map_while(|_| list.pop(options.from, to_vec)));
    }
    // A block is added so that its elements stand as they stood.
    if options.as_block && options.from == options.to {
        taken.reverse();
    }
    let same = source == destination;
    if same {
        context.notify(notify::class::LIST, pop_event(options.from), source);
    }
    let elements = taken.iter().map(Vec::as_slice);
    push_elements(context.state, db, destination, options.to, elements)?;
    context.reply.array(taken.len());
    match options.to {
        End::Tail => taken.iter().for_each(|element| context.reply.bulk(element)),
        End::Head => taken.iter().rev().for_each(|element| context.reply.bulk(element)),
    }
    if !same {
        after_removal(context, source, pop_event(options.from));
    }
    context.dirty(taken.len() as u64);
    Ok(())
}
