//! PEXPIRE: sets the expiry of a key in milliseconds.

use command_spec::*;
use engine::*;

pub const PEXPIRE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pexpire",
        group: Group::Generic,
        summary: "Sets the expiry of a key in milliseconds.",
        since: "2.6.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::KEYSPACE | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::integer("milliseconds"),
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
    pexpire,
);

fn pexpire(context: &mut Context<'_>) -> CommandResult {
    super::expire::expire_at(context, 1, true)
}
