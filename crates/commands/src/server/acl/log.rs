//! ACL LOG: what was refused lately.

use command_spec::*;
use engine::*;

use acl::log::Entry;

use crate::arguments::{integer, is};
use crate::help::wrong_subcommand;

pub const ACL_LOG: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "log",
        group: Group::Server,
        summary: "Shows recent refusals.",
        since: "6.0.0",
        complexity: "O(N) with N being the number of entries shown.",
        arity: -2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::one_of(
            "operation",
            &[Argument::integer("count"), Argument::pure_token("reset", "RESET")],
        )
        .optional()],
        history: &[(
            "7.2.0",
            "Entries have a number and the times of their begin and last change.",
        )],
        ..CommandSpec::DEFAULT
    },
    log,
);

/// Entries shown when no number is given.
const COUNT_DEFAULT: usize = 10;

fn log(context: &mut Context<'_>) -> CommandResult {
    let count = match context.argv {
        [_, _] => COUNT_DEFAULT,
        [_, _, word] if is(word, "reset") => {
            context.state.permissions.log.clear();
            context.reply.ok();
            return Ok(());
        }
        [_, _, count] => usize::try_from(integer(count)?.max(0)).unwrap_or(usize::MAX),
        _ => return Err(wrong_subcommand("ACL", context.argv[1])),
    };
    let now_ms = context.now_ms();
    let Context { state, reply, .. } = context;
    let entries = state.permissions.log.entries();
    reply.array(entries.len().min(count));
    for entry in entries.take(count) {
        show(entry, now_ms, reply);
    }
    Ok(())
}

fn show(entry: &Entry, now_ms: i64, reply: &mut resp::reply::Reply) {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    reply.map(10);
    reply.bulk(b"count");
    reply.integer(number(entry.count));
    let texts: [(&str, &[u8]); 4] = [
        ("reason", entry.refusal.reason.name().as_bytes()),
        ("context", entry.refusal.origin.name().as_bytes()),
        ("object", &entry.refusal.object),
        ("username", &entry.refusal.user),
    ];
    for (name, text) in texts {
        reply.bulk(name.as_bytes());
        reply.bulk(text);
    }
    reply.bulk(b"age-seconds");
    reply.double((now_ms - entry.updated_ms) as f64 / 1000.0);
    reply.bulk(b"client-info");
    reply.bulk(&entry.client);
    reply.bulk(b"entry-id");
    reply.integer(number(entry.id));
    reply.bulk(b"timestamp-created");
    reply.integer(entry.created_ms);
    reply.bulk(b"timestamp-last-updated");
    reply.integer(entry.updated_ms);
}
