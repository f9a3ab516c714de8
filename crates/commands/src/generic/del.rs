//! DEL: deletes keys.

use command_spec::*;
use engine::*;

pub const DEL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "del",
        group: Group::Generic,
        summary: "Deletes keys.",
        since: "1.0.0",
        complexity: "O(N) with the number of keys; for a key that is not a string, O(M) with its number of elements.",
        arity: -2,
        flags: flag::WRITE,
        categories: category::KEYSPACE | category::SLOW | category::WRITE,
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RM | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0).multiple()],
        ..CommandSpec::DEFAULT
    },
    del,
);

fn del(context: &mut Context<'_>) -> CommandResult {
    let lazy = context.state.config.lazyfree_lazy_user_del;
    delete_all(context, lazy)
}

/// Deletes the keys of a call and replies with how many there were.
pub(super) fn delete_all(context: &mut Context<'_>, lazy: bool) -> CommandResult {
    let mut deleted = 0;
    for key in &context.argv[1..] {
        // An expired key is deleted as such and does not count.
        if context.state.key_exists(context.db, key)
            && context.state.delete_key(context.db, key, lazy)
        {
            context.notify(notify::class::GENERIC, "del", key);
            context.dirty(1);
            deleted += 1;
        }
    }
    context.reply.integer(deleted);
    Ok(())
}
