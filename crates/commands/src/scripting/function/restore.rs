//! FUNCTION RESTORE: libraries from bytes.

use command_spec::*;
use engine::*;

pub const FUNCTION_RESTORE: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "restore",
        group: Group::Scripting,
        summary: "Makes libraries of what FUNCTION DUMP has given.",
        since: "7.0.0",
        complexity: "O(N) where N is the number of functions on the payload",
        arity: -3,
        flags: flag::DENYOOM | flag::NOSCRIPT | flag::WRITE,
        categories: category::SCRIPTING | category::SLOW | category::WRITE,
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        arguments: &[
            Argument::string("serialized-value"),
            Argument::one_of(
                "policy",
                &[
                    Argument::pure_token("flush", "FLUSH"),
                    Argument::pure_token("append", "APPEND"),
                    Argument::pure_token("replace", "REPLACE"),
                ],
            )
            .optional(),
        ],
        ..CommandSpec::DEFAULT
    },
    restore,
);

use engine::guests::FunctionsPolicy;
use persistence::rdb::dump;

use crate::arguments::is;

fn restore(context: &mut Context<'_>) -> CommandResult {
    const BAD_PAYLOAD: CommandError =
        CommandError::constant("ERR DUMP payload version or checksum are wrong");
    if context.argv.len() > 4 {
        return Err(crate::help::wrong_subcommand("FUNCTION", context.argv[1]));
    }
    let policy = match context.argv.get(3) {
        None => FunctionsPolicy::Append,
        Some(word) if is(word, "APPEND") => FunctionsPolicy::Append,
        Some(word) if is(word, "REPLACE") => FunctionsPolicy::Replace,
        Some(word) if is(word, "FLUSH") => FunctionsPolicy::Flush,
        Some(_) => {
            return Err(CommandError::constant(
                "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
            ));
        }
    };
    let body = dump::verify(context.argv[2], false).map_err(|_| BAD_PAYLOAD)?;
    let codes = dump::load_libraries(body).map_err(|error| CommandError::err(error.to_string()))?;
    let codes: Vec<&[u8]> = codes.iter().map(|code| &**code).collect();
    let host = crate::scripting::host(context)?;
    host.restore_libraries(context.state, &codes, policy, super::is_limited(context))?;
    context.state.dirty += 1;
    context.reply.ok();
    Ok(())
}
