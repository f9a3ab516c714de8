//! PERSIST: a key lives for ever.

use command_spec::*;
use engine::*;

pub const PERSIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "persist",
        group: Group::Generic,
        summary: "Removes the expiry of a key.",
        since: "2.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::KEYSPACE | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    persist,
);

fn persist(context: &mut Context<'_>) -> CommandResult {
    let key = context.argv[1];
    let persisted = context.state.lookup_write(context.db, key).is_some()
        && context.state.db_mut(context.db).persist(key);
    if persisted {
        context.modified(key);
        context.notify(notify::class::GENERIC, "persist", key);
        context.dirty(1);
    }
    context.reply.integer(i64::from(persisted));
    Ok(())
}
