//! HELP of container commands.

use engine::{CommandResult, Context};

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
