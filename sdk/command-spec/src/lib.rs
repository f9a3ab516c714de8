//! The words in which a command is declared: one `const` of these types beside its handler is the only declaration.
//!
//! Everything that describes a command to the outside (COMMAND, COMMAND DOCS, ACL categories, key extraction, HELP) is
//! derived from a [`CommandSpec`]. Built-in commands and module commands use the same words.

#![forbid(unsafe_code)]

mod argument;
pub mod category;
pub mod flag;
mod key_spec;

pub use argument::{Argument, ArgumentType};
pub use key_spec::{BeginSearch, FindKeys, KeySpec, key_flag};

/// The group a command is listed under; the folder it lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Generic,
    String,
    List,
    Set,
    SortedSet,
    Hash,
    Pubsub,
    Transactions,
    Connection,
    Server,
    Scripting,
    Hyperloglog,
    Cluster,
    Sentinel,
    Geo,
    Stream,
    Bitmap,
    Array,
    Module,
}

impl Group {
    /// The name that COMMAND DOCS prints.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Generic => "generic",
            Group::String => "string",
            Group::List => "list",
            Group::Set => "set",
            Group::SortedSet => "sorted-set",
            Group::Hash => "hash",
            Group::Pubsub => "pubsub",
            Group::Transactions => "transactions",
            Group::Connection => "connection",
            Group::Server => "server",
            Group::Scripting => "scripting",
            Group::Hyperloglog => "hyperloglog",
            Group::Cluster => "cluster",
            Group::Sentinel => "sentinel",
            Group::Geo => "geo",
            Group::Stream => "stream",
            Group::Bitmap => "bitmap",
            Group::Array => "array",
            Group::Module => "module",
        }
    }
}

/// A command that should no longer be used, and what takes its place.
#[derive(Clone, Copy, Debug)]
pub struct Deprecation {
    pub since: &'static str,
    pub replaced_by: &'static str,
}

/// The declaration of one command or subcommand.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// Lower case; of a subcommand its own word only (`kill`, not `client|kill`).
    pub name: &'static str,
    pub group: Group,
    /// One sentence, ending with a period.
    pub summary: &'static str,
    pub since: &'static str,
    /// Big-O text; empty if there is none.
    pub complexity: &'static str,
    /// Number of words including the name; negative: at least so many.
    pub arity: i32,
    /// Of [`flag`].
    pub flags: u64,
    /// Of [`category`]; `@fast`/`@slow`, `@read`/`@write` and the like included.
    pub categories: u64,
    /// Command tips (`request_policy:…`, `nondeterministic_output`, …).
    pub tips: &'static [&'static str],
    pub key_specs: &'static [KeySpec],
    pub arguments: &'static [Argument],
    /// (version, what changed).
    pub history: &'static [(&'static str, &'static str)],
    pub deprecated: Option<Deprecation>,
    /// For the server's own use, not for clients.
    pub syscmd: bool,
    /// Module that brings the command, if any.
    pub module: Option<&'static str>,
    /// Sessions that show it: (command line, reply in transcript notation).
    pub examples: &'static [(&'static str, &'static str)],
}

impl CommandSpec {
    /// What a declaration leaves out: `..CommandSpec::DEFAULT`.
    pub const DEFAULT: CommandSpec = CommandSpec {
        name: "",
        group: Group::Generic,
        summary: "",
        since: "1.0.0",
        complexity: "",
        arity: -1,
        flags: 0,
        categories: 0,
        tips: &[],
        key_specs: &[],
        arguments: &[],
        history: &[],
        deprecated: None,
        syscmd: false,
        module: None,
        examples: &[],
    };

    /// Whether a call with `argc` words satisfies the arity.
    pub const fn accepts_argc(&self, argc: usize) -> bool {
        if self.arity >= 0 {
            argc == self.arity as usize
        } else {
            argc >= (-(self.arity as i64)) as usize
        }
    }
}
