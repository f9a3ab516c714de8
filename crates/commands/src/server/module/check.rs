//! MODULE CHECK: what there is to know of a module before it is loaded.

use command_spec::*;
use engine::*;

pub const MODULE_CHECK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "check",
        group: Group::Server,
        summary: "Tries a module in a process of its own and tells all about it.",
        since: "8.10.2",
        complexity: "O(N) where N is the size of the file, and what the module's start takes.",
        arity: -3,
        flags: flag::PROTECTED | flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("path"), Argument::string("arg").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    check,
);

use crate::server::module::host;

fn check(context: &mut Context<'_>) -> CommandResult {
    let host = host(context)?;
    let argv = context.argv;
    host.check(context, argv[2], &argv[3..])
}
