//! KEYS: all keys that match a pattern.

use command_spec::*;
use engine::*;

pub const KEYS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "keys",
        group: Group::Generic,
        summary: "Lists the keys that match a pattern.",
        since: "1.0.0",
        complexity: "O(N) with the number of keys in the database.",
        arity: 2,
        flags: flag::READONLY,
        categories: category::DANGEROUS | category::KEYSPACE | category::READ | category::SLOW,
        tips: &["request_policy:all_shards", "nondeterministic_output_order"],
        arguments: &[Argument::pattern("pattern")],
        ..CommandSpec::DEFAULT
    },
    keys,
);

fn keys(context: &mut Context<'_>) -> CommandResult {
    let pattern = context.argv[1];
    let all = pattern == b"*";
    let state = &*context.state;
    let mark = context.reply.defer_array();
    let mut count = 0;
    for record in state.db(context.db).iter() {
        let key = record.key();
        if (all || stdx::glob::matches(pattern, key, false))
            && (state.allow_access_expired > 0 || !state.is_expired(record))
        {
            context.reply.bulk(key);
            count += 1;
        }
        if context.reply.overflowed() {
            break;
        }
    }
    context.reply.finish_array(mark, count);
    Ok(())
}
