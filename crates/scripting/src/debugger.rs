//! Runs a script step by step: a hook stops it at lines, and the client's own commands say how it goes on.

mod commands;
mod dump;
mod log;
mod request;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::effect::LogLevel;
use engine::guests::{DebugConsole, ForkSide, ScriptDebugging};
use engine::{ClientId, CommandError, CommandResult, Context, Effect};
use mlua::debug::{Debug, DebugEvent, HookTriggers};
use mlua::{Lua, Value, VmState};

use crate::interpreter::{INSTRUCTIONS_PER_LOOK, Interpreter};
use crate::run::{Link, lua_failure};
use log::Log;

/// Nobody is there to say how an endless script goes on.
const GONE: &str = "ERR timeout during Lua debugging with client closing the connection";

/// How Lua calls the chunk of a script.
const CHUNK: &str = "user_script";

/// What is run.
pub struct Script<'a> {
    pub link: &'a Rc<Link>,
    pub interpreter: Rc<Interpreter>,
    pub body: &'a [u8],
}

/// How a stop ended.
pub enum End {
    Resumed,
    /// The client has gone.
    Gone,
    /// The script is to end, for this reason.
    Ended(&'static str),
}

/// One session.
pub struct Debugger {
    console: Rc<dyn DebugConsole>,
    client: ClientId,
    lines: Vec<Vec<u8>>,
    breakpoints: RefCell<Vec<usize>>,
    /// Stop at the next line.
    step: Cell<bool>,
    /// The script has said so itself.
    stop_asked: Cell<bool>,
    /// Commands are read, so what runs now is not the script.
    stopped: Cell<bool>,
    /// Where it stands.
    line: Cell<usize>,
    /// Since when it has run without a stop.
    resumed_us: Cell<u64>,
    log: RefCell<Log>,
}

/// Runs it for the client of `context`. What it replies with goes out behind all that the debugger says, and the
/// connection ends.
pub fn run(
    script: &Script<'_>,
    context: &mut Context<'_>,
    debugging: ScriptDebugging,
    console: Rc<dyn DebugConsole>,
    body: impl FnOnce(&mut Context<'_>) -> CommandResult,
) -> CommandResult {
    let client = context.client;
    let is_child = debugging == ScriptDebugging::Forked;
    if is_child {
        let forked = console.fork(client).map_err(|reason| {
            CommandError::err(format!("Can't fork to run the script step by step: {reason}"))
        })?;
        if forked == ForkSide::Parent {
            context.state.effects.push(Effect::Disconnect { client, after_reply: false });
            return Ok(());
        }
    } else {
        context.state.log(LogLevel::Notice, "The server runs a script step by step");
    }
    let debugger = Rc::new(Debugger::new(console.clone(), client, script.body));
    let interpreter = &script.interpreter;
    *script.link.debugger.borrow_mut() = Some(debugger.clone());
    let result = debugger.watch(script.link, interpreter).map_err(lua_failure);
    let result = result.and_then(|()| body(context));
    *script.link.debugger.borrow_mut() = None;
    crate::busy::watch(&interpreter.lua, script.link).map_err(lua_failure)?;
    debugger.say("<endsession>");
    debugger.send();
    if is_child {
        if let Err(error) = &result {
            context.reply.error(error.as_bytes());
        }
        console.write(client, context.reply.as_bytes());
        console.end_child();
    }
    context.state.log(LogLevel::Notice, "The script has been run");
    context.client_mut().debugging = None;
    context.state.effects.push(Effect::Disconnect { client, after_reply: true });
    result
}

fn lines_of(body: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = body.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

impl Debugger {
    fn new(console: Rc<dyn DebugConsole>, client: ClientId, body: &[u8]) -> Debugger {
        Debugger {
            console,
            client,
            lines: lines_of(body),
            breakpoints: RefCell::default(),
            step: Cell::new(true),
            stop_asked: Cell::new(false),
            stopped: Cell::new(false),
            line: Cell::new(0),
            resumed_us: Cell::new(0),
            log: RefCell::default(),
        }
    }

    /// Has the interpreter look at every line.
    fn watch(self: &Rc<Self>, link: &Rc<Link>, interpreter: &Rc<Interpreter>) -> mlua::Result<()> {
        let (debugger, link) = (self.clone(), link.clone());
        // The interpreter owns the hook, which must not own the interpreter.
        let weak = Rc::downgrade(interpreter);
        let triggers =
            HookTriggers::new().every_line().every_nth_instruction(INSTRUCTIONS_PER_LOOK);
        interpreter.lua.set_global_hook(triggers, move |lua, place| {
            if let Some(interpreter) = weak.upgrade() {
                debugger.look(lua, &link, &interpreter, place)?;
            }
            Ok(VmState::Continue)
        })
    }

    /// Stops, if there is a reason to. An error ends the script.
    fn look(
        &self,
        lua: &Lua,
        link: &Rc<Link>,
        interpreter: &Interpreter,
        place: &Debug<'_>,
    ) -> mlua::Result<()> {
        if self.stopped.get() || !is_of_script(place) {
            return Ok(());
        }
        let Some(line) = place.current_line() else { return Ok(()) };
        self.line.set(line);
        let reason = if place.event() == DebugEvent::Count {
            self.is_overdue(link).then_some("timeout reached, infinite loop?")
        } else if self.stop_asked.get() {
            Some("redis.breakpoint() called")
        } else if self.breakpoints.borrow().contains(&line) {
            Some("break point")
        } else {
            self.step.get().then_some("step over")
        };
        let Some(reason) = reason else { return Ok(()) };
        self.stop_asked.set(false);
        self.step.set(false);
        self.say(format!("* Stopped at {line}, stop reason = {reason}"));
        self.say_line(line);
        self.send();
        self.stopped.set(true);
        let end = self.take_commands(link, interpreter);
        self.stopped.set(false);
        let ended_because = match end {
            End::Resumed => None,
            End::Gone if place.event() == DebugEvent::Count => Some(GONE),
            End::Gone => {
                // What has begun is brought to its end.
                self.breakpoints.borrow_mut().clear();
                None
            }
            End::Ended(because) => Some(because),
        };
        if let Some(because) = ended_because {
            link.killed_because.set(Some(because));
            link.killed.set(true);
            return Err(crate::busy::end(lua, link));
        }
        self.resumed_us.set(now_us(link));
        Ok(())
    }

    fn is_overdue(&self, link: &Link) -> bool {
        let threshold_ms = link.state.with(|state| state.config.busy_reply_threshold).unwrap_or(0);
        let Ok(threshold_ms @ 1..) = u64::try_from(threshold_ms) else { return false };
        !self.step.get() && now_us(link).saturating_sub(self.resumed_us.get()) > threshold_ms * 1000
    }

    /// `redis.breakpoint`.
    pub fn stop_at_next_line(&self) {
        self.stop_asked.set(true);
    }

    /// `redis.debug`.
    pub fn log_values(&self, lua: &Lua, values: &[Value]) {
        // The functions that lead here are not the script's.
        let line = (0..4).find_map(|level| {
            lua.inspect_stack(level, |place| place.current_line().filter(|_| is_of_script(place)))
                .flatten()
        });
        let line = line.unwrap_or_else(|| self.line.get());
        let mut text = format!("<debug> line {line}: ").into_bytes();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                text.extend_from_slice(b", ");
            }
            dump::value(value, &mut text);
        }
        self.say(text);
    }

    /// A command that the script has called; shown while it goes step by step.
    pub fn note_call(&self, argv: &[&[u8]], result: Result<&[u8], &CommandError>) {
        if self.step.get() {
            self.say_call(argv, result);
        }
    }

    fn say_call(&self, argv: &[&[u8]], result: Result<&[u8], &CommandError>) {
        self.say([b"<redis> ", argv.join(&b' ').as_slice()].concat());
        match result {
            Err(error) => {
                let text = error.as_bytes();
                let text = text.strip_prefix(b"ERR ").unwrap_or(text);
                self.say([b"<error> ", text].concat());
            }
            Ok(reply) => {
                if reply.first() == Some(&b'-') {
                    self.say([b"<error> ", reply.trim_ascii_end()].concat());
                }
                let mut text = b"<reply> ".to_vec();
                dump::reply(reply, &mut text);
                self.log.borrow_mut().add_trimmed(text);
            }
        }
    }

    fn say(&self, text: impl Into<Vec<u8>>) {
        self.log.borrow_mut().add(text.into());
    }

    /// A line of the script, with marks where it stands and where it would stop.
    fn say_line(&self, line: usize) {
        let text = line.checked_sub(1).and_then(|index| self.lines.get(index));
        let Some(text) = text else { return };
        let here = if line == self.line.get() { "->" } else { "  " };
        let stop = if self.breakpoints.borrow().contains(&line) { '#' } else { ' ' };
        self.say([format!("{here}{stop}{line:<3} ").as_bytes(), text].concat());
    }

    /// Sends what has been said; false when the client has gone.
    fn send(&self) -> bool {
        let bytes = self.log.borrow_mut().take();
        self.console.write(self.client, &bytes)
    }
}

fn is_of_script(place: &Debug<'_>) -> bool {
    place.source().short_src.is_some_and(|name| name.contains(CHUNK))
}

fn now_us(link: &Link) -> u64 {
    link.state.with(|state| state.clock.monotonic_us_now()).unwrap_or(0)
}
