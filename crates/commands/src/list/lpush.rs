//! LPUSH, RPUSH, LPUSHX, RPUSHX: add elements at an end of a list.

use command_spec::*;
use engine::*;

pub const LPUSH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lpush",
        group: Group::List,
        summary: "Adds one or more elements at the head of a list, creating it if needed.",
        since: "1.0.0",
        complexity: "O(1) for each element.",
        arity: -3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::LIST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("element").multiple()],
        history: &[("2.4.0", "Takes several elements.")],
        ..CommandSpec::DEFAULT
    },
    lpush,
);

pub const RPUSH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "rpush",
        group: Group::List,
        summary: "Adds one or more elements at the tail of a list, creating it if needed.",
        since: "1.0.0",
        complexity: "O(1) for each element.",
        arity: -3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::LIST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("element").multiple()],
        history: &[("2.4.0", "Takes several elements.")],
        ..CommandSpec::DEFAULT
    },
    rpush,
);

pub const LPUSHX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "lpushx",
        group: Group::List,
        summary: "Adds one or more elements at the head of a list that exists.",
        since: "2.2.0",
        complexity: "O(1) for each element.",
        arity: -3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::LIST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("element").multiple()],
        history: &[("4.0.0", "Takes several elements.")],
        ..CommandSpec::DEFAULT
    },
    lpushx,
);

pub const RPUSHX: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "rpushx",
        group: Group::List,
        summary: "Adds one or more elements at the tail of a list that exists.",
        since: "2.2.0",
        complexity: "O(1) for each element.",
        arity: -3,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::FAST | category::LIST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[Argument::key("key", 0), Argument::string("element").multiple()],
        history: &[("4.0.0", "Takes several elements.")],
        ..CommandSpec::DEFAULT
    },
    rpushx,
);

use keyspace::list::End;

use super::push_elements;

fn lpush(context: &mut Context<'_>) -> CommandResult {
    push(context, End::Head)
}

fn rpush(context: &mut Context<'_>) -> CommandResult {
    push(context, End::Tail)
}

fn lpushx(context: &mut Context<'_>) -> CommandResult {
    push_existing(context, End::Head)
}

fn rpushx(context: &mut Context<'_>) -> CommandResult {
    push_existing(context, End::Tail)
}

fn push(context: &mut Context<'_>, end: End) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let elements = &context.argv[2..];
    let len = push_elements(context.state, db, key, end, elements.iter().copied())?;
    context.dirty(elements.len() as u64);
    context.reply.integer(len as i64);
    Ok(())
}

fn push_existing(context: &mut Context<'_>, end: End) -> CommandResult {
    if context.state.list_to_write(context.db, context.argv[1])?.is_none() {
        context.reply.integer(0);
        return Ok(());
    }
    push(context, end)
}
