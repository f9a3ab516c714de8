//! LMPOP, BLMPOP: take elements from an end of the first list that has some.

use command_spec::*;
use engine::*;

pub const LMPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lmpop",
        group: Group::List,
        summary: "Removes and returns one or more elements of the first list that is not empty.",
        since: "7.0.0",
        complexity: "O(N+M); N is the number of keys, M the number of elements returned.",
        arity: -4,
        flags: flag::MOVABLEKEYS | flag::WRITE,
        categories: category::LIST | category::SLOW | category::WRITE,
        key_specs: &[KeySpec {
            flags: key_flag::RW | key_flag::ACCESS | key_flag::DELETE,
            begin: BeginSearch::Index(1),
            find: FindKeys::KeyNum { keynum_index: 0, first_key: 1, step: 1 },
            notes: None,
        }],
        arguments: &[
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            Argument::one_of(
                "where",
                &[Argument::pure_token("left", "LEFT"), Argument::pure_token("right", "RIGHT")],
            ),
            Argument::integer("count").token("COUNT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    lmpop,
);

pub const BLMPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "blmpop",
        group: Group::List,
        summary: "Removes and returns one or more elements of the first list that is not empty; waits for them if all are empty.",
        since: "7.0.0",
        complexity: "O(N+M); N is the number of keys, M the number of elements returned.",
        arity: -5,
        flags: flag::BLOCKING | flag::MOVABLEKEYS | flag::WRITE,
        categories: category::BLOCKING | category::LIST | category::SLOW | category::WRITE,
        key_specs: &[KeySpec {
            flags: key_flag::RW | key_flag::ACCESS | key_flag::DELETE,
            begin: BeginSearch::Index(2),
            find: FindKeys::KeyNum { keynum_index: 0, first_key: 1, step: 1 },
            notes: None,
        }],
        arguments: &[
            Argument::double("timeout"),
            Argument::integer("numkeys"),
            Argument::key("key", 0).multiple(),
            Argument::one_of(
                "where",
                &[Argument::pure_token("left", "LEFT"), Argument::pure_token("right", "RIGHT")],
            ),
            Argument::integer("count").token("COUNT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    blmpop,
);

use keyspace::list::End;
use resp::reply::Reply;

use super::{after_removal, end_of, pop_event};
use crate::collection::{counted_keys, deadline_ms, pop_count, reply_element, wait};

struct Options<'a> {
    keys: &'a [&'a [u8]],
    end: End,
    count: usize,
}

fn parse<'a>(argv: Argv<'a>, at: usize) -> Result<Options<'a>, CommandError> {
    let (keys, words) = counted_keys(argv, at)?;
    let [end, words @ ..] = words else { return Err(error::SYNTAX) };
    let end = end_of(end)?;
    let count = pop_count(words)?;
    Ok(Options { keys, end, count })
}

fn lmpop(context: &mut Context<'_>) -> CommandResult {
    let options = parse(context.argv, 1)?;
    if !pop_first(context, &options)? {
        context.reply.null_array();
    }
    Ok(())
}

fn blmpop(context: &mut Context<'_>) -> CommandResult {
    let options = parse(context.argv, 2)?;
    let deadline_ms = deadline_ms(context, context.argv[1])?;
    if pop_first(context, &options)? {
        return Ok(());
    }
    wait(context, options.keys, deadline_ms, Reply::null_array)
}

/// Takes from the first list that is there; false if there is none.
fn pop_first(context: &mut Context<'_>, options: &Options<'_>) -> Result<bool, CommandError> {
    let db = context.db;
    for key in options.keys {
        let Some(list) = context.state.list_to_write(db, key)? else { continue };
        let taken = options.count.min(list.len());
        let reply = &mut *context.reply;
        reply.array(2);
        reply.bulk(key);
        reply.array(taken);
        for _ in 0..taken {
            list.pop(options.end, |element| reply_element(reply, element));
        }
        after_removal(context, key, pop_event(options.end));
        context.dirty(taken as u64);
        let verb = pop_event(options.end).to_ascii_uppercase();
        context.rewrite(&[verb.as_bytes(), key, taken.to_string().as_bytes()]);
        return Ok(true);
    }
    Ok(false)
}
