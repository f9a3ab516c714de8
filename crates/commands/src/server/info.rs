//! INFO: sections of figures about the server.

use command_spec::*;
use engine::*;

pub const INFO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "info",
        group: Group::Server,
        summary: "Shows figures about the server.",
        since: "1.0.0",
        complexity: "O(N) where N is the number of sections asked for.",
        arity: -1,
        flags: flag::LOADING | flag::STALE,
        categories: category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        arguments: &[Argument::string("section").optional().multiple()],
        history: &[("7.0.0", "Takes several sections.")],
        ..CommandSpec::DEFAULT
    },
    info,
);

/// About what a reply takes.
const ROOM_BYTES: usize = 8 * 1024;

fn info(context: &mut Context<'_>) -> CommandResult {
    // The room of the reply is part of the memory that it tells of.
    context.reply.reserve(ROOM_BYTES);
    let text = context.state.info(context.argv.get(1..).unwrap_or(&[]));
    context.reply.verbatim("txt", text.as_bytes());
    Ok(())
}
