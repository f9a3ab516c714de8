//! UNLINK: deletes keys and frees big values in the background.

use command_spec::*;
use engine::*;

pub const UNLINK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "unlink",
        group: Group::Generic,
        summary: "Deletes keys; big values are freed in the background.",
        since: "4.0.0",
        complexity: "O(1) for each key; freeing is O(M) with the elements of a value, in another thread.",
        arity: -2,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::KEYSPACE | category::WRITE,
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RM | key_flag::DELETE)],
        arguments: &[Argument::key("key", 0).multiple()],
        ..CommandSpec::DEFAULT
    },
    unlink,
);

fn unlink(context: &mut Context<'_>) -> CommandResult {
    super::del::delete_all(context, true)
}
