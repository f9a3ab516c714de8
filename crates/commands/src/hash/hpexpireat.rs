//! HPEXPIREAT: lets fields of a hash expire at a millisecond.

use command_spec::*;
use engine::*;

pub const HPEXPIREAT: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hpexpireat",
        group: Group::Hash,
        summary: "Lets fields of a hash expire at a Unix time in milliseconds.",
        since: "7.4.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -6,
        flags: flag::FAST | flag::WRITE,
        categories: category::FAST | category::HASH | category::WRITE,
        key_specs: &[KeySpec::at(1, key_flag::RW | key_flag::UPDATE)],
        arguments: &[
            Argument::key("key", 0),
            Argument::unix_time("unix-time-milliseconds"),
            Argument::one_of(
                "condition",
                &[
                    Argument::pure_token("nx", "NX"),
                    Argument::pure_token("xx", "XX"),
                    Argument::pure_token("gt", "GT"),
                    Argument::pure_token("lt", "LT"),
                ],
            )
            .optional(),
            Argument::block(
                "fields",
                &[Argument::integer("numfields"), Argument::string("field").multiple()],
            )
            .token("FIELDS"),
        ],
        ..CommandSpec::DEFAULT
    },
    hpexpireat,
);

fn hpexpireat(context: &mut Context<'_>) -> CommandResult {
    super::hexpire::expire_fields(context, crate::arguments::ExpiryUnit::Pxat)
}
