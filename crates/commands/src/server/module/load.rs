//! MODULE LOAD: load a module from a file.

use command_spec::*;
use engine::*;

pub const MODULE_LOAD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "load",
        group: Group::Server,
        summary: "Loads a module.",
        since: "4.0.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::PROTECTED | flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("path"), Argument::string("arg").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    load,
);

use crate::server::module::host;

fn load(context: &mut Context<'_>) -> CommandResult {
    let host = host(context)?;
    let argv = context.argv;
    host.load(context.state, argv[2], &argv[3..], &[])?;
    context.reply.ok();
    Ok(())
}
