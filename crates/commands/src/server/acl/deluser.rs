//! ACL DELUSER: users go, and the connections they have.

use command_spec::*;
use engine::*;

pub const ACL_DELUSER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "deluser",
        group: Group::Server,
        summary: "Removes users and ends their connections.",
        since: "6.0.0",
        complexity: "O(1) amortized time considering the typical user.",
        arity: -3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        arguments: &[Argument::string("username").multiple()],
        ..CommandSpec::DEFAULT
    },
    deluser,
);

fn deluser(context: &mut Context<'_>) -> CommandResult {
    let names = &context.argv[2..];
    if names.contains(&acl::users::DEFAULT.as_bytes()) {
        return Err(CommandError::err("The 'default' user cannot be removed"));
    }
    let removed = names.iter().filter(|name| context.state.delete_user(name)).count();
    context.reply.integer(i64::try_from(removed).unwrap_or(i64::MAX));
    Ok(())
}
