//! MODULE UPGRADE: put another file in the place of a module, which goes on with its values.

use command_spec::*;
use engine::*;

pub const MODULE_UPGRADE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "upgrade",
        group: Group::Server,
        summary: "Puts another file in the place of a module, with its values.",
        since: "8.10.2",
        complexity: "O(N) where N is the number of keys, and what writing and reading the module's values takes.",
        arity: -4,
        flags: flag::PROTECTED | flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[
            Argument::string("name"),
            Argument::string("path"),
            Argument::string("arg").optional().multiple(),
        ],
        ..CommandSpec::DEFAULT
    },
    upgrade,
);

use crate::server::module::host;

fn upgrade(context: &mut Context<'_>) -> CommandResult {
    let host = host(context)?;
    let argv = context.argv;
    host.upgrade(context, argv[2], argv[3], &argv[4..])
}
