//! CONFIG SET: new values for parameters, all of them or none.

use command_spec::*;
use engine::*;

use config::enums::ProtectedAction;
use config::{SetError, SetRules};
use engine::state::state_flag;

pub const CONFIG_SET: BuiltIn = BuiltIn::new(
    CommandSpec {
        name: "set",
        group: Group::Server,
        summary: "Gives parameters new values while the server runs.",
        since: "2.0.0",
        complexity: "O(N) where N is the number of parameters given.",
        arity: -4,
        flags: flag::ADMIN | flag::LOADING | flag::NOSCRIPT | flag::STALE,
        categories: category::ADMIN | category::DANGEROUS | category::SLOW,
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        arguments: &[Argument::block(
            "data",
            &[Argument::string("parameter"), Argument::string("value")],
        )
        .multiple()],
        history: &[("7.0.0", "Sets several parameters at once.")],
        ..CommandSpec::DEFAULT
    },
    set,
);

fn set(context: &mut Context<'_>) -> CommandResult {
    let words = context.argv.get(2..).unwrap_or(&[]);
    if !words.len().is_multiple_of(2) {
        return Err(error::SYNTAX);
    }
    let pairs: Vec<(&[u8], &[u8])> = words
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [name, value] => Some((*name, *value)),
            _ => None,
        })
        .collect();
    let rules = SetRules {
        loading: context.state.flags & state_flag::LOADING != 0,
        protected_allowed: protected_allowed(context),
    };
    let values = context.state.put_config(&pairs, rules).map_err(reply_error)?;
    // Inside EXEC the reply has its place and cannot come later.
    let waits = !context.client().has(client_flag::IN_EXEC | client_flag::FAKE);
    if values.may_fail() && waits {
        let client = context.client;
        context.client_mut().set(client_flag::PAUSED, true);
        context.state.effects.push(Effect::ConfigSet { client, values: Box::new(values) });
        return Ok(());
    }
    context.state.apply_config(values).map_err(reply_error)?;
    context.reply.ok();
    Ok(())
}

fn protected_allowed(context: &Context<'_>) -> bool {
    match context.state.config.enable_protected_configs {
        ProtectedAction::Yes => true,
        ProtectedAction::No => false,
        ProtectedAction::Local => context.client().is_local(),
    }
}

fn reply_error(error: SetError) -> CommandError {
    match error {
        SetError::Loading => error::LOADING,
        error => CommandError::owned(error.reply_text()),
    }
}
