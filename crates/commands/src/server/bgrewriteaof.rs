//! BGREWRITEAOF: makes the append-only file as short as the dataset allows.

use command_spec::*;
use engine::aof::RewriteError;
use engine::*;

pub const BGREWRITEAOF: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "bgrewriteaof",
        group: Group::Server,
        summary: "Rewrites the append-only file in a process of its own.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::ADMIN | flag::NO_ASYNC_LOADING | flag::NOSCRIPT,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    bgrewriteaof,
);

const UNDER_WAY: CommandError =
    CommandError::constant("ERR Background append only file rewriting already in progress");
const FAILED: CommandError = CommandError::constant(
    "ERR Can't execute an AOF background rewriting. Please check the server logs for more information.",
);

fn bgrewriteaof(context: &mut Context<'_>) -> CommandResult {
    // Inside a transaction the process would see half of it.
    let in_transaction = context.client().has(client_flag::IN_EXEC);
    match context.state.rewrite_aof(in_transaction) {
        Ok(true) => context.reply.simple("Background append only file rewriting started"),
        Ok(false) => context.reply.simple("Background append only file rewriting scheduled"),
        Err(RewriteError::UnderWay) => return Err(UNDER_WAY),
        Err(RewriteError::Failed) => return Err(FAILED),
    }
    Ok(())
}
