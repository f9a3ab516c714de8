//! The error replies: one constant per text, with its code word.

use std::borrow::Cow;
use stdx::text::until_nul;

/// An error reply, without the leading `-`. The first word is the code that INFO errorstats counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandError(Cow<'static, [u8]>);

/// What a command handler returns.
pub type CommandResult = Result<(), CommandError>;

impl CommandError {
    /// A constant text that begins with its code word.
    pub const fn constant(text: &'static str) -> CommandError {
        CommandError(Cow::Borrowed(text.as_bytes()))
    }

    /// `ERR ` and a text made at run time.
    pub fn err(text: impl AsRef<[u8]>) -> CommandError {
        let mut bytes = b"ERR ".to_vec();
        bytes.extend_from_slice(text.as_ref());
        CommandError(Cow::Owned(bytes))
    }

    /// A whole text made at run time, code word included.
    pub fn owned(text: impl Into<Vec<u8>>) -> CommandError {
        CommandError(Cow::Owned(text.into()))
    }

    /// The text as it goes over the wire behind the `-`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The code word.
    pub fn code(&self) -> &[u8] {
        self.0.split(|byte| *byte == b' ').next().unwrap_or(b"ERR")
    }
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: CommandError = CommandError::constant($text);)*
    };
}

errors! {
    WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
    SYNTAX = "ERR syntax error";
    NO_SUCH_KEY = "ERR no such key";
    NOT_AN_INTEGER = "ERR value is not an integer or out of range";
    NOT_A_FLOAT = "ERR value is not a valid float";
    OUT_OF_RANGE = "ERR value is out of range";
    NOT_POSITIVE = "ERR value is out of range, must be positive";
    INDEX_OUT_OF_RANGE = "ERR index out of range";
    SAME_OBJECT = "ERR source and destination objects are the same";
    OOM = "OOM command not allowed when used memory > 'maxmemory'.";
    STRING_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    NO_MEMORY_FOR_STRING = "ERR insufficient memory for a string of this length";
    OVERFLOW = "ERR increment or decrement would overflow";
    NAN_OR_INFINITY = "ERR increment would produce NaN or Infinity";
    OFFSET_OUT_OF_RANGE = "ERR offset is out of range";
    BUSYKEY = "BUSYKEY Target key name already exists.";
    NOAUTH = "NOAUTH Authentication required.";
    WRONGPASS = "WRONGPASS invalid username-password pair or user is disabled.";
    NOPROTO = "NOPROTO unsupported protocol version";
    EXECABORT = "EXECABORT Transaction discarded because of previous errors.";
    NESTED_MULTI = "ERR MULTI calls can not be nested";
    WATCH_IN_MULTI = "ERR WATCH inside MULTI is not allowed";
    DISCARD_WITHOUT_MULTI = "ERR DISCARD without MULTI";
    EXEC_WITHOUT_MULTI = "ERR EXEC without MULTI";
    LOADING = "LOADING Redis is loading the dataset in memory";
    NO_AOF = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";
    BUSY_MODULE = "BUSY Redis is busy running a module command.";
    READONLY_REPLICA = "READONLY You can't write against a read only replica.";
    READONLY_SCRIPT = "READONLY Can not run script with write flag on readonly replica";
    NOREPLICAS = "NOREPLICAS Not enough good replicas to write.";
    REPLICA_CLIENT = "ERR Replica can't interact with the keyspace";
    MASTERDOWN = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
    MISCONF_RDB = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.";
    MISCONF = "MISCONF Errors writing to the AOF file";
    INVALID_DB_INDEX = "ERR invalid DB index";
    DB_INDEX_OUT_OF_RANGE = "ERR DB index is out of range";
    UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    NO_MULTI = "ERR Command not allowed inside a transaction";
    NO_FUNCTION = "ERR Function not found";
    INVALID_CURSOR = "ERR invalid cursor";
}

/// Changes are refused while the append-only file cannot be written.
pub fn misconf_aof(reason: &str) -> CommandError {
    CommandError::owned(format!("MISCONF Errors writing to the AOF file: {reason}"))
}

/// `ERR wrong number of arguments for 'NAME' command`.
pub fn wrong_arity(full_name: &str) -> CommandError {
    CommandError::err(format!("wrong number of arguments for '{full_name}' command"))
}

/// `ERR invalid expire time in 'NAME' command`.
pub fn invalid_expire_time(full_name: &str) -> CommandError {
    CommandError::err(format!("invalid expire time in '{full_name}' command"))
}

/// The reply to a command that does not exist, with the beginning of its arguments.
pub fn unknown_command(argv: &[&[u8]]) -> CommandError {
    const NAME_SHOWN_MAX: usize = 128;
    let mut arguments: Vec<u8> = Vec::new();
    for argument in argv.iter().skip(1) {
        if arguments.len() >= NAME_SHOWN_MAX {
            break;
        }
        let room = NAME_SHOWN_MAX - arguments.len();
        arguments.push(b'\'');
        let argument = until_nul(argument);
        arguments.extend_from_slice(&argument[..argument.len().min(room)]);
        arguments.extend_from_slice(b"' ");
    }
    let name = argv.first().map_or(&b""[..], |name| until_nul(name));
    let mut text = b"unknown command '".to_vec();
    text.extend_from_slice(&name[..name.len().min(NAME_SHOWN_MAX)]);
    text.push(b'\'');
    if !arguments.is_empty() {
        text.extend_from_slice(b", with args beginning with: ");
        text.extend_from_slice(&arguments);
    }
    CommandError::err(text)
}

/// The reply to a subcommand that does not exist.
pub fn unknown_subcommand(container: &str, subcommand: &[u8]) -> CommandError {
    let subcommand = until_nul(subcommand);
    let shown = &subcommand[..subcommand.len().min(128)];
    let mut text = b"unknown subcommand '".to_vec();
    text.extend_from_slice(shown);
    text.extend_from_slice(b"'. Try ");
    text.extend_from_slice(container.to_ascii_uppercase().as_bytes());
    text.extend_from_slice(b" HELP.");
    CommandError::err(text)
}

/// The reply to a client that may not know of an internal command.
pub fn hidden_command(command: &crate::Command, argv: &[&[u8]]) -> CommandError {
    let container = command.parent.as_deref().unwrap_or(&command.full_name);
    let needs_subcommand = command.parent.is_none() && command.spec.arity == -2;
    match argv.get(1) {
        Some(word) if command.parent.is_some() => unknown_subcommand(container, word),
        None if needs_subcommand => {
            let name = container.to_ascii_uppercase();
            CommandError::err(format!("missing subcommand. Try {name} HELP."))
        }
        _ => unknown_command(argv),
    }
}
