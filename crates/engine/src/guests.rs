//! What the engine knows of guests: that there are some, and how to ask for them to be loaded.

use std::borrow::Cow;
use std::rc::Rc;

use command_spec::flag;
use keyspace::metadata::KeyMetadata;
use keyspace::module::{ModuleObject, ModuleValue, Place};
use keyspace::{Judge, Value};
use persistence::rdb::file::ModuleAux;
use persistence::rdb::value::Loaded;

use crate::client::{ClientId, OwnedArgv, client_flag};
use crate::command::Command;
use crate::context::Context;
use crate::error::{CommandError, CommandResult};
use crate::execute::Outcome;
use crate::state::{PostJob, State, state_flag};

/// What modules make of a name and a password.
#[derive(Debug)]
pub enum GuestLogin {
    /// None of them has anything to say.
    Unhandled,
    /// The client is somebody now.
    Accepted,
    /// Refused, for the reason the module gives.
    Refused(Option<Vec<u8>>),
    /// A module will say later: the client waits, and its command will be executed again.
    Waits,
}

/// How far the modules have come with the login of a client that waited.
#[derive(Debug)]
pub struct LoginProgress {
    /// The last one that was asked.
    pub asked: u64,
    /// What it said, if that was anything.
    pub outcome: Option<GuestLogin>,
}

/// Loads, lists and unloads modules; the host fills it in.
pub trait ModuleHost {
    /// MODULE LOAD, LOADEX: `config` are name-value pairs for the module's configuration.
    fn load(
        &self,
        state: &mut State,
        path: &[u8],
        argv: &[&[u8]],
        config: &[(&[u8], &[u8])],
    ) -> Result<(), CommandError>;

    /// MODULE CHECK, written as reply.
    fn check(&self, context: &mut Context<'_>, path: &[u8], argv: &[&[u8]]) -> CommandResult;

    /// MODULE UNLOAD. `park`: the values of its types are parked, which are in the way otherwise.
    fn unload(&self, state: &mut State, name: &[u8], park: bool) -> Result<(), CommandError>;

    /// Gives module parameters new values, all or none; else the name and the reason.
    fn set_config(
        &self,
        _state: &mut State,
        _changed: &[(String, config::ModuleValue)],
    ) -> Result<(), (String, String)> {
        Ok(())
    }

    /// Asks the modules for the present values of their parameters and puts them into the configuration.
    fn refresh_config(&self, _state: &mut State) {}

    /// The words behind `loadmodule` that would load each module again, for CONFIG REWRITE.
    fn load_lines(&self) -> Vec<Vec<Vec<u8>>> {
        Vec::new()
    }

    /// Makes a value of a module's type from what the module wrote; `None` if no module has the type. An error if the module
    /// refuses the bytes.
    fn load_value(
        &self,
        _state: &mut State,
        _type_id: u64,
        _fields: &[u8],
        _place: Place<'_>,
    ) -> Result<Option<Box<dyn ModuleValue>>, String> {
        Ok(None)
    }

    /// What types of modules save beside their values: before the keys, or after them.
    fn save_aux(&self, _before_keys: bool) -> Vec<ModuleAux> {
        Vec::new()
    }

    /// Hands back what [`ModuleHost::save_aux`] gave; false if no module has the type.
    fn load_aux(&self, _state: &mut State, _aux: &ModuleAux) -> Result<bool, String> {
        Ok(false)
    }

    /// Makes of what modules had attached to a key ([`persistence::rdb::metadata`]) what is attached to it; `None` if nothing
    /// of it is wanted. An error if a module refuses it.
    fn load_metadata(
        &self,
        _state: &mut State,
        _saved: &[u8],
        _place: Place<'_>,
    ) -> Result<Option<Box<dyn KeyMetadata>>, String> {
        Ok(None)
    }

    /// Whether a loaded module has the type.
    fn has_type(&self, _type_id: u64) -> bool {
        false
    }

    /// Asks the modules whether they know name and password; those asked before are left out.
    fn log_in(
        &self,
        _context: &mut Context<'_>,
        _user: &[u8],
        _password: &[u8],
        _asked: Option<u64>,
    ) -> GuestLogin {
        GuestLogin::Unhandled
    }

    /// MODULE LIST, written as reply.
    fn list(&self, context: &mut Context<'_>) -> CommandResult;

    /// A pass of active defragmentation begins, or has ended.
    fn defrag_pass(&self, _state: &mut State, _begins: bool) {}

    /// Lets one module, counted from 0, move as `judge` says what belongs to no key: whether there is more, from where the
    /// cursor stands then; `None` beyond the last.
    fn relocate_globals(
        &self,
        _index: usize,
        _cursor: &mut u64,
        _judge: &mut Judge<'_>,
    ) -> Option<bool> {
        None
    }

    /// MODULE UPGRADE: another file in place of a module, written as reply.
    fn upgrade(
        &self,
        context: &mut Context<'_>,
        name: &[u8],
        path: &[u8],
        argv: &[&[u8]],
    ) -> CommandResult;

    /// MODULE STATS, of all modules or of one, written as reply.
    fn stats(&self, context: &mut Context<'_>, name: Option<&[u8]>) -> CommandResult;

    /// The fields of INFO modulestats.
    fn info_stats(&self, state: &State) -> Vec<(String, String)>;

    /// CONFIG RESETSTAT.
    fn reset_stats(&self) {}

    /// The lines of INFO modules.
    fn info_list(&self) -> String;

    /// The sections that modules add to INFO: those of these names, or all. Modules that are not asked are not called.
    fn info_sections(&self, state: &mut State, wanted: Option<&[Vec<u8>]>) -> String;
}

/// (state, waiting client, the guest's number for the wait, key): the guest sees itself to the end of the wait.
pub type ServeKey = fn(&mut State, ClientId, u64, &[u8]);

/// How a client wants its scripts run: step by step, by its own commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptDebugging {
    /// In a child process, whose changes nobody sees.
    Forked,
    /// In the server itself, which serves nobody else meanwhile.
    Blocking,
}

/// Which process goes on behind a fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkSide {
    Parent,
    Child,
}

/// The connection of the client whose command executes, for a debugger that talks with it meanwhile.
pub trait DebugConsole {
    /// Sends all of it; false when the client has gone.
    fn write(&self, client: ClientId, bytes: &[u8]) -> bool;

    /// Waits until something comes, and appends it; false when the client has gone.
    fn read(&self, client: ClientId, input: &mut Vec<u8>) -> bool;

    /// Hands the connection to a child process, which goes on here and ends with [`DebugConsole::end_child`].
    fn fork(&self, client: ClientId) -> Result<ForkSide, String>;

    /// Ends the child.
    fn end_child(&self) -> !;
}

/// What a script is called with.
pub type KeysAndArguments<'a> = (&'a [&'a [u8]], &'a [&'a [u8]]);

/// Compiles, keeps and runs scripts.
pub trait ScriptHost {
    /// EVAL: runs the script, compiling it if it is new. `read_only`: it must not write. Of wrong `words` it is the host that
    /// says so, since a debugger's session has begun by then, and ends with that.
    fn eval(
        &self,
        context: &mut Context<'_>,
        body: &[u8],
        words: Result<KeysAndArguments<'_>, CommandError>,
        read_only: bool,
    ) -> CommandResult;

    /// EVALSHA: runs a script that is known.
    fn eval_sha(
        &self,
        context: &mut Context<'_>,
        sha: &[u8],
        words: Result<KeysAndArguments<'_>, CommandError>,
        read_only: bool,
    ) -> CommandResult;

    /// The flags that a command which runs a script or function has for the sake of what it runs.
    fn command_flags(&self, command: &Command, argv: &[&[u8]]) -> u64;

    /// SCRIPT LOAD: compiles and keeps it; its SHA-1.
    fn load(&self, state: &mut State, body: &[u8]) -> Result<String, CommandError>;

    fn exists(&self, sha: &[u8]) -> bool;

    /// SCRIPT FLUSH.
    fn flush(&self);

    /// SCRIPT KILL, or FUNCTION KILL: ends what runs.
    fn kill(&self, state: &mut State, function: bool) -> CommandResult;

    /// What INFO tells.
    fn figures(&self) -> ScriptFigures;

    /// The function that runs now: its name, the words of the command that called it, and for how many milliseconds.
    fn running_function(&self, now_us: u64) -> Option<(String, Vec<Vec<u8>>, u64)>;

    /// FCALL. `read_only`: it must not write.
    fn call_function(
        &self,
        context: &mut Context<'_>,
        name: &[u8],
        keys: &[&[u8]],
        arguments: &[&[u8]],
        read_only: bool,
    ) -> CommandResult;

    fn has_function(&self, name: &[u8]) -> bool;

    /// FUNCTION LOAD: the name of the library. `limited`: it has to be loaded in time.
    fn load_library(
        &self,
        state: &mut State,
        code: &[u8],
        replace: bool,
        limited: bool,
    ) -> Result<String, CommandError>;

    /// FUNCTION DELETE.
    fn delete_library(&self, name: &[u8]) -> CommandResult;

    /// FUNCTION FLUSH; how many things were let go.
    fn flush_functions(&self) -> usize;

    /// All libraries.
    fn libraries(&self) -> Vec<LibraryInfo>;

    /// FUNCTION RESTORE: all of these, or none. `limited`: each has to be loaded in time.
    fn restore_libraries(
        &self,
        state: &mut State,
        codes: &[&[u8]],
        policy: FunctionsPolicy,
        limited: bool,
    ) -> CommandResult;

    /// Moves the text of a script, counted from 0, as `judge` says; false beyond the last.
    fn relocate_text(&self, index: usize, judge: &mut Judge<'_>) -> bool;
}

/// What FUNCTION RESTORE does with libraries that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionsPolicy {
    Flush,
    Append,
    Replace,
}

/// A library of functions.
pub struct LibraryInfo {
    pub name: String,
    pub code: Rc<[u8]>,
    pub functions: Vec<FunctionInfo>,
}

/// A function of a library.
pub struct FunctionInfo {
    pub name: String,
    pub description: Option<Vec<u8>>,
    pub flags: Vec<&'static str>,
}

/// Numbers about scripts and functions, and bytes of the interpreters.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptFigures {
    pub scripts: usize,
    pub script_bytes: usize,
    pub eval_vm_bytes: usize,
    pub function_vm_bytes: usize,
    pub function_bytes: usize,
    pub libraries: usize,
    pub functions: usize,
}

/// Answers other clients while a guest runs.
pub type ServeOthers = Rc<dyn Fn(&mut State)>;

/// The guests.
#[derive(Default)]
pub struct Guests {
    pub modules: Option<Rc<dyn ModuleHost>>,
    /// Offers a key that has become ready to the guest whose client waits for it.
    pub serve_key: Option<ServeKey>,
    /// Answers the clients whose wait guests have ended, before any of them is told that its time is up.
    pub finish_waits: Option<fn(&mut State)>,
    pub scripts: Option<Rc<dyn ScriptHost>>,
    pub serve_others: Option<ServeOthers>,
    pub debug_console: Option<Rc<dyn DebugConsole>>,
    pub apply_config: Option<crate::config_set::ApplyInShell>,
    pub frequent_events: crate::server_event::FrequentEvents,
    /// What modules left that are not there.
    pub parked: crate::parked::Parked,
    /// See [`State::add_key_job`].
    pub(crate) key_jobs: Vec<PostJob>,
}

/// A value that was read, as it can be stored.
pub enum Restored<'a> {
    String(Cow<'a, [u8]>),
    Value(Value),
}

impl State {
    /// Executes the command again with which a client that waited wanted to log in.
    pub fn resume_login(
        &mut self,
        client: ClientId,
        command: &Rc<Command>,
        argv: &[&[u8]],
        progress: LoginProgress,
    ) {
        self.clients[client].login = Some(Box::new(progress));
        self.clients[client].set(client_flag::REEXECUTING, true);
        self.run_command(client, command, argv);
        self.clients[client].set(client_flag::REEXECUTING, false);
    }

    /// A guest has run for long: from now on most commands of others are answered with this error.
    pub fn begin_busy(&mut self, error: CommandError) {
        self.busy_error = Some(error);
        self.flags |= state_flag::BUSY;
    }

    /// It has ended.
    pub fn end_busy(&mut self) {
        self.busy_error = None;
        self.flags &= !state_flag::BUSY;
    }

    /// Lets the shell answer others for a moment.
    pub fn serve_others(&mut self) {
        if let Some(serve) = self.guests.serve_others.clone() {
            let executing = self.executing;
            serve(self);
            self.executing = executing;
            // What others did wrong is not the failure of the call that runs.
            self.calls.errors_claimed = self.stats.total_error_replies;
        }
    }

    /// The flags of a command, as far as what it runs changes them.
    pub fn effective_flags(&self, command: &Command, argv: &[&[u8]]) -> u64 {
        match &self.guests.scripts {
            Some(scripts) if command.has_flag(flag::SCRIPT_RUNNER) => {
                scripts.command_flags(command, argv)
            }
            _ => command.flags,
        }
    }

    /// Counts the refusal of a call that a script wanted to make; it is not the failure of the script's own call.
    pub fn count_refused_call(&mut self, command: Option<&Command>, error: &CommandError) {
        if let Some(command) = command {
            let rejected = &command.stats.rejected_calls;
            rejected.set(rejected.get() + 1);
        }
        self.stats.count_error(error.code());
        self.calls.errors_claimed = self.stats.total_error_replies;
    }

    /// An error in the reply of a script has been counted where it arose, and is the failure of the call that replies.
    pub fn note_failed_script(&mut self) {
        self.calls.errors_claimed =
            self.calls.errors_claimed.min(self.stats.total_error_replies.saturating_sub(1));
    }

    /// Numbers about scripts and functions.
    pub fn script_figures(&self) -> ScriptFigures {
        self.guests.scripts.as_ref().map_or_else(ScriptFigures::default, |host| host.figures())
    }

    /// Lets go what belongs to a dataset beside its keys, as another takes its place: functions, and data of modules that
    /// are not there.
    pub fn flush_beside_keys(&mut self) {
        if let Some(scripts) = self.guests.scripts.clone() {
            scripts.flush_functions();
        }
        self.guests.parked.forget_aux(None);
    }

    /// Loads a library that stood in a file.
    pub(crate) fn load_saved_library(&mut self, code: &[u8], replace: bool) -> Result<(), String> {
        let Some(scripts) = self.guests.scripts.clone() else {
            return Err("there is nothing that could load its functions".to_owned());
        };
        // It was loaded in time once.
        match scripts.load_library(self, code, replace, false) {
            Ok(_) => Ok(()),
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Err(format!("Failed creating the library from the RDB: {text}"))
            }
        }
    }

    /// The code of all libraries.
    pub(crate) fn library_codes(&self) -> Vec<Rc<[u8]>> {
        let scripts = self.guests.scripts.as_ref();
        scripts.map_or_else(Vec::new, |scripts| {
            scripts.libraries().into_iter().map(|library| library.code).collect()
        })
    }

    /// Lets a module make its value of what was read from bytes, or parks it if there is no such module; other values are
    /// made already.
    pub fn restored<'a>(
        &mut self,
        loaded: Loaded<'a>,
        place: Place<'_>,
    ) -> Result<Restored<'a>, String> {
        match loaded {
            Loaded::String(bytes) => Ok(Restored::String(bytes)),
            Loaded::Value(value) => Ok(Restored::Value(value)),
            Loaded::Module { type_id, fields } => {
                let host = self.guests.modules.clone();
                let living = match host {
                    Some(host) => host.load_value(self, type_id, fields, place)?,
                    None => None,
                };
                let value = living.unwrap_or_else(|| self.guests.parked.value(type_id, fields));
                Ok(Restored::Value(Value::Module(Box::new(ModuleObject(value)))))
            }
        }
    }

    /// What the command filters make of a request; `None` if there are none.
    pub fn filtered(&mut self, client: ClientId, argv: &[&[u8]]) -> Option<OwnedArgv> {
        if self.command_filters.is_empty() {
            return None;
        }
        let mut owned = OwnedArgv::from_slices(argv);
        for index in 0..self.command_filters.len() {
            let Some((_, filter)) = self.command_filters.get(index).cloned() else { break };
            filter(self, client, &mut owned);
        }
        Some(owned)
    }

    /// Lets the command filters change the request, then executes it.
    pub(crate) fn execute_filtered(&mut self, client: ClientId, argv: &[&[u8]]) -> Outcome {
        let Some(owned) = self.filtered(client, argv) else {
            return self.execute_as_is(client, argv);
        };
        let slices = owned.slices();
        if slices.is_empty() {
            return Outcome::Done;
        }
        self.execute_as_is(client, &slices)
    }
}
