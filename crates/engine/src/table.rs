//! The command table: every name a client may call, looked up without regard to case.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use crate::command::{BuiltIn, Command, CommandStats, Run};

/// Longest command name that can exist.
const NAME_BYTES_MAX: usize = 128;

/// A quick hash for the short, trusted names of the table (names come from specs and modules, never from clients).
#[derive(Default)]
pub struct NameHasher(u64);

impl Hasher for NameHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }
}

type Names = HashMap<Box<[u8]>, Rc<Command>, BuildHasherDefault<NameHasher>>;

/// The table of commands.
#[derive(Default)]
pub struct CommandTable {
    names: Names,
    next_id: Cell<u32>,
    /// Categories that modules have added, with their bits.
    pub module_categories: Vec<(u64, String)>,
}

/// What a lookup of `argv` found.
pub enum Lookup {
    Found(Rc<Command>),
    /// The container exists, the subcommand does not.
    UnknownSubcommand(Rc<Command>),
    Unknown,
}

impl CommandTable {
    /// The table of the built-in commands.
    pub fn new(built_ins: &[&'static BuiltIn]) -> CommandTable {
        let mut table = CommandTable::default();
        for built_in in built_ins {
            let command = table.make(built_in, None);
            table.names.insert(built_in.spec.name.as_bytes().into(), command);
        }
        table
    }

    fn make(&self, built_in: &'static BuiltIn, parent: Option<&str>) -> Rc<Command> {
        let full_name = match parent {
            Some(parent) => format!("{parent}|{}", built_in.spec.name),
            None => built_in.spec.name.to_owned(),
        };
        let mut subcommands = HashMap::new();
        for subcommand in built_in.subcommands {
            let name = subcommand.spec.name.to_owned();
            subcommands.insert(name, self.make(subcommand, Some(built_in.spec.name)));
        }
        Rc::new(Command {
            full_name,
            id: self.new_id(),
            spec: &built_in.spec,
            categories: Cell::new(built_in.spec.categories),
            flags: built_in.spec.flags,
            run: Run::BuiltIn(built_in.handler),
            get_keys: built_in.get_keys,
            parent: parent.map(str::to_owned),
            renamed: Cell::new(false),
            subcommands: RefCell::new(subcommands),
            stats: CommandStats::default(),
        })
    }

    /// A number no other command has.
    pub fn new_id(&self) -> u32 {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        id
    }

    /// Finds a top-level command by its name, in any case.
    pub fn get(&self, name: &[u8]) -> Option<&Rc<Command>> {
        if name.len() > NAME_BYTES_MAX {
            return None;
        }
        let mut lower = [0u8; NAME_BYTES_MAX];
        let lower = &mut lower[..name.len()];
        for (to, from) in lower.iter_mut().zip(name) {
            *to = from.to_ascii_lowercase();
        }
        self.names.get(&*lower)
    }

    /// Finds the command or subcommand that `argv` calls.
    pub fn lookup(&self, argv: &[&[u8]]) -> Lookup {
        let Some(command) = argv.first().and_then(|name| self.get(name)) else {
            return Lookup::Unknown;
        };
        CommandTable::resolve_subcommand(command, argv)
    }

    /// Goes on from a container to the subcommand that `argv` names.
    pub fn resolve_subcommand(command: &Rc<Command>, argv: &[&[u8]]) -> Lookup {
        let subcommands = command.subcommands.borrow();
        if subcommands.is_empty() {
            return Lookup::Found(command.clone());
        }
        let Some(word) = argv.get(1) else { return Lookup::Found(command.clone()) };
        let found = std::str::from_utf8(word)
            .ok()
            .and_then(|word| subcommands.get(&word.to_ascii_lowercase()));
        match found {
            Some(subcommand) => Lookup::Found(subcommand.clone()),
            None => Lookup::UnknownSubcommand(command.clone()),
        }
    }

    /// Finds `client|kill` or `set`.
    pub fn get_full(&self, full_name: &[u8]) -> Option<Rc<Command>> {
        let mut words = full_name.splitn(2, |byte| *byte == b'|');
        let command = self.get(words.next()?)?;
        match words.next() {
            None => Some(command.clone()),
            Some(word) => {
                let word = std::str::from_utf8(word).ok()?.to_ascii_lowercase();
                command.subcommands.borrow().get(&word).cloned()
            }
        }
    }

    /// Adds a command under its name; `false` if the name is taken.
    pub fn insert(&mut self, name: &str, command: Rc<Command>) -> bool {
        let name: Box<[u8]> = name.to_ascii_lowercase().into_bytes().into();
        if self.names.contains_key(&name) {
            return false;
        }
        self.names.insert(name, command);
        true
    }

    /// Gives a command another name, or none at all; else why not.
    pub fn rename(&mut self, old: &[u8], new: &[u8]) -> Result<(), &'static str> {
        let Some(command) = self.get(old).cloned() else {
            return Err("No such command in rename-command");
        };
        let new = new.to_ascii_lowercase();
        if self.names.contains_key(&*new) {
            return Err("Target command name already exists");
        }
        self.remove(old);
        command.renamed.set(true);
        if !new.is_empty() {
            self.names.insert(new.into(), command);
        }
        Ok(())
    }

    /// Takes a command out.
    pub fn remove(&mut self, name: &[u8]) -> Option<Rc<Command>> {
        self.names.remove(&*name.to_ascii_lowercase())
    }

    /// All top-level commands, sorted by name.
    pub fn sorted(&self) -> Vec<(&[u8], &Rc<Command>)> {
        let mut all: Vec<_> = self.names.iter().map(|(name, command)| (&**name, command)).collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    /// Calls `visit` for every command and subcommand.
    pub fn for_each(&self, mut visit: impl FnMut(&Rc<Command>)) {
        for command in self.names.values() {
            visit(command);
            for subcommand in command.subcommands.borrow().values() {
                visit(subcommand);
            }
        }
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}
