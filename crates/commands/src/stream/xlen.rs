//! XLEN: how many entries a stream has.

use command_spec::*;
use engine::*;

pub const XLEN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "xlen",
        group: Group::Stream,
        summary: "Returns the number of entries of a stream.",
        since: "5.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::FAST | flag::READONLY,
        categories: category::FAST | category::READ | category::STREAM,
        key_specs: &[KeySpec::at(1, key_flag::RO)],
        arguments: &[Argument::key("key", 0)],
        ..CommandSpec::DEFAULT
    },
    xlen,
);

fn xlen(context: &mut Context<'_>) -> CommandResult {
    let len =
        context.state.stream_to_read(context.db, context.argv[1])?.map_or(0, |stream| stream.len());
    context.reply.integer(len as i64);
    Ok(())
}
