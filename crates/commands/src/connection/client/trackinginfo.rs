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
    let client = &context.state.clients[context.client];
    let options = client.tracking.as_deref();
    let reply = &mut *context.reply;
    reply.map(3);
    reply.bulk(b"flags");
    let flags: Vec<&str> = match options {
        None => vec!["off"],
        Some(options) => [
            (true, "on"),
            (options.broadcast, "bcast"),
            (options.opt_in, "optin"),
            (options.opt_in && options.caching, "caching-yes"),
            (options.opt_out, "optout"),
            (options.opt_out && options.caching, "caching-no"),
            (options.no_loop, "noloop"),
            (options.broken_redirect, "broken_redirect"),
        ]
        .into_iter()
        .filter(|(on, _)| *on)
        .map(|(_, name)| name)
        .collect(),
    };
    reply.set(flags.len());
    flags.iter().for_each(|name| reply.bulk(name.as_bytes()));
    reply.bulk(b"redirect");
    reply.integer(client.tracking_redirect().map_or(-1, |number| number as i64));
    reply.bulk(b"prefixes");
    let prefixes = options.map(|options| options.prefixes.as_slice()).unwrap_or_default();
    reply.array(prefixes.len());
    prefixes.iter().for_each(|prefix| reply.bulk(prefix));
    Ok(())
}
