//! TTL: how long a key lives, and what its relatives share with it.

use command_spec::*;
use engine::*;

pub const TTL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "ttl",
        group: Group::Generic,
        summary: "Returns the time to live of a key in seconds.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::KEYSPACE | category::READ,
        tips: &["nondeterministic_output"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        history: &[("2.8.0", "Tells keys that are not there (-2) from those that stay (-1).")],
        ..CommandSpec::DEFAULT
    },
    ttl,
);

use engine::lookup::lookup_flag;

/// Replies of the family for a key that does not expire, and for one that is not there.
const NO_EXPIRY: i64 = -1;
const NO_KEY: i64 = -2;

fn ttl(context: &mut Context<'_>) -> CommandResult {
    reply_expiry(context, |expiry_ms, now_ms| to_seconds((expiry_ms - now_ms).max(0)))
}

/// Rounds to the nearest second.
pub(super) fn to_seconds(ms: i64) -> i64 {
    ms.saturating_add(500) / 1000
}

/// Replies with what `shown` makes of the key's expiry and the present moment.
pub(super) fn reply_expiry(context: &mut Context<'_>, shown: fn(i64, i64) -> i64) -> CommandResult {
    let now_ms = context.now_ms();
    let key = context.argv[1];
    let record = context.state.lookup_read_with(context.db, key, lookup_flag::NO_TOUCH);
    let answer = match record.map(|record| record.expiry_ms()) {
        None => NO_KEY,
        Some(None) => NO_EXPIRY,
        Some(Some(expiry_ms)) => shown(expiry_ms, now_ms),
    };
    context.reply.integer(answer);
    Ok(())
}
