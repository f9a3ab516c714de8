//! PING: is the server there?

use command_spec::*;
use engine::*;

pub const PING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "ping",
        group: Group::Connection,
        summary: "Answers PONG, or the given message.",
        since: "1.0.0",
        complexity: "O(1)",
        arity: -1,
        flags: flag::FAST,
        categories: category::CONNECTION | category::FAST,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        arguments: &[Argument::string("message").optional()],
        ..CommandSpec::DEFAULT
    },
    ping,
);

fn ping(context: &mut Context<'_>) -> CommandResult {
    if context.argv.len() > 2 {
        return Err(error::wrong_arity("ping"));
    }
    let message = context.argv.get(1).copied();
    if context.client().has(client_flag::PUBSUB) && !context.reply.resp3() {
        context.reply.array(2);
        context.reply.bulk(b"pong");
        context.reply.bulk(message.unwrap_or_default());
        return Ok(());
    }
    match message {
        None => context.reply.pong(),
        Some(message) => context.reply.bulk(message),
    }
    Ok(())
}
