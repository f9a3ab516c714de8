//! ACL WHOAMI: the user of the connection.

use command_spec::*;
use engine::*;

pub const ACL_WHOAMI: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "whoami",
        group: Group::Server,
        summary: "Shows the user of the connection.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::SLOW,
        ..CommandSpec::DEFAULT
    },
    whoami,
);

fn whoami(context: &mut Context<'_>) -> CommandResult {
    let user = context.client().user.clone();
    if std::rc::Rc::ptr_eq(&user, context.state.permissions.users.superuser()) {
        context.reply.null();
    } else {
        context.reply.bulk(user.name().as_bytes());
    }
    Ok(())
}
