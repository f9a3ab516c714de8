//! EXEC: run the queued commands of a transaction.

use command_spec::*;
use engine::*;

pub const EXEC: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "exec",
        group: Group::Transactions,
        summary: "Executes all commands of a transaction.",
        since: "1.2.0",
        complexity: "Depends on the commands in the transaction",
        arity: 1,
        flags: flag::LOADING | flag::NOSCRIPT | flag::SKIP_SLOWLOG | flag::STALE,
        categories: category::SLOW | category::TRANSACTION,
        ..CommandSpec::DEFAULT
    },
    exec,
);

fn exec(context: &mut Context<'_>) -> CommandResult {
    transaction::exec(context)
}
