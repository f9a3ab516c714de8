//! FLUSHDB: deletes all keys of the database.

use command_spec::*;
use engine::*;

pub const FLUSHDB: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "flushdb",
        group: Group::Server,
        summary: "Deletes all keys of the database.",
        since: "1.0.0",
        complexity: "O(N) with the number of keys; O(1) if they are freed in the background.",
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
    flushdb,
);

fn flushdb(context: &mut Context<'_>) -> CommandResult {
    super::flushall::flush(context, Some(context.db))
}
