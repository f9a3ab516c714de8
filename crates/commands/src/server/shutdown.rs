//! SHUTDOWN: save as configured and end the server.

use std::rc::Rc;

use command_spec::*;
use engine::*;

use crate::arguments::is;
use engine::blocking::BlockKind;
use engine::effect::ShutdownRequest;

pub const SHUTDOWN: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "shutdown",
        group: Group::Server,
        summary: "Ends the server.",
        since: "1.0.0",
        complexity: "O(N) when saving, where N is the number of keys, otherwise O(1)",
        arity: -1,
        flags: flag::ADMIN
            | flag::ALLOW_BUSY
            | flag::LOADING
            | flag::NO_MULTI
            | flag::NOSCRIPT
            | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        arguments: &[
            Argument::one_of(
                "save-selector",
                &[Argument::pure_token("nosave", "NOSAVE"), Argument::pure_token("save", "SAVE")],
            )
            .optional(),
            Argument::pure_token("now", "NOW").since("7.0.0").optional(),
            Argument::pure_token("force", "FORCE").since("7.0.0").optional(),
            Argument::pure_token("abort", "ABORT").since("7.0.0").optional(),
        ],
        history: &[("7.0.0", "The options NOW, FORCE and ABORT.")],
        ..CommandSpec::DEFAULT
    },
    shutdown,
);

fn shutdown(context: &mut Context<'_>) -> CommandResult {
    let mut request = ShutdownRequest::default();
    for option in context.argv.get(1..).unwrap_or(&[]) {
        if is(option, "save") && request.save != Some(false) {
            request.save = Some(true);
        } else if is(option, "nosave") && request.save != Some(true) {
            request.save = Some(false);
        } else if is(option, "now") {
            request.now = true;
        } else if is(option, "force") {
            request.force = true;
        } else if is(option, "abort") {
            request.abort = true;
        } else {
            return Err(error::SYNTAX);
        }
    }
    if request.abort && context.argv.len() > 2 {
        return Err(error::SYNTAX);
    }
    if !request.abort && context.deny_blocking() {
        return Err(CommandError::err(
            "SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client",
        ));
    }
    let client = Some(context.client);
    if !request.abort && !request.now {
        // It may take a while: replicas are waited for.
        context.block(BlockKind::Shutdown, 0, Rc::new(|_, _| {}));
    }
    context.client_mut().set(client_flag::PAUSED, true);
    context.state.effects.push(Effect::Shutdown { client, request });
    Ok(())
}
