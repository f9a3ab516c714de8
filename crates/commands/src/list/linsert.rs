//! LINSERT: inserts an element beside another one of a list.

use command_spec::*;
use engine::*;

pub const LINSERT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "linsert",
        group: Group::List,
        summary: "Inserts an element before or after another one of a list.",
        since: "2.2.0",
        complexity: "O(N); N is the number of elements on the way to the other one, O(1) at the head.",
        arity: 5,
        flags: flag::DENYOOM | flag::WRITE,
        categories: category::LIST | category::SLOW | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::INSERT)],
        arguments: &[
            Argument::key("key", 0),
            Argument::one_of(
                "where",
                &[Argument::pure_token("before", "BEFORE"), Argument::pure_token("after", "AFTER")],
            ),
            Argument::string("pivot"),
            Argument::string("element"),
        ],
        ..CommandSpec::DEFAULT
    },
    linsert,
);

use keyspace::list::Side;

use crate::arguments;

fn linsert(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let (pivot, element) = (context.argv[3], context.argv[4]);
    let side = if arguments::is(context.argv[2], "AFTER") {
        Side::After
    } else if arguments::is(context.argv[2], "BEFORE") {
        Side::Before
    } else {
        return Err(error::SYNTAX);
    };
    let limit = context.state.list_limit();
    let Some(list) = context.state.list_to_write(db, key)? else {
        context.reply.integer(0);
        return Ok(());
    };
    list.expect(element.len(), 1, &limit);
    let Some(index) = list.find(pivot) else {
        context.reply.integer(-1);
        return Ok(());
    };
    list.insert(index, side, element, &limit);
    let len = list.len();
    context.modified(key);
    context.state.signal_key_grown(db, key);
    context.notify(notify::class::LIST, "linsert", key);
    context.dirty(1);
    context.reply.integer(len as i64);
    Ok(())
}
