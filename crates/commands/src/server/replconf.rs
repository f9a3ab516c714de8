//! REPLCONF: what a replica tells of itself.

use command_spec::*;
use engine::*;

pub const REPLCONF: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "replconf",
        group: Group::Server,
        summary: "Tells the primary about a replica, and how far it has come.",
        since: "3.0.0",
        complexity: "O(1)",
        arity: -1,
        flags: flag::ADMIN | flag::ALLOW_BUSY | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    replconf,
);

use crate::arguments::is;

/// What a replica may say before it asks for the data.
const KNOWN: [&str; 6] =
    ["listening-port", "ip-address", "capa", "rdb-only", "rdb-filter-only", "version"];

fn replconf(context: &mut Context<'_>) -> CommandResult {
    let pairs = &context.argv[1..];
    if !pairs.len().is_multiple_of(2) {
        return Err(error::SYNTAX);
    }
    for pair in pairs.chunks_exact(2) {
        // Acknowledgements are not answered.
        if is(pair[0], "ack") || is(pair[0], "getack") {
            return Ok(());
        }
        if !KNOWN.iter().any(|known| is(pair[0], known)) {
            let text = [b"Unrecognized REPLCONF option: ".as_slice(), pair[0]].concat();
            return Err(CommandError::err(text));
        }
    }
    context.reply.ok();
    Ok(())
}
