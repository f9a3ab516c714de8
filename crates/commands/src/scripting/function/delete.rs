//! FUNCTION DELETE: delete a library with its functions.

use command_spec::*;
use engine::*;

pub const FUNCTION_DELETE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "delete",
        group: Group::Scripting,
        summary: "Deletes a library with its functions.",
        since: "7.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::NOSCRIPT | flag::WRITE,
        categories: category::SCRIPTING | category::SLOW | category::WRITE,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        arguments: &[Argument::string("library-name")],
        ..CommandSpec::DEFAULT
    },
    delete,
);

fn delete(context: &mut Context<'_>) -> CommandResult {
    crate::scripting::host(context)?.delete_library(context.argv[2])?;
    context.state.dirty += 1;
    context.reply.ok();
    Ok(())
}
