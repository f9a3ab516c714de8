//! EXPIRETIME: returns the Unix time in seconds at which a key expires.

use command_spec::*;
use engine::*;

pub const EXPIRETIME: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "expiretime",
        group: Group::Generic,
        summary: "Returns the Unix time in seconds at which a key expires.",
        since: "7.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::KEYSPACE | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    expiretime,
);

fn expiretime(context: &mut Context<'_>) -> CommandResult {
    super::ttl::reply_expiry(context, |expiry_ms, _| super::ttl::to_seconds(expiry_ms))
}
