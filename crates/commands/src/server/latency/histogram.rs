//! LATENCY HISTOGRAM: how long the calls of commands took.

use command_spec::*;
use engine::*;

use std::rc::Rc;

pub const LATENCY_HISTOGRAM: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "histogram",
        group: Group::Server,
        summary: "Shows how long the calls of commands took.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of commands shown.",
        arity: -2,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
        arguments: &[Argument::string("command").optional().multiple()],
        ..CommandSpec::DEFAULT
    },
    histogram,
);

fn histogram(context: &mut Context<'_>) -> CommandResult {
    let mut commands: Vec<Rc<Command>> = Vec::new();
    let names = context.argv.get(2..).unwrap_or(&[]);
    if names.is_empty() {
        context.state.table.for_each(|command| commands.push(command.clone()));
    }
    for name in names {
        let Some(command) = context.state.table.get_full(name) else { continue };
        let subcommands: Vec<Rc<Command>> =
            command.subcommands.borrow().values().cloned().collect();
        commands.push(command);
        commands.extend(subcommands);
    }
    let mark = context.reply.defer_map();
    let mut shown = 0;
    for command in commands {
        let histogram = command.stats.latency.borrow();
        let Some(histogram) = histogram.as_ref().filter(|histogram| histogram.calls() > 0) else {
            continue;
        };
        shown += 1;
        let reply = &mut *context.reply;
        reply.bulk(command.full_name.as_bytes());
        reply.map(2);
        reply.bulk(b"calls");
        reply.integer(super::integer(histogram.calls()));
        reply.bulk(b"histogram_usec");
        let rows = histogram.cumulative();
        reply.map(rows.len());
        for (usec, calls) in rows {
            reply.integer(super::integer(usec));
            reply.integer(super::integer(calls));
        }
    }
    context.reply.finish_map(mark, shown);
    Ok(())
}
