//! TOUCH: notes an access to keys.

use command_spec::*;
use engine::*;

pub const TOUCH: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "touch",
        group: Group::Generic,
        summary: "Notes an access to keys and counts those that exist.",
        since: "3.2.1",
        complexity: "O(N) with the number of keys.",
        arity: -2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::KEYSPACE | category::READ,
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RO)],
        arguments: &[Argument::key("key", 0).multiple()],
        ..CommandSpec::DEFAULT
    },
    touch,
);

fn touch(context: &mut Context<'_>) -> CommandResult {
    let mut found = 0;
    for key in &context.argv[1..] {
        found += i64::from(context.state.lookup_read(context.db, key).is_some());
    }
    context.reply.integer(found);
    Ok(())
}
