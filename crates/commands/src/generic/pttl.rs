//! PTTL: returns the time to live of a key in milliseconds.

use command_spec::*;
use engine::*;

pub const PTTL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pttl",
        group: Group::Generic,
        summary: "Returns the time to live of a key in milliseconds.",
        since: "2.6.0",
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
    pttl,
);

fn pttl(context: &mut Context<'_>) -> CommandResult {
    super::ttl::reply_expiry(context, |expiry_ms, now_ms| (expiry_ms - now_ms).max(0))
}
