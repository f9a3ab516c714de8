//! CLIENT PAUSE: hold back all commands, or those that write, for a time.

use command_spec::*;
use engine::*;

use crate::arguments::is;
use engine::state::Pause;

pub const CLIENT_PAUSE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "pause",
        group: Group::Connection,
        summary: "Holds back the commands of clients for a time.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: -3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::CONNECTION | category::DANGEROUS | category::SLOW,
        arguments: &[
            Argument::integer("timeout"),
            Argument::one_of(
                "mode",
                &[Argument::pure_token("write", "WRITE"), Argument::pure_token("all", "ALL")],
            )
            .since("6.2.0")
            .optional(),
        ],
        history: &[("6.2.0", "The mode WRITE, and the word ALL for the other.")],
        ..CommandSpec::DEFAULT
    },
    pause,
);

fn pause(context: &mut Context<'_>) -> CommandResult {
    let timeout_ms = stdx::number::parse_i64(context.argv[2])
        .ok_or(CommandError::err("timeout is not an integer or out of range"))?;
    let all = match context.argv.get(3..).unwrap_or(&[]) {
        [] => true,
        [mode] if is(mode, "all") => true,
        [mode] if is(mode, "write") => false,
        [_] => return Err(CommandError::err("CLIENT PAUSE mode must be WRITE or ALL")),
        _ => return Err(crate::help::wrong_subcommand("CLIENT", context.argv[1])),
    };
    if timeout_ms < 0 {
        return Err(CommandError::err("timeout is negative"));
    }
    let until_ms = context
        .now_ms()
        .checked_add(timeout_ms)
        .ok_or(CommandError::err("timeout is out of range"))?;
    context.state.begin_pause(Pause { until_ms, all });
    context.reply.ok();
    Ok(())
}
