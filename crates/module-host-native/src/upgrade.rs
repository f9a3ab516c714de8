//! MODULE UPGRADE: another file takes the place of a module. The old one stays in memory, with all its values, until the new
//! one has taken these over; should anything fail before, it is put back as it was.

use std::rc::Rc;
use std::sync::Arc;

use engine::effect::LogLevel;
use engine::{Command, CommandError, CommandResult, Context, State};

use crate::host::{self, Inherited, NativeHost, find_module, log};
use crate::module::Module;
use crate::parking::{self, Kept};
use crate::{blocking, ended_waits, hooks, leaving};

/// What the old module had registered under names that the new one wants.
struct Names {
    place: usize,
    commands: Vec<(String, Rc<Command>)>,
    parameters: config::ModuleParameters,
    categories: Vec<(u64, String)>,
}

/// An upgrade that is under way.
struct Upgrade {
    old: Arc<Module>,
    names: Names,
    kept: Vec<Kept>,
}

/// What an upgrade has done.
struct Done {
    new: Arc<Module>,
    values: usize,
    told: usize,
}

/// MODULE UPGRADE.
pub fn upgrade(
    host: &NativeHost,
    context: &mut Context<'_>,
    name: &[u8],
    path: &[u8],
    argv: &[&[u8]],
) -> CommandResult {
    let (name, path) = (String::from_utf8_lossy(name), String::from_utf8_lossy(path));
    let state = &mut *context.state;
    let began_us = state.clock.monotonic_us_now();
    let failed = |reason: String| {
        log(LogLevel::Warning, &format!("Module '{name}' is not upgraded from {path}: {reason}"));
        CommandError::err(format!("Error upgrading module: {reason}"))
    };
    let old = find_module(&name).ok_or_else(|| {
        CommandError::err("Error upgrading module: no such module with that name")
    })?;
    let done = run(host, state, &old, &path, argv).map_err(failed)?;
    let took_us = state.clock.monotonic_us_now().saturating_sub(began_us);
    log(
        LogLevel::Notice,
        &format!(
            "Module '{name}' upgraded from {path}, with {} values, in {took_us} us",
            done.values
        ),
    );
    tell(context, &old, &done, took_us);
    Ok(())
}

fn tell(context: &mut Context<'_>, old: &Module, done: &Done, took_us: u64) {
    let reply = &mut *context.reply;
    let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    reply.map(8);
    reply.bulk(b"name");
    reply.bulk(done.new.name().as_bytes());
    for (field, module) in [("from", old), ("to", &*done.new)] {
        reply.bulk(format!("{field}-ver").as_bytes());
        reply.integer(i64::from(module.version.get()));
        reply.bulk(format!("{field}-sha256").as_bytes());
        match &module.origin {
            Some(origin) => reply.bulk(origin.digest.as_bytes()),
            None => reply.null(),
        }
    }
    reply.bulk(b"values");
    reply.integer(number(done.values));
    reply.bulk(b"unblocked-clients");
    reply.integer(number(done.told));
    reply.bulk(b"usec");
    reply.integer(i64::try_from(took_us).unwrap_or(i64::MAX));
}

fn run(
    host: &NativeHost,
    state: &mut State,
    old: &Arc<Module>,
    path: &str,
    argv: &[&[u8]],
) -> Result<Done, String> {
    // Who can have an answer is not told to ask again.
    blocking::finish_unblocked(state);
    if let Some(reason) = leaving::why_not_replace(old) {
        return Err(reason);
    }
    let old_argv = old.argv.borrow().clone();
    let old_argv: Vec<&[u8]> = old_argv.iter().map(Vec::as_slice).collect();
    let candidate = host.examine(state, path, argv, Some(&old_argv))?;
    host.probe(state, path, candidate.argv, &[])?;
    let kept = parking::set_aside(state, old)?;
    let inherited = Inherited {
        parameters: crate::config::changed(state, old),
        categories: old.categories.borrow().clone(),
    };
    let upgrade = Upgrade { old: old.clone(), names: take_names(state, old), kept };
    let new = match host.enter(state, candidate, Some(inherited)) {
        Ok(new) => new,
        Err(reason) => {
            upgrade.put_back(state);
            return Err(reason);
        }
    };
    state.revive_all();
    if let Some(reason) = upgrade.why_not_good(state, &new) {
        upgrade.restore(state);
        leaving::remove_module(state, &new);
        upgrade.put_back(state);
        return Err(reason);
    }
    upgrade.finish(state, new)
}

/// Takes the names of the module's commands, parameters and categories away from it, and its types with it.
fn take_names(state: &mut State, old: &Arc<Module>) -> Names {
    let parameters = state.config.modules.clone();
    state.config.modules.remove_module(&old.name());
    let commands = old.commands.take().into_iter();
    let commands = commands
        .filter_map(|name| leaving::take_command(state, &name).map(|command| (name, command)))
        .collect();
    let categories = state.table.module_categories.clone();
    Names { place: host::hide(old), commands, parameters, categories }
}

impl Upgrade {
    /// Why the new module cannot take the place of the old one.
    fn why_not_good(&self, state: &State, new: &Arc<Module>) -> Option<String> {
        if new.name() != self.old.name() {
            return Some(format!("the name of the new module is '{}'", new.name()));
        }
        let is_left = |kept: &&Kept| !parking::is_living(state, kept, new);
        let left: Vec<&Kept> = self.kept.iter().filter(is_left).collect();
        let first = left.first()?;
        let type_name = keyspace::module::name_of_type(first.type_id);
        let has_type = new.types.borrow().iter().any(|known| known.name == type_name);
        Some(if has_type {
            format!(
                "the new module does not take {} of {} values, the first of them '{}' of the type \
                 '{type_name}'",
                left.len(),
                self.kept.len(),
                first.key.escape_ascii()
            )
        } else {
            format!("the new module has no type '{type_name}', of which there are values")
        })
    }

    /// The old values take their keys again. The module of those that are there must not have gone yet.
    fn restore(&self, state: &mut State) {
        self.kept.iter().for_each(|kept| parking::restore(state, kept));
    }

    /// The old module is there again, as it was.
    fn put_back(self, state: &mut State) {
        self.restore(state);
        let Upgrade { old, names, .. } = self;
        state.config.modules = names.parameters;
        state.table.module_categories = names.categories;
        for (name, command) in names.commands {
            state.table.insert(&name, command);
            old.commands.borrow_mut().push(name);
        }
        host::show(&old, names.place);
        parking::came_back(state, &old);
        state.recompute_users();
    }

    /// Everything is taken over: the old module goes.
    fn finish(self, state: &mut State, new: Arc<Module>) -> Result<Done, String> {
        let old = self.old.clone();
        let name = old.name();
        let error = CommandError::owned(
            format!("UNBLOCKED the module '{name}' was upgraded, the call has to be made again")
                .into_bytes(),
        );
        let told = ended_waits::tell_waiting(state, &old, &error);
        // Its own values, before it gives back what it needs to free them.
        self.kept.iter().for_each(|kept| drop(kept.living.take()));
        let is_freed = parking::wait_until_freed(&old);
        if !leaving::call_on_unload(state, &old) {
            self.kept.iter().for_each(|kept| parking::park_again(state, kept));
            leaving::remove_module(state, &new);
            self.put_back(state);
            state.revive_all();
            return Err("the OnUnload function of the old module refuses".to_owned());
        }
        blocking::finish_unblocked(state);
        leaving::leave(state, &old, is_freed);
        host::hide(&new);
        host::show(&new, self.names.place);
        follow(state, &name);
        state.recompute_users();
        hooks::tell_module_change(state, &old, false);
        hooks::tell_module_change(state, &new, true);
        Ok(Done { new, values: self.kept.len(), told })
    }
}

/// Transactions go on with the commands of the new module.
fn follow(state: &mut State, name: &str) {
    for (_, session) in state.clients.iter_mut() {
        for queued in &mut session.queue {
            if queued.command.guest().is_some_and(|guest| guest.module_name() == name)
                && let Some(command) = state.table.get_full(queued.command.full_name.as_bytes())
            {
                queued.command = command;
            }
        }
    }
}
