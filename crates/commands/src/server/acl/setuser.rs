//! ACL SETUSER: makes a user, or changes what one may do; all rules are applied or none.

use command_spec::*;
use engine::*;

pub const ACL_SETUSER: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setuser",
        group: Group::Server,
        summary: "Makes or changes a user.",
        since: "6.0.0",
        complexity: "O(N). Where N is the number of rules provided.",
        arity: -3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        arguments: &[Argument::string("username"), Argument::string("rule").optional().multiple()],
        history: &[
            ("6.2.0", "Rules about channels."),
            ("7.0.0", "Selectors, and rules that allow only reading or writing of keys."),
        ],
        ..CommandSpec::DEFAULT
    },
    setuser,
);

fn setuser(context: &mut Context<'_>) -> CommandResult {
    let [_, _, name, rules @ ..] = context.argv else { return Err(error::SYNTAX) };
    if !acl::file::is_valid_name(name) {
        return Err(CommandError::err("Usernames can't contain spaces or null characters"));
    }
    let Ok(name) = std::str::from_utf8(name) else {
        return Err(CommandError::err("Usernames must be UTF-8 text"));
    };
    let changed = context.state.set_user_rules(name, rules);
    changed.map_err(|error| CommandError::err(error.text()))?;
    context.reply.ok();
    Ok(())
}
