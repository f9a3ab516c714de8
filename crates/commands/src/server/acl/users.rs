//! ACL USERS: the names of all users.

use command_spec::*;
use engine::*;

pub const ACL_USERS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "users",
        group: Group::Server,
        summary: "Lists the names of the users.",
        since: "6.0.0",
        complexity: "O(N). Where N is the number of configured users.",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    users,
);

fn users(context: &mut Context<'_>) -> CommandResult {
    let Context { state, reply, .. } = context;
    let users = &state.permissions.users;
    reply.array(users.iter().count());
    for user in users.iter() {
        reply.bulk(user.name().as_bytes());
    }
    Ok(())
}
