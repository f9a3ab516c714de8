//! ROLE: the server's part in replication.

use command_spec::*;
use engine::*;

pub const ROLE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "role",
        group: Group::Server,
        summary: "Shows the part the server plays in replication.",
        since: "2.8.12",
        complexity: "O(1)",
        arity: 1,
        flags: flag::FAST | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::FAST,
        ..CommandSpec::DEFAULT
    },
    role,
);

fn role(context: &mut Context<'_>) -> CommandResult {
    context.reply.array(3);
    context.reply.bulk(b"master");
    context.reply.integer(0);
    context.reply.array(0);
    Ok(())
}
