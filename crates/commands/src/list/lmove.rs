//! LMOVE, RPOPLPUSH, BLMOVE, BRPOPLPUSH: move an element from one list to another.

use command_spec::*;
use engine::*;

pub const LMOVE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lmove",
        group: Group::List,
        summary: "Takes an element from an end of a list, adds it at an end of another and returns it.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 5,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::LIST | category::SLOW | category::WRITE,
        key_specs: MOVED_KEYS,
        arguments: &[Argument::key("source", 0), Argument::key("destination", 1), FROM_END, TO_END],
        ..CommandSpec::DEFAULT
    },
    lmove,
);

pub const RPOPLPUSH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "rpoplpush",
        group: Group::List,
        summary: "Takes the last element of a list, adds it at the head of another and returns it.",
        since: "1.2.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::LIST | category::SLOW | category::WRITE,
        key_specs: MOVED_KEYS,
        arguments: &[Argument::key("source", 0), Argument::key("destination", 1)],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`LMOVE` with `RIGHT` and `LEFT`",
        }),
        ..CommandSpec::DEFAULT
    },
    rpoplpush,
);

pub const BLMOVE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "blmove",
        group: Group::List,
        summary: "Takes an element from an end of a list, adds it at an end of another and returns it; waits for one if there is none.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 6,
        flags: flag::BLOCKING | flag::DENYOOM | flag::WRITE,
        categories: category::BLOCKING | category::LIST | category::SLOW | category::WRITE,
        key_specs: MOVED_KEYS,
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            FROM_END,
            TO_END,
            Argument::double("timeout"),
        ],
        ..CommandSpec::DEFAULT
    },
    blmove,
);

pub const BRPOPLPUSH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "brpoplpush",
        group: Group::List,
        summary: "Takes the last element of a list, adds it at the head of another and returns it; waits for one if there is none.",
        since: "2.2.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::BLOCKING | flag::DENYOOM | flag::WRITE,
        categories: category::BLOCKING | category::LIST | category::SLOW | category::WRITE,
        key_specs: MOVED_KEYS,
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            Argument::double("timeout"),
        ],
        deprecated: Some(Deprecation {
            since: "6.2.0",
            replaced_by: "`BLMOVE` with `RIGHT` and `LEFT`",
        }),
        history: &[("6.0.0", "The timeout may be a fraction.")],
        ..CommandSpec::DEFAULT
    },
    brpoplpush,
);

use keyspace::list::End;

use super::{FROM_END, MOVED_KEYS, Move, TO_END, end_of};
use crate::collection::{deadline_ms, wait};

fn lmove(context: &mut Context<'_>) -> CommandResult {
    let (from, to) = (end_of(context.argv[3])?, end_of(context.argv[4])?);
    move_or_null(context, from, to)
}

fn rpoplpush(context: &mut Context<'_>) -> CommandResult {
    move_or_null(context, End::Tail, End::Head)
}

fn move_or_null(context: &mut Context<'_>, from: End, to: End) -> CommandResult {
    let found = context.state.list_to_write(context.db, context.argv[1])?.is_some();
    if found {
        return move_element(context, from, to);
    }
    context.reply.null();
    Ok(())
}

fn blmove(context: &mut Context<'_>) -> CommandResult {
    let (from, to) = (end_of(context.argv[3])?, end_of(context.argv[4])?);
    move_or_wait(context, from, to, context.argv[5])
}

fn brpoplpush(context: &mut Context<'_>) -> CommandResult {
    move_or_wait(context, End::Tail, End::Head, context.argv[3])
}

fn move_or_wait(context: &mut Context<'_>, from: End, to: End, timeout: &[u8]) -> CommandResult {
    let deadline_ms = deadline_ms(context, timeout)?;
    let (source, destination) = (context.argv[1], context.argv[2]);
    if context.state.list_to_write(context.db, source)?.is_none() {
        return wait(context, &[source], deadline_ms, resp::reply::Reply::null);
    }
    match *context.argv {
        [_, _, _, from, to, _] => context.rewrite(&[b"LMOVE", source, destination, from, to]),
        _ => context.rewrite(&[b"RPOPLPUSH", source, destination]),
    }
    move_element(context, from, to)
}

/// Moves one element of a list that is there.
fn move_element(context: &mut Context<'_>, from: End, to: End) -> CommandResult {
    let moved = Move { from, to, count: 1, as_block: false }.run(context, false)?;
    match moved.first() {
        Some(element) => context.reply.bulk(element),
        None => context.reply.null(),
    }
    Ok(())
}
