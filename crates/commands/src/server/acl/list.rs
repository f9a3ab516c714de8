//! ACL LIST: all users with the rules that would make them.

use command_spec::*;
use engine::*;

pub const ACL_LIST: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "list",
        group: Group::Server,
        summary: "Lists the users with what they may do.",
        since: "6.0.0",
        complexity: "O(N). Where N is the number of configured users.",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    list,
);

fn list(context: &mut Context<'_>) -> CommandResult {
    let lines: Vec<Vec<u8>> = acl::file::lines(&context.state.permissions.users).collect();
    context.reply.array(lines.len());
    for line in lines {
        context.reply.bulk(&line);
    }
    Ok(())
}
