//! ZMPOP, BZMPOP: take members from the first sorted set that has some.

use command_spec::*;
use engine::*;

pub const ZMPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "zmpop",
        group: Group::SortedSet,
        summary: "Removes and returns the members with the lowest or highest scores of the first sorted set that is not empty.",
        since: "7.0.0",
        complexity: "O(K)+O(M*log(N)); K is the number of keys, N the size of the set, M the number of members taken.",
        arity: -4,
        flags: flag::MOVABLEKEYS | flag::WRITE,
        categories: category::SLOW | category::SORTEDSET | category::WRITE,
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
                &[Argument::pure_token("min", "MIN"), Argument::pure_token("max", "MAX")],
            ),
            Argument::integer("count").token("COUNT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    zmpop,
);

pub const BZMPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bzmpop",
        group: Group::SortedSet,
        summary: "Removes and returns the members with the lowest or highest scores of the first sorted set that is not empty; waits for them if all are empty.",
        since: "7.0.0",
        complexity: "O(K)+O(M*log(N)); K is the number of keys, N the size of the set, M the number of members taken.",
        arity: -5,
        flags: flag::BLOCKING | flag::MOVABLEKEYS | flag::WRITE,
        categories: category::BLOCKING | category::SLOW | category::SORTEDSET | category::WRITE,
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
                &[Argument::pure_token("min", "MIN"), Argument::pure_token("max", "MAX")],
            ),
            Argument::integer("count").token("COUNT").optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    bzmpop,
);

use resp::reply::Reply;

use super::after_removal;
use super::zpopmin::Extreme;
use crate::arguments;
use crate::collection::{counted_keys, deadline_ms, pop_count, reply_element, wait};

struct Options<'a> {
    keys: &'a [&'a [u8]],
    extreme: Extreme,
    count: usize,
}

fn parse<'a>(argv: Argv<'a>, at: usize) -> Result<Options<'a>, CommandError> {
    let (keys, words) = counted_keys(argv, at)?;
    let (extreme, words) = match words {
        [word, rest @ ..] if arguments::is(word, "MIN") => (Extreme::Min, rest),
        [word, rest @ ..] if arguments::is(word, "MAX") => (Extreme::Max, rest),
        _ => return Err(error::SYNTAX),
    };
    let count = pop_count(words)?;
    Ok(Options { keys, extreme, count })
}

fn zmpop(context: &mut Context<'_>) -> CommandResult {
    let options = parse(context.argv, 1)?;
    if !pop_first(context, &options)? {
        context.reply.null_array();
    }
    Ok(())
}

fn bzmpop(context: &mut Context<'_>) -> CommandResult {
    let options = parse(context.argv, 2)?;
    let deadline_ms = deadline_ms(context, context.argv[1])?;
    if pop_first(context, &options)? {
        return Ok(());
    }
    wait(context, options.keys, deadline_ms, Reply::null_array)
}

/// Takes from the first sorted set that is there; false if there is none.
fn pop_first(context: &mut Context<'_>, options: &Options<'_>) -> Result<bool, CommandError> {
    let db = context.db;
    for key in options.keys {
        let Some(set) = context.state.sorted_set_to_write(db, key)? else { continue };
        let reply = &mut *context.reply;
        reply.array(2);
        reply.bulk(key);
        reply.array(options.count.min(set.len()));
        let taken = options.extreme.take(set, options.count, |member, score| {
            reply.array(2);
            reply_element(reply, member);
            reply.double(score);
        });
        let event = options.extreme.event();
        after_removal(context, key, event, taken);
        let verb = event.to_ascii_uppercase();
        context.rewrite(&[verb.as_bytes(), key, taken.to_string().as_bytes()]);
        return Ok(true);
    }
    Ok(false)
}
