//! CLIENT CACHING: whether the keys of the next command are tracked.

use command_spec::*;
use engine::*;

use crate::arguments::is;

pub const CLIENT_CACHING: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "caching",
        group: Group::Connection,
        summary: "Says whether the keys of the next command are tracked.",
        since: "6.0.0",
        complexity: "O(1)",
        arity: 3,
        flags: flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::CONNECTION | category::SLOW,
        arguments: &[Argument::one_of(
            "mode",
            &[Argument::pure_token("yes", "YES"), Argument::pure_token("no", "NO")],
        )],
        ..CommandSpec::DEFAULT
    },
    caching,
);

fn caching(context: &mut Context<'_>) -> CommandResult {
    let word = context.argv[2];
    let Some(options) = context.client_mut().tracking.as_deref_mut() else {
        return Err(CommandError::err(
            "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or \
             OPTOUT mode enabled",
        ));
    };
    if is(word, "yes") {
        if !options.opt_in {
            return Err(CommandError::err(
                "CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
            ));
        }
    } else if is(word, "no") {
        if !options.opt_out {
            return Err(CommandError::err(
                "CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
            ));
        }
    } else {
        return Err(error::SYNTAX);
    }
    options.caching = true;
    context.reply.ok();
    Ok(())
}
