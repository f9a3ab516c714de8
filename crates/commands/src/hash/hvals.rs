//! HVALS: the values of all fields of a hash.

use command_spec::*;
use engine::*;

pub const HVALS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hvals",
        group: Group::Hash,
        summary: "Returns the values of all fields of a hash.",
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
    hvals,
);

use super::hgetall::{Parts, reply_all};

fn hvals(context: &mut Context<'_>) -> CommandResult {
    reply_all(context, Parts::Values)
}
