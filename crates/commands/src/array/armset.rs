//! ARMSET: sets the elements at some indexes of an array.

use command_spec::*;
use engine::*;

pub const ARMSET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "armset",
        group: Group::Array,
        summary: "Sets the elements at some indexes of an array.",
        since: "8.8.0",
        complexity: "O(N); N is the number of pairs.",
        arity: -4,
        flags: flag::DENYOOM | flag::FAST | flag::WRITE,
        categories: category::ARRAY | category::FAST | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block("data", &[Argument::integer("index"), Argument::string("value")])
                .multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    armset,
);

use keyspace::Array;

use super::{changed, index, reply_number};

fn armset(context: &mut Context<'_>) -> CommandResult {
    let (db, key) = (context.db, context.argv[1]);
    let pairs = context.argv[2..].chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(error::wrong_arity("armset"));
    }
    for pair in pairs.clone() {
        index(pair[0])?;
    }
    let limits = context.state.array_limits();
    let array = context.state.array_or_new(db, key, || Array::new(&limits))?;
    let (count, mut added) = (pairs.len(), 0);
    for pair in pairs {
        added += u64::from(array.set(index(pair[0])?, pair[1], &limits));
    }
    changed(context, "armset", count as u64);
    reply_number(context.reply, added);
    Ok(())
}
