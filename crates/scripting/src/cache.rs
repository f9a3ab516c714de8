//! Compiled scripts by the SHA-1 of their text, and the interpreter they were compiled in.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::guests::{FunctionsPolicy, KeysAndArguments, LibraryInfo, ScriptFigures, ScriptHost};
use engine::{Command, CommandError, CommandResult, Context, State, client_flag};
use indexmap::IndexMap;
use keyspace::Judge;
use mlua::{Function, RegistryKey};

use crate::api::sha1_hex;
use crate::debugger;
use crate::functions::Functions;
use crate::header::{self, ScriptFlags};
use crate::interpreter::Interpreter;
use crate::run::{Job, Link, lua_failure};

/// The reply to a SHA-1 that no script has.
const NO_SCRIPT: CommandError =
    CommandError::constant("NOSCRIPT No matching script. Please use EVAL.");
const NOT_BUSY: CommandError = CommandError::constant("NOTBUSY No scripts in execution right now.");
const UNKILLABLE: CommandError = CommandError::constant(
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
);

const SENT_BY_PRIMARY: CommandError = CommandError::constant(
    "UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be killed.",
);

const NOT_BY_SHA: CommandError =
    CommandError::constant("ERR Please use EVAL instead of EVALSHA for debugging");

/// Digits of a SHA-1.
const SHA_LEN: usize = 40;

/// Scripts that are kept of those that EVAL was given.
const EVALUATED_MAX: usize = 500;

/// One compiled script.
pub struct Script {
    sha: String,
    flags: ScriptFlags,
    /// The function, in Lua's own registry: a handle to each would soon use up what Lua keeps handles in.
    function: RegistryKey,
    /// As it was sent.
    text: Box<[u8]>,
    /// When EVAL last used it; `None` once SCRIPT LOAD was given it, for such stay.
    used: Cell<Option<u64>>,
}

/// A script with a handle to its function.
struct Ready {
    script: Rc<Script>,
    function: Function,
}

/// The scripts of a server.
#[derive(Default)]
pub struct Scripts {
    link: Rc<Link>,
    interpreter: RefCell<Option<Rc<Interpreter>>>,
    scripts: RefCell<IndexMap<String, Rc<Script>>>,
    /// The script run last, which is often the next one, too.
    last: RefCell<Option<Rc<Ready>>>,
    /// The SHA-1 of those that may go, by when they were used.
    by_use: RefCell<BTreeMap<u64, String>>,
    uses: Cell<u64>,
    functions: Functions,
}

/// Whether EVAL or SCRIPT LOAD wants it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    ForNow,
    ToStay,
}

impl Scripts {
    /// Scripts whose interpreters may take so many bytes of memory each. Redis, and so the server, sets no limit: a script
    /// may use memory until the system has no more.
    #[must_use]
    pub fn with_memory_limit(bytes: usize) -> Scripts {
        let scripts = Scripts::default();
        scripts.link.memory_max.set(bytes);
        scripts
    }

    /// The interpreter, made at first use.
    fn interpreter(&self, state: &State) -> Result<Rc<Interpreter>, CommandError> {
        let mut place = self.interpreter.borrow_mut();
        if let Some(interpreter) = &*place {
            return Ok(interpreter.clone());
        }
        let deprecated_api = state.config.lua_enable_deprecated_api;
        let made = Interpreter::for_scripts(&self.link, deprecated_api);
        Ok(place.insert(Rc::new(made.map_err(lua_failure)?)).clone())
    }

    fn compile(
        &self,
        state: &mut State,
        body: &[u8],
        wanted: Wanted,
    ) -> Result<Rc<Script>, CommandError> {
        if let Some(Ready { script, .. }) = self.last.borrow().as_deref()
            && *script.text == *body
        {
            self.note_use(script, wanted);
            return Ok(script.clone());
        }
        let sha = sha1_hex(body);
        if let Some(known) = self.scripts.borrow().get(&sha) {
            self.note_use(known, wanted);
            return Ok(known.clone());
        }
        let (flags, code) = header::parse(body).map_err(CommandError::err)?;
        let interpreter = self.interpreter(state)?;
        let chunk = interpreter.lua.load(code).set_name("@user_script");
        let function = chunk.into_function().map_err(|error| {
            let reason = compile_error(&error);
            CommandError::err(format!("Error compiling script (new function): {reason}"))
        })?;
        let function = interpreter.lua.create_registry_value(function).map_err(lua_failure)?;
        let used = Cell::new(Some(0).filter(|_| wanted == Wanted::ForNow));
        let script = Rc::new(Script { sha: sha.clone(), flags, function, text: body.into(), used });
        if wanted == Wanted::ForNow {
            self.make_room(state, &interpreter);
        }
        self.note_use(&script, wanted);
        self.scripts.borrow_mut().insert(sha, script.clone());
        Ok(script)
    }

    /// Forgets the script that EVAL has not used for longest, if there are as many as are kept.
    fn make_room(&self, state: &mut State, interpreter: &Interpreter) {
        let mut by_use = self.by_use.borrow_mut();
        if by_use.len() < EVALUATED_MAX {
            return;
        }
        if let Some((_, sha)) = by_use.pop_first() {
            self.scripts.borrow_mut().swap_remove(&sha);
            *self.last.borrow_mut() = None;
            interpreter.lua.expire_registry_values();
            state.stats.evicted_scripts += 1;
        }
    }

    fn note_use(&self, script: &Script, wanted: Wanted) {
        let Some(used) = script.used.get() else { return };
        if wanted == Wanted::ToStay {
            self.by_use.borrow_mut().remove(&used);
            script.used.set(None);
            return;
        }
        if used != 0 && used == self.uses.get() {
            return;
        }
        let now = self.uses.get() + 1;
        self.uses.set(now);
        let mut by_use = self.by_use.borrow_mut();
        let sha = by_use.remove(&used).unwrap_or_else(|| script.sha.clone());
        by_use.insert(now, sha);
        script.used.set(Some(now));
    }

    fn ready(
        &self,
        interpreter: &Interpreter,
        script: &Rc<Script>,
    ) -> Result<Rc<Ready>, CommandError> {
        if let Some(last) = &*self.last.borrow()
            && Rc::ptr_eq(&last.script, script)
        {
            return Ok(last.clone());
        }
        let function = interpreter.lua.registry_value(&script.function).map_err(lua_failure)?;
        let ready = Rc::new(Ready { script: script.clone(), function });
        *self.last.borrow_mut() = Some(ready.clone());
        Ok(ready)
    }

    fn run(
        &self,
        context: &mut Context<'_>,
        script: &Rc<Script>,
        keys: &[&[u8]],
        arguments: &[&[u8]],
        read_only: bool,
    ) -> CommandResult {
        let interpreter = self.interpreter(context.state)?;
        let ready = self.ready(&interpreter, script)?;
        let job = Job {
            name: &script.sha,
            is_function: false,
            flags: script.flags,
            function: &ready.function,
            keys,
            arguments,
            read_only,
        };
        crate::run::run(&self.link, &interpreter, context, &job)
    }

    fn find(&self, sha: &[u8]) -> Option<Rc<Script>> {
        if let Some(Ready { script, .. }) = self.last.borrow().as_deref()
            && script.sha.as_bytes() == sha
        {
            return Some(script.clone());
        }
        let name = String::from_utf8_lossy(sha).to_ascii_lowercase();
        self.scripts.borrow().get(&name).cloned()
    }
}

/// Lua's own words, on one line.
pub fn compile_error(error: &mlua::Error) -> String {
    match error {
        mlua::Error::SyntaxError { message, .. } => message.lines().next().unwrap_or("").to_owned(),
        other => other.to_string().lines().next().unwrap_or("").to_owned(),
    }
}

impl ScriptHost for Scripts {
    fn eval(
        &self,
        context: &mut Context<'_>,
        body: &[u8],
        words: Result<KeysAndArguments<'_>, CommandError>,
        read_only: bool,
    ) -> CommandResult {
        let run = |context: &mut Context<'_>| {
            let (keys, arguments) = words?;
            let script = self.compile(context.state, body, Wanted::ForNow)?;
            self.run(context, &script, keys, arguments, read_only)
        };
        let console = context.state.guests.debug_console.clone();
        match (context.client().debugging, console) {
            (Some(debugging), Some(console)) if !self.link.is_running.get() => {
                let interpreter = self.interpreter(context.state)?;
                let script = debugger::Script { link: &self.link, interpreter, body };
                debugger::run(&script, context, debugging, console, run)
            }
            _ => run(context),
        }
    }

    fn eval_sha(
        &self,
        context: &mut Context<'_>,
        sha: &[u8],
        words: Result<KeysAndArguments<'_>, CommandError>,
        read_only: bool,
    ) -> CommandResult {
        if sha.len() != SHA_LEN {
            return Err(NO_SCRIPT);
        }
        if context.client().debugging.is_some() {
            return Err(NOT_BY_SHA);
        }
        let (keys, arguments) = words?;
        let script = self.find(sha).ok_or(NO_SCRIPT)?;
        self.note_use(&script, Wanted::ForNow);
        self.run(context, &script, keys, arguments, read_only)
    }

    fn command_flags(&self, command: &Command, argv: &[&[u8]]) -> u64 {
        let own = command.spec.flags;
        let Some(name) = argv.get(1) else { return own };
        match command.full_name.as_str() {
            "eval" | "eval_ro" => {
                header::parse(name).map_or(own, |(flags, _)| flags.command_flags(own))
            }
            "evalsha" | "evalsha_ro" => {
                self.find(name).map_or(own, |script| script.flags.command_flags(own))
            }
            _ => self.functions.flags(name).map_or(own, |flags| flags.command_flags(own)),
        }
    }

    fn load(&self, state: &mut State, body: &[u8]) -> Result<String, CommandError> {
        self.compile(state, body, Wanted::ToStay).map(|script| script.sha.clone())
    }

    fn exists(&self, sha: &[u8]) -> bool {
        let name = String::from_utf8_lossy(sha).to_ascii_lowercase();
        self.scripts.borrow().contains_key(&name)
    }

    fn flush(&self) {
        self.scripts.borrow_mut().clear();
        self.by_use.borrow_mut().clear();
        *self.last.borrow_mut() = None;
        // A running script keeps its interpreter until it has ended.
        *self.interpreter.borrow_mut() = None;
    }

    fn kill(&self, state: &mut State, function: bool) -> CommandResult {
        let link = &self.link;
        if !link.is_running.get() {
            return Err(NOT_BUSY);
        }
        let is_function = link.running.borrow().is_function;
        let session = link.client.get().and_then(|client| state.clients.get(client));
        if session.is_some_and(|session| session.has(client_flag::MASTER)) {
            return Err(SENT_BY_PRIMARY);
        }
        if link.wrote.get() {
            return Err(UNKILLABLE);
        }
        if is_function != function {
            return Err(state.busy_error.clone().unwrap_or(NOT_BUSY));
        }
        link.killed.set(true);
        state.log(engine::effect::LogLevel::Notice, "Lua script killed by user with SCRIPT KILL.");
        Ok(())
    }

    fn figures(&self) -> ScriptFigures {
        let scripts = self.scripts.borrow();
        let memory = |interpreter: &Interpreter| interpreter.lua.used_memory();
        let (libraries, functions) = self.functions.counts();
        ScriptFigures {
            scripts: scripts.len(),
            script_bytes: scripts
                .values()
                .map(|script| script.text.len() + size_of::<Script>() + 80)
                .sum(),
            eval_vm_bytes: self.interpreter.borrow().as_deref().map_or(0, memory),
            function_vm_bytes: self.functions.memory_bytes(),
            function_bytes: self.functions.text_bytes(),
            libraries,
            functions,
        }
    }

    fn running_function(&self, now_us: u64) -> Option<(String, Vec<Vec<u8>>, u64)> {
        let link = &self.link;
        let running = link.running.borrow();
        (link.is_running.get() && running.is_function).then(|| {
            let argv = running.argv.slices().iter().map(|word| word.to_vec()).collect();
            let running_ms = now_us.saturating_sub(link.started_us.get()) / 1000;
            (running.name.clone(), argv, running_ms)
        })
    }

    fn call_function(
        &self,
        context: &mut Context<'_>,
        name: &[u8],
        keys: &[&[u8]],
        arguments: &[&[u8]],
        read_only: bool,
    ) -> CommandResult {
        self.functions.call(&self.link, context, name, keys, arguments, read_only)
    }

    fn has_function(&self, name: &[u8]) -> bool {
        self.functions.flags(name).is_some()
    }

    fn load_library(
        &self,
        state: &mut State,
        code: &[u8],
        replace: bool,
        limited: bool,
    ) -> Result<String, CommandError> {
        self.functions.load(&self.link, state, code, replace, limited)
    }

    fn delete_library(&self, name: &[u8]) -> CommandResult {
        self.functions.delete(name)
    }

    fn flush_functions(&self) -> usize {
        self.functions.flush()
    }

    fn libraries(&self) -> Vec<LibraryInfo> {
        self.functions.list()
    }

    fn restore_libraries(
        &self,
        state: &mut State,
        codes: &[&[u8]],
        policy: FunctionsPolicy,
        limited: bool,
    ) -> CommandResult {
        self.functions.restore(&self.link, state, codes, policy, limited)
    }

    fn relocate_text(&self, index: usize, judge: &mut Judge<'_>) -> bool {
        let mut scripts = self.scripts.borrow_mut();
        let Some((_, script)) = scripts.get_index_mut(index) else { return false };
        // One that runs is left alone.
        if let Some(script) = Rc::get_mut(script)
            && !script.text.is_empty()
            && judge(script.text.as_ptr() as usize)
        {
            script.text = script.text.clone();
        }
        true
    }
}
