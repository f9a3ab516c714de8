//! HKEYS: the names of all fields of a hash.

use command_spec::*;
use engine::*;

pub const HKEYS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hkeys",
        group: Group::Hash,
        summary: "Returns the names of all fields of a hash.",
        since: "2.0.0",
        complexity: "O(N); N is the number of fields.",
        arity: 2,
        flags: flag::READONLY,
        categories: category::HASH | category::READ | category::SLOW,
        tips: &["nondeterministic_output_order"],
        key_specs: &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    hkeys,
);

use super::hgetall::{Parts, reply_all};

fn hkeys(context: &mut Context<'_>) -> CommandResult {
    reply_all(context, Parts::Fields)
}
