//! MODULE LIST: what is loaded.

use command_spec::*;
use engine::*;

pub const MODULE_LIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "list",
        group: Group::Server,
        summary: "Lists the loaded modules.",
        since: "4.0.0",
        complexity: "O(N) where N is the number of loaded modules.",
        arity: 2,
        flags: flag::ADMIN | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output_order"],
        ..CommandSpec::DEFAULT
    },
    list,
);

use crate::server::module::host;

fn list(context: &mut Context<'_>) -> CommandResult {
    match host(context) {
        Ok(host) => host.list(context),
        Err(_) => {
            context.reply.array(0);
            Ok(())
        }
    }
}
