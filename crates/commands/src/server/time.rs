//! TIME: the server's clock.

use command_spec::*;
use engine::*;

pub const TIME: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "time",
        group: Group::Server,
        summary: "Shows the time of the server.",
        since: "2.6.0",
        complexity: "O(1)",
        arity: 1,
        flags: flag::FAST | flag::LOADING | flag::STALE,
        categories: category::FAST,
        tips: &["nondeterministic_output"],
        ..CommandSpec::DEFAULT
    },
    time,
);

fn time(context: &mut Context<'_>) -> CommandResult {
    let unix_us = context.state.clock.unix_us();
    context.reply.array(2);
    context.reply.bulk_integer(unix_us / 1_000_000);
    context.reply.bulk_integer(unix_us % 1_000_000);
    Ok(())
}
