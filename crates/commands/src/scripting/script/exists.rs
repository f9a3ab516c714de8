//! SCRIPT EXISTS: which scripts are known.

use command_spec::*;
use engine::*;

pub const SCRIPT_EXISTS: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "exists",
        group: Group::Scripting,
        summary: "Tells which scripts are known.",
        since: "2.6.0",
        complexity: "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
        arity: -3,
        flags: flag::NOSCRIPT,
        categories: category::SCRIPTING | category::SLOW,
        tips: &["request_policy:all_shards", "response_policy:agg_logical_and"],
        arguments: &[Argument::string("sha1").multiple()],
        ..CommandSpec::DEFAULT
    },
    exists,
);

fn exists(context: &mut Context<'_>) -> CommandResult {
    let host = crate::scripting::host(context)?;
    let names = &context.argv[2..];
    context.reply.array(names.len());
    for name in names {
        context.reply.integer(i64::from(host.exists(name)));
    }
    Ok(())
}
