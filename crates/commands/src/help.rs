//! HELP of container commands.

use engine::{CommandError, CommandResult, Context};

/// Replies with the help of the container that was called: a first line made from its name, `lines`, and HELP itself.
pub fn reply(context: &mut Context<'_>, lines: &[&str]) -> CommandResult {
    let container = context.command.parent.as_deref().unwrap_or(&context.command.full_name);
    let first = format!(
        "{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        container.to_ascii_uppercase()
    );
    context.reply.array(lines.len() + 3);
    context.reply.simple(&first);
    for line in lines {
        context.reply.simple(line);
    }
    context.reply.simple("HELP");
    context.reply.simple("    Print this help.");
    Ok(())
}

/// The error of a subcommand that is unknown or has the wrong number of arguments.
pub fn wrong_subcommand(container: &str, name: &[u8]) -> CommandError {
    const NAME_SHOWN_MAX: usize = 128;
    let name = stdx::text::until_nul(name);
    let shown = name.get(..NAME_SHOWN_MAX).unwrap_or(name);
    let mut text = b"unknown subcommand or wrong number of arguments for '".to_vec();
    text.extend_from_slice(shown);
    text.extend_from_slice(b"'. Try ");
    text.extend_from_slice(container.as_bytes());
    text.extend_from_slice(b" HELP.");
    CommandError::err(text)
}
