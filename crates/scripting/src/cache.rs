//! Compiled scripts by the SHA-1 of their text, and the interpreter they were compiled in.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::guests::ScriptHost;
use engine::{ClientId, CommandError, CommandResult, Context};
use indexmap::IndexMap;
use keyspace::Judge;
use mlua::RegistryKey;

use crate::header::{self, ScriptFlags};
use crate::library::sha1_hex;
use crate::sandbox::Interpreter;

/// The reply to a SHA-1 that no script has.
const NO_SCRIPT: CommandError =
    CommandError::constant("NOSCRIPT No matching script. Please use EVAL.");

/// One compiled script.
pub struct Script {
    pub sha: String,
    pub flags: ScriptFlags,
    /// The function, in Lua's own registry: a handle to each would soon use up what Lua keeps handles in.
    pub function: RegistryKey,
    /// As it was sent.
    text: Box<[u8]>,
}

/// The scripts of a server.
#[derive(Default)]
pub struct Scripts {
    interpreter: RefCell<Option<Rc<Interpreter>>>,
    scripts: RefCell<IndexMap<String, Rc<Script>>>,
    /// The client under which scripts call commands.
    pub(crate) client: Cell<Option<ClientId>>,
    pub(crate) running: Cell<bool>,
}

impl Scripts {
    /// The interpreter, made at first use.
    pub(crate) fn interpreter(&self) -> Result<Rc<Interpreter>, CommandError> {
        let mut place = self.interpreter.borrow_mut();
        if let Some(interpreter) = &*place {
            return Ok(interpreter.clone());
        }
        let interpreter = Interpreter::new()
            .map_err(|error| CommandError::err(format!("No interpreter for scripts: {error}")))?;
        Ok(place.insert(Rc::new(interpreter)).clone())
    }

    fn compile(&self, body: &[u8]) -> Result<Rc<Script>, CommandError> {
        let sha = sha1_hex(body);
        if let Some(known) = self.scripts.borrow().get(&sha) {
            return Ok(known.clone());
        }
        let (flags, code) = header::parse(body).map_err(CommandError::err)?;
        let interpreter = self.interpreter()?;
        let chunk = interpreter.lua.load(code).set_name("@user_script");
        let function = chunk.into_function().map_err(|error| {
            let reason = compile_error(&error);
            CommandError::err(format!("Error compiling script (new function): {reason}"))
        })?;
        let function = interpreter
            .lua
            .create_registry_value(function)
            .map_err(|error| CommandError::err(format!("Error compiling script: {error}")))?;
        let script = Rc::new(Script { sha: sha.clone(), flags, function, text: body.into() });
        self.scripts.borrow_mut().insert(sha, script.clone());
        Ok(script)
    }
}

/// Lua's own words, on one line.
fn compile_error(error: &mlua::Error) -> String {
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
        keys: &[&[u8]],
        arguments: &[&[u8]],
        read_only: bool,
    ) -> CommandResult {
        let script = self.compile(body)?;
        crate::run::run(self, context, &script, keys, arguments, read_only)
    }

    fn eval_sha(
        &self,
        context: &mut Context<'_>,
        sha: &[u8],
        keys: &[&[u8]],
        arguments: &[&[u8]],
        read_only: bool,
    ) -> CommandResult {
        let name = String::from_utf8_lossy(sha).to_ascii_lowercase();
        let script = self.scripts.borrow().get(&name).cloned().ok_or(NO_SCRIPT)?;
        crate::run::run(self, context, &script, keys, arguments, read_only)
    }

    fn declares_no_writes(&self, script: &[u8], by_sha: bool) -> bool {
        if !by_sha {
            return header::parse(script).is_ok_and(|(flags, _)| flags.no_writes);
        }
        let name = String::from_utf8_lossy(script).to_ascii_lowercase();
        self.scripts.borrow().get(&name).is_some_and(|script| script.flags.no_writes)
    }

    fn load(&self, body: &[u8]) -> Result<String, CommandError> {
        self.compile(body).map(|script| script.sha.clone())
    }

    fn exists(&self, sha: &[u8]) -> bool {
        let name = String::from_utf8_lossy(sha).to_ascii_lowercase();
        self.scripts.borrow().contains_key(&name)
    }

    fn flush(&self) {
        self.scripts.borrow_mut().clear();
        // A running script keeps its interpreter until it has ended.
        *self.interpreter.borrow_mut() = None;
    }

    fn count(&self) -> usize {
        self.scripts.borrow().len()
    }

    fn text_bytes(&self) -> usize {
        self.scripts.borrow().values().map(|script| script.text.len()).sum()
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
