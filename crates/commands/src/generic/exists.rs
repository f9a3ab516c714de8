//! EXISTS: how many of the keys there are.

use command_spec::*;
use engine::*;

pub const EXISTS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "exists",
        group: Group::Generic,
        summary: "Counts which of the keys exist; one named twice counts twice.",
        since: "1.0.0",
        complexity: "O(N) with the number of keys.",
        arity: -2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::KEYSPACE | category::READ,
        tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
        key_specs: &[KeySpec::range(1, -1, 1, key_flag::RO)],
        arguments: &[Argument::key("key", 0).multiple()],
        history: &[("3.0.3", "Takes several keys.")],
        ..CommandSpec::DEFAULT
    },
    exists,
);

use engine::lookup::lookup_flag;

fn exists(context: &mut Context<'_>) -> CommandResult {
    let mut found = 0;
    for key in &context.argv[1..] {
        let record = context.state.lookup_read_with(context.db, key, lookup_flag::NO_TOUCH);
        found += i64::from(record.is_some());
    }
    context.reply.integer(found);
    Ok(())
}
