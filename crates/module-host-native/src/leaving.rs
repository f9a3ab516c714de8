//! What becomes of a module that goes: whether it can, what it is asked, and what is taken out with it.

use std::rc::Rc;
use std::sync::Arc;

use engine::effect::LogLevel;
use engine::{Command, State};
use module_abi::status;

use crate::context::{Ctx, Kind};
use crate::host::{self, entry_address, is_listed, log, modules};
use crate::library::Library;
use crate::module::{Module, OnUnload};
use crate::{notifications, parking, ptr};

/// A module that had come in goes again, whatever it says. What it has of values is parked.
pub fn remove_module(state: &mut State, module: &Arc<Module>) {
    let is_freed = parking::take_back(state, module);
    call_on_unload(state, module);
    crate::blocking::finish_unblocked(state);
    leave(state, module, is_freed);
}

/// The last of a module that goes. `is_freed`: none of its values is left.
pub fn leave(state: &mut State, module: &Arc<Module>, is_freed: bool) {
    if !is_freed || runs_threads(module) {
        let name = module.name();
        let text = format!("Module {name}: its code stays in memory, since it is still needed");
        log(LogLevel::Warning, &text);
        module.keep_code();
    }
    remove_everything(state, module);
    host::hide(module);
}

/// Whether threads run that would have no code any more without the module.
pub fn runs_threads(module: &Module) -> bool {
    entry_address(&module.library).is_some_and(|address| module.library.runs_threads(address))
}

fn on_unload_address(module: &Module) -> Option<*mut std::ffi::c_void> {
    let names = [c"RedisModule_OnUnload", c"ValkeyModule_OnUnload"];
    let found = names.iter().map(|name| module.library.symbol(name));
    found.into_iter().find(|address| !address.is_null())
}

/// Takes a command out of the table.
pub fn take_command(state: &mut State, name: &str) -> Option<Rc<Command>> {
    let command = state.table.remove(name.as_bytes())?;
    for (_, session) in state.clients.iter_mut() {
        let is_last = session
            .last_command
            .as_ref()
            .is_some_and(|last| Rc::ptr_eq(last, &command) || last.parent.as_deref() == Some(name));
        if is_last {
            session.last_command = None;
        }
    }
    Some(command)
}

/// Takes out all that a module registered.
pub fn remove_everything(state: &mut State, module: &Arc<Module>) {
    for name in module.commands.take() {
        take_command(state, &name);
    }
    notifications::forget_module(state, module);
    if !crate::key_meta_classes::forget_module(module) {
        module.keep_code();
    }
    crate::timers::forget_module(state, module);
    if let Some(symbol) = entry_address(&module.library) {
        crate::event_loop::forget(|address| Library::holds(symbol, address));
    }
    crate::logins::forget_module(module);
    for (number, filter) in module.filters.take() {
        state.command_filters.retain(|(known, _)| *known != number);
        drop(ptr::take_back(filter.cast::<crate::filters::Filter>()));
    }
    if !module.configs.take().is_empty() && is_listed(module) {
        state.config.modules.remove_module(&module.name());
    }
    module.exported.take();
    module.info_func.set(None);
}

/// Why a module cannot make room for another one: what that cannot take over.
pub fn why_not_replace(module: &Module) -> Option<String> {
    let used = modules().iter().any(|other| other.using.borrow().contains(&module.name()));
    if used {
        return Some("the module exports APIs used by other modules".to_owned());
    }
    if crate::key_meta_classes::has_classes(module) {
        return Some("the module attaches metadata to keys, which is not handed over".to_owned());
    }
    why_not_leave(module)
}

/// Why the code of a module cannot go.
fn why_not_leave(module: &Module) -> Option<String> {
    if module.inside.get() > 0 {
        return Some("functions of the module are running".to_owned());
    }
    if on_unload_address(module).is_none() && runs_threads(module) {
        return Some(
            "threads of the module run, and it has no OnUnload function that would end them"
                .to_owned(),
        );
    }
    None
}

/// `park`: its values are going to be parked.
pub fn why_not_unload(module: &Module, park: bool) -> Option<String> {
    if !park && !module.types.borrow().is_empty() {
        return Some(
            "the module exports one or more module-side data types, can't unload".to_owned(),
        );
    }
    let used = modules().iter().any(|other| other.using.borrow().contains(&module.name()));
    if used {
        return Some(
            "the module exports APIs used by other modules. Please unload them first and try again"
                .to_owned(),
        );
    }
    if module.blocked_clients.get() > 0 {
        return Some(
            "the module has blocked clients. Please wait for them to be unblocked and try again"
                .to_owned(),
        );
    }
    if module.timers.get() > 0 {
        return Some("the module holds timer that is not fired. Please stop the timer or wait until it fires.".to_owned());
    }
    why_not_leave(module)
}

/// Asks a module whether it can go; those without such a function always can.
pub fn call_on_unload(state: &mut State, module: &Arc<Module>) -> bool {
    let Some(address) = on_unload_address(module) else { return true };
    // SAFETY: a symbol of this name is a function of this signature by the API's contract.
    let function = unsafe { std::mem::transmute::<*mut std::ffi::c_void, OnUnload>(address) };
    let mut ctx = Ctx::new(Some(module.clone()), Kind::Load, state, std::ptr::null_mut());
    // SAFETY: as above; the context outlives the call.
    module.run("OnUnload", || unsafe { function(&raw mut ctx) }) == status::OK
}
