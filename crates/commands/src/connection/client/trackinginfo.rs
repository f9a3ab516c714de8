//! CLIENT TRACKINGINFO: how this connection tracks keys.

use command_spec::*;
use engine::*;

pub const CLIENT_TRACKINGINFO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "trackinginfo",
        group: Group::Connection,
        summary: "Shows how the connection tracks keys.",
        since: "6.2.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    trackinginfo,
);

fn trackinginfo(context: &mut Context<'_>) -> CommandResult {
    let reply = &mut *context.reply;
    reply.map(3);
    reply.bulk(b"flags");
    reply.set(1);
    reply.bulk(b"off");
    reply.bulk(b"redirect");
    reply.integer(-1);
    reply.bulk(b"prefixes");
    reply.array(0);
    Ok(())
}
