//! HSTRLEN: the length of the value of a field.

use command_spec::*;
use engine::*;

pub const HSTRLEN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "hstrlen",
        group: Group::Hash,
        summary: "Returns the length of the value of a field of a hash.",
        since: "3.2.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::HASH | category::READ,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0), Argument::string("field")],
        ..CommandSpec::DEFAULT
    },
    hstrlen,
);

fn hstrlen(context: &mut Context<'_>) -> CommandResult {
    let (key, field) = (context.argv[1], context.argv[2]);
    let len = super::read_field(context.state, context.db, key, field, |view| {
        super::element_len(view.value)
    })?;
    context.reply.integer(len.unwrap_or(0) as i64);
    Ok(())
}
