//! FLUSHALL: deletes all keys of all databases.

use command_spec::*;
use engine::*;

pub const FLUSHALL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "flushall",
        group: Group::Server,
        summary: "Deletes all keys of all databases.",
        since: "1.0.0",
        complexity: "O(N) with the number of keys; freed in the background, O(1) with the number of databases.",
        arity: -1,
        flags: flag::WRITE,
        categories: category::DANGEROUS | category::KEYSPACE | category::SLOW | category::WRITE,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        arguments: &[Argument::one_of(
            "flush-type",
            &[
                Argument::pure_token("async", "ASYNC").since("4.0.0"),
                Argument::pure_token("sync", "SYNC").since("6.2.0"),
            ],
        )
        .optional()],
        history: &[("4.0.0", "The option ASYNC."), ("6.2.0", "The option SYNC.")],
        ..CommandSpec::DEFAULT
    },
    flushall,
);

use crate::arguments;

fn flushall(context: &mut Context<'_>) -> CommandResult {
    flush(context, None)?;
    // A file with what was there before must not be what is loaded at the next start.
    context.state.abandon_background_save();
    if context.state.has_save_points() && context.state.save().is_ok() {
        // Nothing counts as changed now, but others must hear of it all the same.
        context.force_propagation();
    }
    Ok(())
}

/// Empties one database or all, at once or with the freeing in the background.
pub(super) fn flush(context: &mut Context<'_>, db: Option<usize>) -> CommandResult {
    let lazy = match context.argv {
        [_] => context.state.config.lazyfree_lazy_user_flush,
        [_, word] if arguments::is(word, "ASYNC") => true,
        [_, word] if arguments::is(word, "SYNC") => false,
        _ => return Err(error::SYNTAX),
    };
    // Without ASYNC, too, the keys are freed in the background where that can be waited for: only this
    // client waits, not the server.
    let waits = !lazy && context.may_wait_for_freeing();
    let removed = context.state.flush(db, lazy || waits);
    // One more: it is propagated even if there was nothing to delete.
    context.dirty(removed as u64 + 1);
    if waits {
        context.wait_for_freeing();
    } else {
        context.reply.ok();
    }
    Ok(())
}
