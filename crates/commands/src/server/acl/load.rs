//! ACL LOAD, ACL SAVE: the file of users is read as a whole, or written.

use command_spec::*;
use engine::*;

pub const ACL_LOAD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "load",
        group: Group::Server,
        summary: "Reads the users from their file.",
        since: "6.0.0",
        complexity: "O(N). Where N is the number of configured users.",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    load,
);

pub const ACL_SAVE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "save",
        group: Group::Server,
        summary: "Writes the users to their file.",
        since: "6.0.0",
        complexity: "O(N). Where N is the number of configured users.",
        arity: 2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        ..CommandSpec::DEFAULT
    },
    save,
);

const NO_FILE: CommandError = CommandError::constant(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users \
     via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis \
     configuration file set) in order to store users in the Redis configuration.",
);

fn load(context: &mut Context<'_>) -> CommandResult {
    if context.state.config.aclfile.is_empty() {
        return Err(NO_FILE);
    }
    context.state.load_users_file().map_err(CommandError::err)?;
    context.reply.ok();
    Ok(())
}

fn save(context: &mut Context<'_>) -> CommandResult {
    if context.state.config.aclfile.is_empty() {
        return Err(NO_FILE);
    }
    if let Err(reason) = context.state.save_users_file() {
        context.state.log(effect::LogLevel::Warning, format!("Saving ACLs: {reason}"));
        let text = "There was an error trying to save the ACLs. Please check the server logs for \
                    more information";
        return Err(CommandError::err(text));
    }
    context.reply.ok();
    Ok(())
}
