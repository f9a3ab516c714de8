//! HEXPIRETIME: when fields of a hash expire, in seconds since 1970.

use command_spec::*;
use engine::*;

pub const HEXPIRETIME: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hexpiretime",
        group: Group::Hash,
        summary: "Returns when fields of a hash expire, as a Unix time in seconds.",
        since: "7.4.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -5,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::HASH | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[
            Argument::key("key", 0),
            Argument::block(
                "fields",
                &[Argument::integer("numfields"), Argument::string("field").multiple()],
            )
            .token("FIELDS"),
        ],
        ..CommandSpec::DEFAULT
    },
    hexpiretime,
);

fn hexpiretime(context: &mut Context<'_>) -> CommandResult {
    super::httl::reply_expiries(context, |expiry_ms, _| (expiry_ms + 999) / 1000)
}
