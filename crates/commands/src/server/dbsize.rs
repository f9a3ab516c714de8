//! DBSIZE: the number of keys.

use command_spec::*;
use engine::*;

pub const DBSIZE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "dbsize",
        group: Group::Server,
        summary: "Returns the number of keys in the database.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::KEYSPACE | category::READ,
        tips: &["request_policy:all_shards", "response_policy:agg_sum"],
        ..CommandSpec::DEFAULT
    },
    dbsize,
);

fn dbsize(context: &mut Context<'_>) -> CommandResult {
    let count = context.state.db(context.db).len();
    context.reply.integer(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(())
}
