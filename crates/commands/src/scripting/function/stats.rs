//! FUNCTION STATS: tell what runs, and how much there is.

use command_spec::*;
use engine::*;

pub const FUNCTION_STATS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "stats",
        group: Group::Scripting,
        summary: "Tells which function runs, and how many there are.",
        since: "7.0.0",
        complexity: "O(1)",
        arity: 2,
        flags: flag::ALLOW_BUSY | flag::NOSCRIPT,
        categories: category::SCRIPTING | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        ..CommandSpec::DEFAULT
    },
    stats,
);

fn stats(context: &mut Context<'_>) -> CommandResult {
    let host = crate::scripting::host(context)?;
    let running = host.running_function(context.state.clock.monotonic_us_now());
    if running.is_none()
        && let Some(busy) = &context.state.busy_error
    {
        return Err(busy.clone());
    }
    let reply = &mut *context.reply;
    reply.map(2);
    reply.bulk(b"running_script");
    match running {
        None => reply.null(),
        Some((name, argv, running_ms)) => {
            reply.map(3);
            reply.bulk(b"name");
            reply.bulk(name.as_bytes());
            reply.bulk(b"command");
            reply.array(argv.len());
            for word in argv {
                reply.bulk(&word);
            }
            reply.bulk(b"duration_ms");
            reply.integer(i64::try_from(running_ms).unwrap_or(i64::MAX));
        }
    }
    let figures = host.figures();
    reply.bulk(b"engines");
    reply.map(1);
    reply.bulk(b"LUA");
    reply.map(2);
    reply.bulk(b"libraries_count");
    reply.integer(figures.libraries as i64);
    reply.bulk(b"functions_count");
    reply.integer(figures.functions as i64);
    Ok(())
}
