//! FUNCTION LOAD: make a library of its code.

use command_spec::*;
use engine::*;

pub const FUNCTION_LOAD: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "load",
        group: Group::Scripting,
        summary: "Makes a library of its code.",
        since: "7.0.0",
        complexity: "O(1) (considering compilation time is redundant)",
        arity: -3,
        flags: flag::DENYOOM | flag::NOSCRIPT | flag::WRITE,
        categories: category::SCRIPTING | category::SLOW | category::WRITE,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        arguments: &[
            Argument::pure_token("replace", "REPLACE").optional(),
            Argument::string("function-code"),
        ],
        ..CommandSpec::DEFAULT
    },
    load,
);

use crate::arguments::is;

fn load(context: &mut Context<'_>) -> CommandResult {
    let host = crate::scripting::host(context)?;
    let argv = context.argv;
    let (code, options) = argv[2..].split_last().expect("the arity asks for the code");
    let mut replace = false;
    for option in options {
        if replace || !is(option, "REPLACE") {
            let text = [b"Unknown option given: ", *option].concat();
            return Err(CommandError::err(text));
        }
        replace = true;
    }
    let name = host.load_library(context.state, code, replace, super::is_limited(context))?;
    context.state.dirty += 1;
    context.reply.bulk(name.as_bytes());
    Ok(())
}
