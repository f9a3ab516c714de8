//! SLOWLOG GET: the newest slow calls.

use command_spec::*;
use engine::*;

pub const SLOWLOG_GET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "get",
        group: Group::Server,
        summary: "Shows the newest entries of the slow log.",
        since: "2.2.12",
        complexity: "O(N) where N is the number of entries shown.",
        arity: -2,
        flags: flag::ADMIN | flag::LOADING | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "nondeterministic_output"],
        arguments: &[Argument::integer("count").optional()],
        history: &[
            ("4.0.0", "Tells the address and the name of the client."),
            ("8.10.0", "Tells the number of arguments."),
        ],
        ..CommandSpec::DEFAULT
    },
    get,
);

/// Entries shown when no number is given.
const COUNT_DEFAULT: usize = 10;

fn get(context: &mut Context<'_>) -> CommandResult {
    let len = context.state.slowlog.entries.len();
    let count = match context.argv.get(2) {
        None => COUNT_DEFAULT,
        Some(count) => match stdx::number::parse_i64(count) {
            Some(-1) => len,
            Some(count) if count >= 0 => usize::try_from(count).unwrap_or(len),
            _ => {
                return Err(CommandError::err("count should be greater than or equal to -1"));
            }
        },
    };
    let reply = &mut *context.reply;
    reply.array(count.min(len));
    for entry in context.state.slowlog.entries.iter().take(count) {
        // Redis's shape, and behind it what old clients need not know.
        reply.array(if entry.module.is_some() { 8 } else { 7 });
        reply.integer(entry.id);
        reply.integer(entry.unix_s);
        reply.integer(i64::try_from(entry.duration_us).unwrap_or(i64::MAX));
        reply.array(entry.argv.len());
        for argument in &entry.argv {
            reply.bulk(argument);
        }
        reply.bulk(entry.peer.as_bytes());
        reply.bulk(&entry.client_name);
        reply.integer(i64::try_from(entry.argc).unwrap_or(i64::MAX));
        if let Some(module) = &entry.module {
            reply.bulk(module.as_bytes());
        }
    }
    Ok(())
}
