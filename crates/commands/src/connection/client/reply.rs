//! CLIENT REPLY: whether this connection gets replies.

use command_spec::*;
use engine::*;

use crate::arguments::is;

pub const CLIENT_REPLY: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "reply",
        group: Group::Connection,
        summary: "Chooses whether the connection gets replies.",
        since: "3.2.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        arguments: &[Argument::one_of(
            "action",
            &[
                Argument::pure_token("on", "ON"),
                Argument::pure_token("off", "OFF"),
                Argument::pure_token("skip", "SKIP"),
            ],
        )],
        ..CommandSpec::DEFAULT
    },
    reply,
);

fn reply(context: &mut Context<'_>) -> CommandResult {
    let mode = context.argv[2];
    let client = &mut context.state.clients[context.client];
    if is(mode, "on") {
        client.flags &=
            !(client_flag::REPLY_OFF | client_flag::REPLY_SKIP | client_flag::REPLY_SKIP_NEXT);
        context.reply.ok();
    } else if is(mode, "off") {
        client.set(client_flag::REPLY_OFF, true);
    } else if is(mode, "skip") {
        if !client.has(client_flag::REPLY_OFF) {
            client.set(client_flag::REPLY_SKIP_NEXT, true);
        }
    } else {
        return Err(error::SYNTAX);
    }
    Ok(())
}
