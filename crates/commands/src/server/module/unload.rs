//! MODULE UNLOAD: take a module out.

use command_spec::*;
use engine::*;

pub const MODULE_UNLOAD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "unload",
        group: Group::Server,
        summary: "Unloads a module.",
        since: "4.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::PROTECTED | flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("name")],
        ..CommandSpec::DEFAULT
    },
    unload,
);

use crate::server::module::host;

fn unload(context: &mut Context<'_>) -> CommandResult {
    let host = host(context)?;
    host.unload(context.state, context.argv[2])?;
    context.reply.ok();
    Ok(())
}
