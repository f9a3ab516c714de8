//! What happens while a script takes long: the time is looked at every so many instructions, others are answered in between,
//! and whoever is told to end it does.

use std::rc::Rc;

use engine::effect::LogLevel;
use engine::{CommandError, State};
use mlua::{HookTriggers, Lua, VmState};

use crate::interpreter::INSTRUCTIONS_PER_LOOK;
use crate::run::Link;

const BUSY_SCRIPT: CommandError = CommandError::constant(
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
);
const BUSY_FUNCTION: CommandError = CommandError::constant(
    "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
);

/// What ends a script; nobody is told, for the reply says who ended it.
const ENDED: &str = "ended";

/// Longest time that loading a library may take.
pub const LOAD_TIMEOUT_US: u64 = 500_000;

fn triggers() -> HookTriggers {
    HookTriggers::new().every_nth_instruction(INSTRUCTIONS_PER_LOOK)
}

/// Has the interpreter look at the time.
pub fn watch(lua: &Lua, link: &Rc<Link>) -> mlua::Result<()> {
    set_hook(lua, link, triggers())
}

/// Looks at the time. An error ends what runs.
fn look(lua: &Lua, link: &Rc<Link>) -> mlua::Result<()> {
    if link.killed.get() {
        return Err(end(lua, link));
    }
    let deadline_us = link.load_deadline_us.get();
    if deadline_us.is_none() && !link.is_running.get() {
        return Ok(());
    }
    // While a command of the script runs there is nothing to look at: hooks are for Lua's instructions.
    link.state.with(|state| {
        let now_us = state.clock.monotonic_us_now();
        match deadline_us {
            Some(deadline_us) if now_us > deadline_us => link.killed.set(true),
            Some(_) => {}
            None => serve_others(link, state, now_us),
        }
    });
    if link.killed.get() {
        return Err(end(lua, link));
    }
    Ok(())
}

/// Answers others, if the script has run for so long that it shall.
fn serve_others(link: &Link, state: &mut State, now_us: u64) {
    let threshold_ms = u64::try_from(state.config.busy_reply_threshold).unwrap_or(0);
    let running_ms = now_us.saturating_sub(link.started_us.get()) / 1000;
    if threshold_ms == 0 || running_ms < threshold_ms {
        return;
    }
    if !link.is_busy.replace(true) {
        let running = link.running.borrow();
        let command = if running.is_function { "FUNCTION KILL" } else { "SCRIPT KILL" };
        state.log(
            LogLevel::Warning,
            format!(
                "Slow script detected: still in execution after {running_ms} milliseconds. You can \
                 try killing the script using the {command} command. Script name is: {}.",
                running.name
            ),
        );
        state.begin_busy(if running.is_function { BUSY_FUNCTION } else { BUSY_SCRIPT });
    }
    state.serve_others();
}

/// The error that ends a script. It may be caught, so from now on every line ends it again; each coroutine is told when
/// it comes to be looked at.
pub fn end(lua: &Lua, link: &Rc<Link>) -> mlua::Error {
    // Without the new trigger it is ended again at the next look.
    let _ = set_hook(lua, link, triggers().every_line());
    mlua::Error::runtime(ENDED)
}

fn set_hook(lua: &Lua, link: &Rc<Link>, triggers: HookTriggers) -> mlua::Result<()> {
    let link = link.clone();
    lua.set_global_hook(triggers, move |lua, _| {
        look(lua, &link)?;
        Ok(VmState::Continue)
    })
}
