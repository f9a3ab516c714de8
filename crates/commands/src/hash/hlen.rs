//! HLEN: the number of fields of a hash.

use command_spec::*;
use engine::*;

pub const HLEN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hlen",
        group: Group::Hash,
        summary: "Returns the number of fields of a hash.",
        since: "2.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::HASH | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    hlen,
);

fn hlen(context: &mut Context<'_>) -> CommandResult {
    // Fields whose time has passed count until they are removed.
    let len = context.state.hash_to_read(context.db, context.argv[1])?.map_or(0, |hash| hash.len());
    context.reply.integer(len as i64);
    Ok(())
}
