//! CONFIG SET: new values for parameters, all of them or none.

use command_spec::*;
use engine::server_event::ServerEvent;
use engine::*;

use config::enums::ProtectedAction;
use config::{Change, SetError, SetRules};
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
    let (next, changes) =
        context.state.config.prepare(pairs.iter().copied(), rules).map_err(reply_error)?;
    let previous = std::mem::replace(&mut context.state.config, next);
    if let Err(error) = change_modules(context, &changes) {
        context.state.config = previous;
        return Err(reply_error(error));
    }
    if let Err(reason) = context.state.switch_aof() {
        context.state.config = previous;
        return Err(reply_error(SetError::refused(b"appendonly", reason)));
    }
    let names: Vec<(&'static str, Vec<u8>)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Parameter(name) => Some((*name, spelling(&pairs, name))),
            Change::Module { .. } => None,
        })
        .collect();
    apply(context, previous, names);
    Ok(())
}

/// Applies the changes; what may fail is left to the shell, which then replies.
fn apply(context: &mut Context<'_>, previous: config::Config, names: Vec<(&'static str, Vec<u8>)>) {
    const MAY_FAIL: &[&str] =
        &["bind", "dir", "maxclients", "oom-score-adj", "oom-score-adj-values", "port"];
    let may_fail =
        names.iter().any(|(name, _)| MAY_FAIL.contains(name) || name.starts_with("tls-"));
    // Inside EXEC the reply has its place and cannot come later.
    if may_fail && !context.client().has(client_flag::IN_EXEC | client_flag::FAKE) {
        let client = context.client;
        context.client_mut().set(client_flag::PAUSED, true);
        let previous = Box::new(previous);
        context.state.effects.push(Effect::ConfigSet { client, previous, names });
        return;
    }
    let mut changed = Vec::new();
    for (name, _) in names {
        context.state.config_changed(name);
        changed.push(name.to_owned());
    }
    context.state.emit(&ServerEvent::ConfigChange { names: changed });
    context.reply.ok();
}

/// As the client spelled the name of a parameter.
fn spelling(pairs: &[(&[u8], &[u8])], name: &str) -> Vec<u8> {
    let parameter = config::Parameter::find(name.as_bytes());
    let found = pairs
        .iter()
        .find(|(given, _)| parameter.is_some_and(|parameter| parameter.is_named(given)));
    found.map_or_else(|| name.as_bytes().to_vec(), |(given, _)| given.to_vec())
}

fn change_modules(context: &mut Context<'_>, changes: &[Change]) -> Result<(), SetError> {
    let changed: Vec<(String, config::ModuleValue)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Module { name, value } => Some((name.clone(), value.clone())),
            Change::Parameter(_) => None,
        })
        .collect();
    match context.state.guests.modules.clone() {
        Some(host) if !changed.is_empty() => host
            .set_config(context.state, &changed)
            .map_err(|(name, reason)| SetError::refused(name, reason)),
        _ => Ok(()),
    }
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
