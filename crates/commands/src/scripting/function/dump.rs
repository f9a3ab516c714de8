//! FUNCTION DUMP: all libraries as bytes.

use command_spec::*;
use engine::*;

pub const FUNCTION_DUMP: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "dump",
        group: Group::Scripting,
        summary: "Gives all libraries as bytes that FUNCTION RESTORE takes.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of functions",
        arity: 2,
        flags: flag::NOSCRIPT,
        categories: category::SCRIPTING | category::SLOW,
        ..CommandSpec::DEFAULT
    },
    dump,
);

use persistence::rdb::dump::dump_libraries;

fn dump(context: &mut Context<'_>) -> CommandResult {
    let libraries = crate::scripting::host(context)?.libraries();
    let codes = libraries.iter().map(|library| &*library.code);
    let payload = dump_libraries(codes, context.state.config.rdbcompression);
    context.reply.bulk(&payload);
    Ok(())
}
