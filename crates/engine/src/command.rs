//! A command at run time: its declaration, how it is run, and what has been counted of it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use command_spec::{CommandSpec, flag};

use crate::context::Context;
use crate::error::CommandResult;
use crate::keys::FoundKeys;

/// A built-in handler.
pub type Handler = fn(&mut Context<'_>) -> CommandResult;

/// Finds keys that no key spec can describe. `None`: the arguments are invalid.
pub type GetKeys = fn(&[&[u8]]) -> Option<FoundKeys>;

/// A built-in command: the one declaration beside its handler.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    pub spec: CommandSpec,
    pub handler: Handler,
    pub subcommands: &'static [&'static BuiltIn],
    pub get_keys: Option<GetKeys>,
}

impl BuiltIn {
    /// A plain command.
    pub const fn new(spec: CommandSpec, handler: Handler) -> BuiltIn {
        BuiltIn { spec, handler, subcommands: &[], get_keys: None }
    }

    /// A container command; `handler` runs where it is called without a subcommand that exists.
    pub const fn container(
        spec: CommandSpec,
        handler: Handler,
        subcommands: &'static [&'static BuiltIn],
    ) -> BuiltIn {
        BuiltIn { spec, handler, subcommands, get_keys: None }
    }

    /// With a function that finds the keys.
    pub const fn with_get_keys(mut self, get_keys: GetKeys) -> BuiltIn {
        self.get_keys = Some(get_keys);
        self
    }
}

/// A command brought by a guest (module).
pub trait GuestCommand {
    /// Runs it.
    fn run(&self, context: &mut Context<'_>) -> CommandResult;

    /// The keys, where the guest finds them itself.
    fn get_keys(&self, _argv: &[&[u8]]) -> Option<FoundKeys> {
        None
    }

    /// The channels among the arguments to which it publishes or listens.
    fn get_channels(&self, _argv: &[&[u8]]) -> Vec<acl::NamedChannel> {
        Vec::new()
    }

    /// The module's name.
    fn module_name(&self) -> &str;

    /// A call has ended.
    fn note_call(&self, _duration_us: u64, _failed: bool) {}
}

/// How a command is run.
#[derive(Clone)]
pub enum Run {
    BuiltIn(Handler),
    Guest(Rc<dyn GuestCommand>),
}

/// What has been counted of a command.
#[derive(Default)]
pub struct CommandStats {
    pub calls: Cell<u64>,
    pub usec: Cell<u64>,
    pub rejected_calls: Cell<u64>,
    pub failed_calls: Cell<u64>,
    /// Calls the slow log took, with their durations.
    pub slow_calls: Cell<u64>,
    pub slow_us: Cell<u64>,
    pub slow_us_max: Cell<u64>,
    /// Latency histogram, made at the first call while latency tracking is on.
    pub latency: RefCell<Option<Box<crate::latency::Histogram>>>,
}

impl CommandStats {
    /// CONFIG RESETSTAT.
    pub fn reset(&self) {
        self.calls.set(0);
        self.usec.set(0);
        self.rejected_calls.set(0);
        self.failed_calls.set(0);
        self.slow_calls.set(0);
        self.slow_us.set(0);
        self.slow_us_max.set(0);
        *self.latency.borrow_mut() = None;
    }
}

/// A command at run time.
pub struct Command {
    /// `set`, `client|kill`; the name as renamed stays in the table only.
    pub full_name: String,
    /// Index of the command for ACL bitmaps; stable while the server runs.
    pub id: u32,
    pub spec: &'static CommandSpec,
    /// ACL categories; those of a module's own may be added.
    pub categories: Cell<u64>,
    /// Flags of the spec, copied for the hot path.
    pub flags: u64,
    pub run: Run,
    pub get_keys: Option<GetKeys>,
    pub parent: Option<String>,
    /// Called by another name since rename-command: not to be found by its own.
    pub renamed: Cell<bool>,
    pub subcommands: RefCell<HashMap<String, Rc<Command>>>,
    pub stats: CommandStats,
}

impl Command {
    pub fn is_container(&self) -> bool {
        !self.subcommands.borrow().is_empty()
    }

    pub fn has_flag(&self, bits: u64) -> bool {
        self.flags & bits != 0
    }

    pub fn is_write(&self) -> bool {
        self.has_flag(flag::WRITE)
    }

    /// Whether the command is brought by a module.
    pub fn guest(&self) -> Option<&Rc<dyn GuestCommand>> {
        match &self.run {
            Run::Guest(guest) => Some(guest),
            Run::BuiltIn(_) => None,
        }
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Command")
            .field("full_name", &self.full_name)
            .finish_non_exhaustive()
    }
}
