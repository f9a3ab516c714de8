//! MODULE STATS: what each module holds of memory, and what its commands have cost.

use command_spec::*;
use engine::*;

pub const MODULE_STATS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "stats",
        group: Group::Server,
        summary: "Tells what modules hold of memory and have cost.",
        since: "8.10.2",
        complexity: "O(N) where N is the number of loaded modules.",
        arity: -2,
        flags: flag::ADMIN | flag::NOSCRIPT | flag::LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output"],
        arguments: &[Argument::string("name").optional()],
        ..CommandSpec::DEFAULT
    },
    stats,
);

use crate::server::module::host;

fn stats(context: &mut Context<'_>) -> CommandResult {
    let name = match &context.argv[2..] {
        [] => None,
        [name] => Some(*name),
        _ => return Err(error::wrong_arity(&context.command.full_name)),
    };
    match host(context) {
        Ok(host) => host.stats(context, name),
        Err(_) => {
            context.reply.map(0);
            Ok(())
        }
    }
}
