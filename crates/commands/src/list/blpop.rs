//! BLPOP, BRPOP: take an element from an end of the first list that has one, or wait for it.

use command_spec::*;
use engine::*;

pub const BLPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "blpop",
        group: Group::List,
        summary: "Removes and returns the first element of one of several lists; waits for one if all are empty.",
        since: "2.0.0",
        complexity: "O(N); N is the number of keys.",
        arity: -3,
        flags: flag::BLOCKING | flag::WRITE,
        categories: category::BLOCKING | category::LIST | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::range(1, -2, 1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0).multiple(), Argument::double("timeout")],
        history: &[("6.0.0", "The timeout may be a fraction.")],
        ..CommandSpec::DEFAULT
    },
    blpop,
);

pub const BRPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "brpop",
        group: Group::List,
        summary: "Removes and returns the last element of one of several lists; waits for one if all are empty.",
        since: "2.0.0",
        complexity: "O(N); N is the number of keys.",
        arity: -3,
        flags: flag::BLOCKING | flag::WRITE,
        categories: category::BLOCKING | category::LIST | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::range(1, -2, 1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0).multiple(), Argument::double("timeout")],
        history: &[("6.0.0", "The timeout may be a fraction.")],
        ..CommandSpec::DEFAULT
    },
    brpop,
);

use keyspace::list::End;
use resp::reply::Reply;

use super::{after_removal, pop_event};
use crate::collection::{deadline_ms, reply_element, wait};

fn blpop(context: &mut Context<'_>) -> CommandResult {
    pop_or_wait(context, End::Head)
}

fn brpop(context: &mut Context<'_>) -> CommandResult {
    pop_or_wait(context, End::Tail)
}

fn pop_or_wait(context: &mut Context<'_>, end: End) -> CommandResult {
    let db = context.db;
    let Some(([_, keys @ ..], timeout)) =
        context.argv.split_last().map(|(last, rest)| (rest, last))
    else {
        return Err(error::SYNTAX);
    };
    let deadline_ms = deadline_ms(context, timeout)?;
    for key in keys {
        let Some(list) = context.state.list_to_write(db, key)? else { continue };
        let reply = &mut *context.reply;
        reply.array(2);
        reply.bulk(key);
        list.pop(end, |element| reply_element(reply, element));
        after_removal(context, key, pop_event(end));
        context.dirty(1);
        context.rewrite(&[pop_event(end).to_ascii_uppercase().as_bytes(), key]);
        return Ok(());
    }
    wait(context, keys, deadline_ms, Reply::null_array)
}
