//! Libraries of functions: loaded, listed, called, and kept until they are deleted.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use engine::guests::{FunctionInfo, FunctionsPolicy, LibraryInfo};
use engine::{CommandError, CommandResult, Context, State, error};
use indexmap::IndexMap;
use mlua::{Function, RegistryKey, Value};
use smallvec::SmallVec;

use crate::api::Registered;
use crate::cache::compile_error;
use crate::header::{self, ScriptFlags};
use crate::interpreter::{Interpreter, Libraries};
use crate::run::{Job, Link, Raised, lua_failure};

/// Steps of the collector when libraries have changed: what a load leaves behind is more than one step looks at.
const STEPS_PER_CHANGE: usize = 3;
const NO_LIBRARY: CommandError = CommandError::constant("ERR Library not found");

/// A function.
struct Entry {
    name: String,
    description: Option<Vec<u8>>,
    flags: ScriptFlags,
    callback: RegistryKey,
}

/// A library.
struct Library {
    code: Rc<[u8]>,
    functions: Vec<Rc<Entry>>,
}

#[derive(Default, Clone)]
struct Known {
    libraries: IndexMap<String, Rc<Library>>,
    /// By their names in lower case: whose they are, and themselves.
    functions: HashMap<Key, (String, Rc<Entry>)>,
}

/// All libraries, and the interpreter in which they live.
#[derive(Default)]
pub struct Functions {
    interpreter: RefCell<Option<Rc<Interpreter>>>,
    known: RefCell<Known>,
}

/// A name in lower case.
type Key = SmallVec<[u8; 64]>;

fn key_of(name: &[u8]) -> Key {
    let mut key = Key::from_slice(name);
    key.make_ascii_lowercase();
    key
}

impl Known {
    fn remove(&mut self, name: &str) -> bool {
        let Some(library) = self.libraries.shift_remove(name) else { return false };
        for function in &library.functions {
            self.functions.remove(&key_of(function.name.as_bytes()));
        }
        true
    }

    /// Adds a library in the place of one of the same name. If a function of another library is in the way, nothing changes.
    fn add(&mut self, name: &str, library: Library) -> CommandResult {
        for function in &library.functions {
            let owner = self.functions.get(&key_of(function.name.as_bytes()));
            if owner.is_some_and(|(owner, _)| owner != name) {
                let text = format!("Function {} already exists", function.name);
                return Err(CommandError::err(text));
            }
        }
        self.remove(name);
        for function in &library.functions {
            let key = key_of(function.name.as_bytes());
            self.functions.insert(key, (name.to_owned(), function.clone()));
        }
        self.libraries.insert(name.to_owned(), Rc::new(library));
        Ok(())
    }
}

impl Functions {
    fn interpreter(&self, link: &Rc<Link>, state: &State) -> Result<Rc<Interpreter>, CommandError> {
        let mut place = self.interpreter.borrow_mut();
        if let Some(interpreter) = &*place {
            return Ok(interpreter.clone());
        }
        let deprecated_api = state.config.lua_enable_deprecated_api;
        let made = Interpreter::for_functions(link, deprecated_api);
        Ok(place.insert(Rc::new(made.map_err(lua_failure)?)).clone())
    }

    /// What a function says of itself; `None` if there is none.
    pub fn flags(&self, name: &[u8]) -> Option<ScriptFlags> {
        self.known.borrow().functions.get(&key_of(name)).map(|(_, function)| function.flags)
    }

    pub fn call(
        &self,
        link: &Rc<Link>,
        context: &mut Context<'_>,
        name: &[u8],
        keys: &[&[u8]],
        arguments: &[&[u8]],
        read_only: bool,
    ) -> CommandResult {
        let entry = self.known.borrow().functions.get(&key_of(name)).map(|(_, it)| it.clone());
        let entry = entry.ok_or(error::NO_FUNCTION)?;
        let interpreter = self.interpreter(link, context.state)?;
        let function: Function =
            interpreter.lua.registry_value(&entry.callback).map_err(lua_failure)?;
        let job = Job {
            name: &entry.name,
            is_function: true,
            flags: entry.flags,
            function: &function,
            keys,
            arguments,
            read_only,
        };
        crate::run::run(link, &interpreter, context, &job)
    }

    /// FUNCTION LOAD: the name of the library.
    pub fn load(
        &self,
        link: &Rc<Link>,
        state: &mut State,
        code: &[u8],
        replace: bool,
        limited: bool,
    ) -> Result<String, CommandError> {
        let (name, body) = header::parse_library(code).map_err(CommandError::err)?;
        if !replace && self.known.borrow().libraries.contains_key(&name) {
            return Err(CommandError::err(format!("Library '{name}' already exists")));
        }
        let functions = self.make(link, state, body, limited)?;
        let library = Library { code: code.into(), functions };
        let added = self.known.borrow_mut().add(&name, library);
        self.forget_dropped();
        added.map(|()| name)
    }

    /// Runs a library's code, without its first line, and takes the functions it tells of.
    fn make(
        &self,
        link: &Rc<Link>,
        state: &mut State,
        body: &[u8],
        limited: bool,
    ) -> Result<Vec<Rc<Entry>>, CommandError> {
        let interpreter = self.interpreter(link, state)?;
        let Some(Libraries { environment, switch, load }) = &interpreter.library else {
            return Err(NO_LIBRARY);
        };
        let chunk = interpreter.lua.load(body).set_name("@user_function");
        let chunk = chunk.set_environment(environment.clone());
        let function = chunk.into_function().map_err(|error| {
            CommandError::err(format!("Error compiling function: {}", compile_error(&error)))
        })?;
        *link.registered.borrow_mut() = Some(Vec::new());
        let deadline_us = if limited {
            state.clock.monotonic_us_now() + crate::busy::LOAD_TIMEOUT_US
        } else {
            u64::MAX
        };
        link.load_deadline_us.set(Some(deadline_us));
        link.killed.set(false);
        let ran = link.state.lend(state, || {
            switch.call::<()>(true)?;
            Ok(load.call::<(bool, Value)>(function))
        });
        let ran = ran.and_then(|ran| ran);
        let registered = link.registered.take().unwrap_or_default();
        let problem = match ran {
            Ok((true, _)) => None,
            Ok((false, problem)) => Some(Raised::of(link, &problem).text),
            Err(error) => Some(error.to_string().into_bytes()),
        };
        link.load_deadline_us.set(None);
        if link.killed.replace(false) {
            crate::busy::watch(&interpreter.lua, link).map_err(lua_failure)?;
        }
        switch.call::<()>(false).map_err(lua_failure)?;
        if let Some(problem) = problem {
            let text = [b"Error registering functions: ", problem.as_slice()].concat();
            return Err(CommandError::err(crate::convert::one_line(&text)));
        }
        if registered.is_empty() {
            return Err(CommandError::constant("ERR No functions registered"));
        }
        keep(&interpreter, registered).map_err(lua_failure)
    }

    /// Lets Lua forget the functions of libraries that are gone.
    fn forget_dropped(&self) {
        if let Some(interpreter) = &*self.interpreter.borrow() {
            interpreter.lua.expire_registry_values();
            for _ in 0..STEPS_PER_CHANGE {
                // It can only fail in finalizers, of which scripts have none.
                let _ = interpreter.lua.gc_step();
            }
        }
    }

    pub fn delete(&self, name: &[u8]) -> CommandResult {
        let name = String::from_utf8_lossy(name);
        if !self.known.borrow_mut().remove(&name) {
            return Err(NO_LIBRARY);
        }
        self.forget_dropped();
        Ok(())
    }

    /// Forgets all; how many things that were.
    pub fn flush(&self) -> usize {
        let known = self.known.take();
        // A running function keeps its interpreter until it has ended.
        let interpreter = self.interpreter.take();
        known.libraries.len() + usize::from(interpreter.is_some())
    }

    pub fn list(&self) -> Vec<LibraryInfo> {
        let describe = |function: &Rc<Entry>| FunctionInfo {
            name: function.name.clone(),
            description: function.description.clone(),
            flags: function.flags.names().collect(),
        };
        self.known
            .borrow()
            .libraries
            .iter()
            .map(|(name, library)| LibraryInfo {
                name: name.clone(),
                code: library.code.clone(),
                functions: library.functions.iter().map(describe).collect(),
            })
            .collect()
    }

    /// FUNCTION RESTORE: all of the libraries or none.
    pub fn restore(
        &self,
        link: &Rc<Link>,
        state: &mut State,
        codes: &[&[u8]],
        policy: FunctionsPolicy,
        limited: bool,
    ) -> CommandResult {
        let mut made = IndexMap::new();
        for code in codes {
            let (name, body) = header::parse_library(code).map_err(CommandError::err)?;
            let functions = self.make(link, state, body, limited)?;
            let library = Library { code: Rc::from(*code), functions };
            if made.insert(name.clone(), library).is_some() {
                return Err(CommandError::err(format!("Library {name} already exists")));
            }
        }
        let mut known = match policy {
            FunctionsPolicy::Flush => Known::default(),
            FunctionsPolicy::Append | FunctionsPolicy::Replace => self.known.borrow().clone(),
        };
        for name in made.keys() {
            if known.libraries.contains_key(name) {
                if policy == FunctionsPolicy::Append {
                    return Err(CommandError::err(format!("Library {name} already exists")));
                }
                known.remove(name);
            }
        }
        for (name, library) in made {
            known.add(&name, library)?;
        }
        *self.known.borrow_mut() = known;
        self.forget_dropped();
        Ok(())
    }

    /// How many libraries and functions there are.
    pub fn counts(&self) -> (usize, usize) {
        let known = self.known.borrow();
        (known.libraries.len(), known.functions.len())
    }

    pub fn memory_bytes(&self) -> usize {
        self.interpreter.borrow().as_ref().map_or(0, |interpreter| interpreter.lua.used_memory())
    }

    pub fn text_bytes(&self) -> usize {
        let known = self.known.borrow();
        let libraries = known.libraries.values();
        libraries
            .map(|library| {
                let functions = library.functions.len() * (size_of::<Entry>() + 120);
                library.code.len() + size_of::<Library>() + functions
            })
            .sum()
    }
}

fn keep(interpreter: &Interpreter, registered: Vec<Registered>) -> mlua::Result<Vec<Rc<Entry>>> {
    registered
        .into_iter()
        .map(|function| {
            let callback = interpreter.lua.create_registry_value(function.callback)?;
            let Registered { name, description, flags, .. } = function;
            Ok(Rc::new(Entry { name, description, flags, callback }))
        })
        .collect()
}
