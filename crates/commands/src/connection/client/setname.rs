//! CLIENT SETNAME: name this connection.

use command_spec::*;
use engine::*;

pub const CLIENT_SETNAME: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setname",
        group: Group::Connection,
        summary: "Names the connection.",
        since: "2.6.9",
        complexity: "O(1)",
        arity: 3,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        arguments: &[Argument::string("connection-name")],
        ..CommandSpec::DEFAULT
    },
    setname,
);

fn setname(context: &mut Context<'_>) -> CommandResult {
    let name = context.argv[2];
    check_name(name)?;
    context.client_mut().name = name.to_vec();
    context.reply.ok();
    Ok(())
}

/// Refuses what would break the lines of CLIENT LIST.
pub fn check_name(name: &[u8]) -> CommandResult {
    if is_printable(name) {
        return Ok(());
    }
    Err(CommandError::err("Client names cannot contain spaces, newlines or special characters."))
}

/// Whether there are only visible ASCII characters.
pub fn is_printable(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}
