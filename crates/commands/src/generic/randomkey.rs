//! RANDOMKEY: any key.

use command_spec::*;
use engine::*;

pub const RANDOMKEY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "randomkey",
        group: Group::Generic,
        summary: "Returns a random key.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::READONLY | flag::TOUCHES_ARBITRARY_KEYS,
        categories: category::KEYSPACE | category::READ | category::SLOW,
        tips: &["request_policy:all_shards", "response_policy:special", "nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    randomkey,
);

use stdx::random::SplitMix64;

/// Expired keys drawn before giving up, where they may not be deleted.
const EXPIRED_DRAWS_MAX: usize = 100;

fn randomkey(context: &mut Context<'_>) -> CommandResult {
    let mut random = SplitMix64::new(context.state.random_u64());
    for draw in 0.. {
        let Some(record) = context.state.db(context.db).random(&mut || random.next_u64()) else {
            break;
        };
        let may_delete = context.may_expire_arbitrary_keys();
        if !context.state.is_expired(record) || (!may_delete && draw >= EXPIRED_DRAWS_MAX) {
            context.reply.bulk(record.key());
            return Ok(());
        }
        if may_delete {
            let key = record.key().to_vec();
            context.state.delete_expired(context.db, &key);
        }
    }
    context.reply.null();
    Ok(())
}
