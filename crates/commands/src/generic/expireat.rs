//! EXPIREAT: sets the expiry of a key to a Unix time in seconds.

use command_spec::*;
use engine::*;

pub const EXPIREAT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "expireat",
        group: Group::Generic,
        summary: "Sets the expiry of a key to a Unix time in seconds.",
        since: "1.2.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::KEYSPACE | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::unix_time("unix-time-seconds"),
            Argument::one_of(
                "condition",
                &[
                    Argument::pure_token("nx", "NX"),
                    Argument::pure_token("xx", "XX"),
                    Argument::pure_token("gt", "GT"),
                    Argument::pure_token("lt", "LT"),
                ],
            )
            .since("7.0.0")
            .optional(),
        ],
        history: &[("7.0.0", "The options NX, XX, GT and LT.")],
        ..CommandSpec::DEFAULT
    },
    expireat,
);

fn expireat(context: &mut Context<'_>) -> CommandResult {
    super::expire::expire_at(context, 1000, false)
}
