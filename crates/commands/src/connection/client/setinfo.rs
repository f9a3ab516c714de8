//! CLIENT SETINFO: which library and version speaks.

use command_spec::*;
use engine::*;

use super::setname::is_printable;
use crate::arguments::is;

pub const CLIENT_SETINFO: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "setinfo",
        group: Group::Connection,
        summary: "Tells which client library speaks.",
        since: "7.2.0",
        complexity: "O(1)",
        arity: 4,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        arguments: &[Argument::one_of(
            "attr",
            &[
                Argument::string("libname").token("LIB-NAME"),
                Argument::string("libver").token("LIB-VER"),
            ],
        )],
        ..CommandSpec::DEFAULT
    },
    setinfo,
);

fn setinfo(context: &mut Context<'_>) -> CommandResult {
    let (option, value) = (context.argv[2], context.argv[3]);
    let is_name = is(option, "lib-name");
    if !is_name && !is(option, "lib-ver") {
        return Err(CommandError::err([b"Unrecognized option '", option, b"'"].concat()));
    }
    if !is_printable(value) {
        let text = b" cannot contain spaces, newlines or special characters.";
        return Err(CommandError::err([option, &text[..]].concat()));
    }
    let client = context.client_mut();
    let field = if is_name { &mut client.library_name } else { &mut client.library_version };
    *field = value.to_vec();
    context.reply.ok();
    Ok(())
}
