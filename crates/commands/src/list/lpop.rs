//! LPOP, RPOP: take elements from an end of a list.

use command_spec::*;
use engine::*;

pub const LPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lpop",
        group: Group::List,
        summary: "Removes and returns one or more elements at the head of a list.",
        since: "1.0.0",
        complexity: "O(N); N is the number of elements taken.",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::LIST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::integer("count").since("6.2.0").optional()],
        history: &[("6.2.0", "Takes a count.")],
        ..CommandSpec::DEFAULT
    },
    lpop,
);

pub const RPOP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "rpop",
        group: Group::List,
        summary: "Removes and returns one or more elements at the tail of a list.",
        since: "1.0.0",
        complexity: "O(N); N is the number of elements taken.",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::LIST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0), Argument::integer("count").since("6.2.0").optional()],
        history: &[("6.2.0", "Takes a count.")],
        ..CommandSpec::DEFAULT
    },
    rpop,
);

use keyspace::list::End;

use super::{after_removal, pop_event};
use crate::collection::{positive_count, reply_element};

fn lpop(context: &mut Context<'_>) -> CommandResult {
    pop(context, End::Head)
}

fn rpop(context: &mut Context<'_>) -> CommandResult {
    pop(context, End::Tail)
}

fn pop(context: &mut Context<'_>, end: End) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let count = match &context.argv[2..] {
        [] => None,
        [count] => Some(positive_count(count)?),
        _ => return Err(error::wrong_arity(&context.command.full_name)),
    };
    let reply = &mut *context.reply;
    let Some(list) = context.state.list_to_write(db, key)? else {
        match count {
            None => reply.null(),
            Some(_) => reply.null_array(),
        }
        return Ok(());
    };
    let taken = match count {
        None => 1,
        Some(0) => {
            reply.array(0);
            return Ok(());
        }
        Some(count) => {
            let taken = count.min(list.len());
            reply.array(taken);
            taken
        }
    };
    for _ in 0..taken {
        list.pop(end, |element| reply_element(reply, element));
    }
    after_removal(context, key, pop_event(end));
    context.dirty(taken as u64);
    Ok(())
}
