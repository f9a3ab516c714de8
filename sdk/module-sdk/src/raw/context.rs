//! The server as a command sees it while it runs.

use std::ffi::{c_int, c_long};
use std::time::Duration;

use module_abi::context_flag;

use super::api::{api, c_text};
use super::entry::RawContext;
use super::strings::{OwnedWord, Word};
use crate::{Error, Reply, Result};

/// Levels of the server's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Debug,
    Verbose,
    Notice,
    Warning,
}

/// What a command, an event or a timer may do. Open keys borrow it, so that nothing else can take their values away.
#[derive(Debug)]
pub struct Context {
    raw: RawContext,
    has_client: bool,
}

/// What may be done where something has just happened to a key. It may have happened while a command has other keys open, so
/// keys are opened and commands called [later](EventContext::later).
#[derive(Debug)]
pub struct EventContext {
    context: Context,
}

impl EventContext {
    pub(crate) fn new(raw: RawContext) -> EventContext {
        EventContext { context: Context::new(raw) }
    }

    /// Writes a line to the server's log.
    pub fn log(&self, level: LogLevel, line: &str) {
        self.context.log(level, line);
    }

    /// The number of the database.
    pub fn db(&self) -> i32 {
        self.context.db()
    }

    /// Runs `work` as soon as the command is over.
    pub fn later(&mut self, work: impl FnOnce(&mut Context) + 'static) {
        self.context.after(Duration::ZERO, work);
    }
}

impl Context {
    /// Of a load or a timer.
    pub(crate) fn new(raw: RawContext) -> Context {
        Context { raw, has_client: false }
    }

    /// Of a command.
    pub(crate) fn with_client(raw: RawContext) -> Context {
        Context { raw, has_client: true }
    }

    pub(crate) fn raw(&self) -> RawContext {
        self.raw
    }

    /// Writes a line to the server's log.
    pub fn log(&self, level: LogLevel, line: &str) {
        let level = match level {
            LogLevel::Debug => c"debug",
            LogLevel::Verbose => c"verbose",
            LogLevel::Notice => c"notice",
            LogLevel::Warning => c"warning",
        };
        let line = c_text(line);
        // SAFETY: the texts end with zero bytes, and the format takes one.
        unsafe { (api().Log)(self.raw, level.as_ptr(), c"%s".as_ptr(), line.as_ptr()) };
    }

    /// Has replicas and the append-only file get the command as it came.
    pub fn replicate_verbatim(&mut self) {
        // SAFETY: the context is that of a call.
        unsafe { (api().ReplicateVerbatim)(self.raw) };
    }

    /// Has replicas and the append-only file get this command instead.
    pub fn replicate(&mut self, command: &str, arguments: &[&[u8]]) {
        let name = c_text(command);
        let words: Vec<OwnedWord> = arguments.iter().map(|word| OwnedWord::new(word)).collect();
        let raw: Vec<_> = words.iter().map(|word| word.word().raw()).collect();
        // SAFETY: `v` takes an array of strings and its length.
        unsafe {
            (api().Replicate)(self.raw, name.as_ptr(), c"v".as_ptr(), raw.as_ptr(), raw.len());
        }
    }

    /// Tells those who listen to events of modules that something has happened to a key.
    pub fn notify(&mut self, event: &str, key: Word<'_>) {
        const MODULE: c_int = 1 << 13;
        let event = c_text(event);
        // SAFETY: the name ends with a zero byte; the key's name stays during the call.
        unsafe { (api().NotifyKeyspaceEvent)(self.raw, MODULE, event.as_ptr(), key.raw()) };
    }

    /// Whether it runs for a client: commands do, events and timers do not.
    pub fn has_client(&self) -> bool {
        self.has_client
    }

    /// The number of the database.
    pub fn db(&self) -> i32 {
        // SAFETY: the context is that of a call.
        unsafe { (api().GetSelectedDb)(self.raw) }
    }

    fn has(&self, flag: i32) -> bool {
        // SAFETY: the context is that of a call.
        unsafe { (api().GetContextFlags)(self.raw) & flag != 0 }
    }

    /// Whether the client speaks RESP3.
    pub fn resp3(&self) -> bool {
        self.has(context_flag::RESP3)
    }

    pub fn is_replica(&self) -> bool {
        self.has(context_flag::SLAVE)
    }

    pub fn is_loading(&self) -> bool {
        self.has(context_flag::LOADING)
    }

    /// Whether the client cannot be made to wait: it is in a transaction or a script.
    pub fn denies_blocking(&self) -> bool {
        self.has(context_flag::DENY_BLOCKING | context_flag::MULTI | context_flag::LUA)
    }

    /// Sends what a command ended with.
    pub(crate) fn answer(&self, result: Result) {
        match result {
            Ok(reply) => self.send(&reply),
            Err(error) => self.send_error(&error),
        }
    }

    fn send_error(&self, error: &Error) {
        if *error == Error::Arity {
            // SAFETY: the context is that of a call.
            unsafe { (api().WrongArity)(self.raw) };
            return;
        }
        let text = c_text(&error.text());
        // SAFETY: the text ends with a zero byte.
        unsafe { (api().ReplyWithError)(self.raw, text.as_ptr()) };
    }

    fn send(&self, reply: &Reply) {
        let (raw, api) = (self.raw, api());
        match reply {
            // SAFETY: the context is that of a call.
            Reply::Integer(number) => drop(unsafe { (api.ReplyWithLongLong)(raw, *number) }),
            // SAFETY: as above.
            Reply::Double(number) => drop(unsafe { (api.ReplyWithDouble)(raw, *number) }),
            // SAFETY: as above.
            Reply::Bool(value) => drop(unsafe { (api.ReplyWithBool)(raw, c_int::from(*value)) }),
            Reply::Simple(text) => {
                let text = c_text(&text.replace(['\r', '\n'], " "));
                // SAFETY: the text ends with a zero byte.
                unsafe { (api.ReplyWithSimpleString)(raw, text.as_ptr()) };
            }
            Reply::Bulk(bytes) => {
                // SAFETY: the bytes are copied.
                unsafe { (api.ReplyWithStringBuffer)(raw, bytes.as_ptr().cast(), bytes.len()) };
            }
            Reply::Verbatim(format, text) => {
                let place = text.as_ptr().cast();
                let format = format.as_ptr().cast();
                // SAFETY: the bytes are copied; the format has the three letters that are read.
                unsafe { (api.ReplyWithVerbatimStringType)(raw, place, text.len(), format) };
            }
            Reply::BigNumber(digits) => {
                // SAFETY: the bytes are copied.
                unsafe { (api.ReplyWithBigNumber)(raw, digits.as_ptr().cast(), digits.len()) };
            }
            // SAFETY: the context is that of a call.
            Reply::Null => drop(unsafe { (api.ReplyWithNull)(raw) }),
            // SAFETY: as above.
            Reply::NullArray => drop(unsafe { (api.ReplyWithNullArray)(raw) }),
            Reply::Array(items) => {
                // SAFETY: as above; so many replies follow.
                unsafe { (api.ReplyWithArray)(raw, items.len() as c_long) };
                items.iter().for_each(|item| self.send(item));
            }
            Reply::Set(items) => {
                // SAFETY: as above.
                unsafe { (api.ReplyWithSet)(raw, items.len() as c_long) };
                items.iter().for_each(|item| self.send(item));
            }
            Reply::Map(pairs) => {
                // SAFETY: as above; so many pairs follow.
                unsafe { (api.ReplyWithMap)(raw, pairs.len() as c_long) };
                for (key, value) in pairs {
                    self.send(key);
                    self.send(value);
                }
            }
            Reply::Error(error) => self.send_error(error),
            Reply::Sent => {}
        }
    }
}
