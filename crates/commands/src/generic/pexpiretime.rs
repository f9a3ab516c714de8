//! PEXPIRETIME: returns the Unix time in milliseconds at which a key expires.

use command_spec::*;
use engine::*;

pub const PEXPIRETIME: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pexpiretime",
        group: Group::Generic,
        summary: "Returns the Unix time in milliseconds at which a key expires.",
        since: "7.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::KEYSPACE | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    pexpiretime,
);

fn pexpiretime(context: &mut Context<'_>) -> CommandResult {
    super::ttl::reply_expiry(context, |expiry_ms, _| expiry_ms)
}
