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
        ],
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
        key_specs: &[
            KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
            KeySpec::at(2, key_flag::RW | key_flag::INSERT),
        ],
        arguments: &[Argument::key("source", 0), Argument::key("destination", 1)],
        deprecated: Some(Deprecation { since: "6.2.0", replaced_by: "" }),
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
        key_specs: &[
            KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
            KeySpec::at(2, key_flag::RW | key_flag::INSERT),
        ],
        arguments: &[
            Argument::key("source", 0),
            Argument::key("destination", 1),
            Argument::double("timeout"),
        ],
        deprecated: Some(Deprecation { since: "6.2.0", replaced_by: "" }),
        ..CommandSpec::DEFAULT
    },
    brpoplpush,
);

use keyspace::element::to_vec;
use keyspace::list::End;

use super::{after_removal, end_of, end_word, pop_event, push_elements};
use crate::collection::{deadline_ms, unless_waiting, wait};

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
    let found = context.state.list_to_write(context.db, source).map(|list| list.map(|_| ()));
    if unless_waiting(context, found)?.is_none() {
        return wait(context, &[source], deadline_ms, resp::reply::Reply::null);
    }
    if context.command.full_name == "blmove" {
        let words = [b"LMOVE", source, destination, end_word(from), end_word(to)];
        context.rewrite(&words);
    } else {
        context.rewrite(&[b"RPOPLPUSH", source, destination]);
    }
    move_element(context, from, to)
}

/// Moves one element of a list that is there.
fn move_element(context: &mut Context<'_>, from: End, to: End) -> CommandResult {
    let (db, source, destination) = (context.db, context.argv[1], context.argv[2]);
    context.state.list_to_write(db, destination)?;
    let taken = context.state.list_to_write(db, source)?.and_then(|list| list.pop(from, to_vec));
    let Some(element) = taken else {
        context.reply.null();
        return Ok(());
    };
    push_elements(context.state, db, destination, to, std::iter::once(&element[..]))?;
    context.reply.bulk(&element);
    after_removal(context, source, pop_event(from));
    context.dirty(1);
    Ok(())
}
