//! MODULE UNLOAD: take a module out; with PARK, its values stay as bytes.

use command_spec::*;
use engine::*;

pub const MODULE_UNLOAD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "unload",
        group: Group::Server,
        summary: "Unloads a module.",
        since: "4.0.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::PROTECTED | flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("name"), Argument::pure_token("park", "PARK").optional()],
        ..CommandSpec::DEFAULT
    },
    unload,
);

use crate::arguments;
use crate::server::module::host;

fn unload(context: &mut Context<'_>) -> CommandResult {
    let park = match &context.argv[3..] {
        [] => false,
        [word] if arguments::is(word, "PARK") => true,
        _ => return Err(error::SYNTAX),
    };
    let host = host(context)?;
    host.unload(context.state, context.argv[2], park)?;
    context.reply.ok();
    Ok(())
}
