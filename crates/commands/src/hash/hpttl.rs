//! HPTTL: how long fields of a hash still live, in milliseconds.

use command_spec::*;
use engine::*;

pub const HPTTL: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hpttl",
        group: Group::Hash,
        summary: "Returns the time to live of fields of a hash, in milliseconds.",
        since: "7.4.0",
        complexity: "O(N); N is the number of fields named.",
        arity: -5,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::HASH | category::READ,
        tips: &["nondeterministic_output"],
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
    hpttl,
);

fn hpttl(context: &mut Context<'_>) -> CommandResult {
    super::httl::reply_expiries(context, |expiry_ms, now_ms| expiry_ms - now_ms)
}
