//! CLIENT UNBLOCK: let a client that waits go on.

use command_spec::*;
use engine::*;

use crate::arguments::{integer, is};
use engine::blocking::{BlockKind, Unblock};

pub const CLIENT_UNBLOCK: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "unblock",
        group: Group::Connection,
        summary: "Lets a client that waits in a blocking command go on.",
        since: "5.0.0",
        complexity: "O(log N) where N is the number of client connections.",
        arity: -3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::CONNECTION | category::DANGEROUS | category::SLOW,
        arguments: &[
            Argument::integer("client-id"),
            Argument::one_of(
                "unblock-type",
                &[
                    Argument::pure_token("timeout", "TIMEOUT"),
                    Argument::pure_token("error", "ERROR"),
                ],
            )
            .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    unblock,
);

fn unblock(context: &mut Context<'_>) -> CommandResult {
    let how = match context.argv.get(3..).unwrap_or(&[]) {
        [] => Unblock::Timeout,
        [reason] if is(reason, "timeout") => Unblock::Timeout,
        [reason] if is(reason, "error") => Unblock::Error,
        [_] => {
            return Err(CommandError::err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR"));
        }
        _ => return Err(crate::help::wrong_subcommand("CLIENT", context.argv[1])),
    };
    let number = integer(context.argv[2])?;
    let client = u64::try_from(number).ok().and_then(|id| context.state.clients.by_number(id));
    let unblocked = client.is_some_and(|client| {
        let waits = context.state.clients[client].blocked.as_ref();
        let may_go = waits.is_some_and(|blocked| {
            !matches!(
                blocked.kind,
                BlockKind::Postponed | BlockKind::Shutdown | BlockKind::LazyFree
            )
        });
        let may_go = may_go && waits.is_some_and(|blocked| !blocked.unbreakable);
        may_go && context.state.unblock_with(client, how)
    });
    context.reply.integer(i64::from(unblocked));
    Ok(())
}
