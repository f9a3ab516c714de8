//! CONFIG GET: parameters and their values, by name or pattern.

use command_spec::*;
use engine::*;

pub const CONFIG_GET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "get",
        group: Group::Server,
        summary: "Shows parameters and their values.",
        since: "2.0.0",
        complexity: "O(N) where N is the number of parameters.",
        arity: -3,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[Argument::string("parameter").multiple()],
        history: &[("7.0.0", "Takes several patterns.")],
        ..CommandSpec::DEFAULT
    },
    get,
);

fn get(context: &mut Context<'_>) -> CommandResult {
    if let Some(host) = context.state.guests.modules.clone() {
        host.refresh_config(context.state);
    }
    let patterns = context.argv.get(2..).unwrap_or(&[]);
    let found = context.state.config.matching(patterns.iter().copied());
    context.reply.map(found.len());
    for (name, value) in found {
        context.reply.bulk(name.as_bytes());
        context.reply.bulk(&value);
    }
    Ok(())
}
