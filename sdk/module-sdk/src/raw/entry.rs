//! Where the server comes in: load, unload, commands, events, INFO. No panic leaves.

use std::any::Any;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use module_abi::{API_VERSION, status};

use super::api::{api, c_text, fill};
use super::command_info;
use super::context::{Context, EventContext};
use super::info::Info;
use super::strings::{Word, bytes_of};
use crate::{Arguments, Command, Error, Event, Module, Result};

macro_rules! handle {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[repr(transparent)]
            #[derive(Clone, Copy, Debug)]
            pub struct $name(pub(crate) *mut c_void);
        )*
    };
}

handle! {
    /// `RedisModuleCtx *`.
    RawContext;
    /// `RedisModuleString *`.
    RawString;
    /// `RedisModuleString **`, the words of a call.
    RawArgv;
    /// `RedisModuleInfoCtx *`.
    RawInfo;
    /// A text that ends with a zero byte.
    RawText;
}

impl RawContext {
    pub(crate) const NONE: RawContext = RawContext(std::ptr::null_mut());
}

/// How the server calls a command.
pub type RawCommand = extern "C" fn(RawContext, RawArgv, c_int) -> c_int;
/// How it tells of an event.
pub type RawEvent = extern "C" fn(RawContext, c_int, RawText, RawString) -> c_int;

/// `RedisModule_OnLoad`.
pub fn load(
    module: &'static Module,
    info: extern "C" fn(RawInfo, c_int),
    raw: RawContext,
    argv: RawArgv,
    argc: c_int,
) -> c_int {
    // SAFETY: the server gave the context to the entry point.
    if let Err(missing) = unsafe { fill(raw) } {
        eprintln!("module {}: the server lacks RedisModule_{missing}", module.name);
        return status::ERR;
    }
    let name = c_text(module.name);
    // SAFETY: the name ends with a zero byte.
    if unsafe { (api().IsModuleNameBusy)(name.as_ptr()) } != 0 {
        return status::ERR;
    }
    // SAFETY: the context is that of a load.
    unsafe { (api().SetModuleAttribs)(raw, name.as_ptr(), module.version, API_VERSION) };
    // Loaders look at every read, so a damaged file need not end the server.
    const HANDLE_IO_ERRORS: c_int = 1;
    // SAFETY: as above.
    unsafe { (api().SetModuleOptions)(raw, HANDLE_IO_ERRORS) };
    let mut context = Context::new(raw);
    let words = words_of(argv, argc);
    match protect(|| begin(module, info, &mut context, &words)) {
        Ok(()) => status::OK,
        Err(error) => {
            context.log(crate::LogLevel::Warning, &error.text());
            status::ERR
        }
    }
}

fn begin(
    module: &'static Module,
    info: extern "C" fn(RawInfo, c_int),
    context: &mut Context,
    words: &[Word<'_>],
) -> Result<()> {
    for create in module.types {
        create(context)?;
    }
    let category = module.category.and_then(|name| command_info::add_category(context, name));
    for (command, run) in module.commands {
        command_info::create(context, command, *run, category)?;
    }
    for config in module.configs {
        config.register(context)?;
    }
    // SAFETY: the context is that of a load.
    if !module.configs.is_empty() && unsafe { (api().LoadConfigs)(context.raw()) } != status::OK {
        return Err(Error::err("a parameter of the module was refused"));
    }
    for (event, happen) in module.events {
        let classes = event_classes(event.classes)?;
        // SAFETY: as above; the function stays as long as the module.
        unsafe { (api().SubscribeToKeyspaceEvents)(context.raw(), classes, *happen) };
    }
    if module.info.is_some() {
        // SAFETY: as above.
        unsafe { (api().RegisterInfoFunc)(context.raw(), info) };
    }
    match module.load {
        Some(load) => load(context, &mut Arguments::new(words)),
        None => Ok(()),
    }
}

/// `RedisModule_OnUnload`.
pub fn unload(module: &'static Module, raw: RawContext) -> c_int {
    let mut context = Context::new(raw);
    let result = match module.unload {
        Some(unload) => protect(|| unload(&mut context)),
        None => Ok(()),
    };
    match result {
        Ok(()) => status::OK,
        Err(error) => {
            context.log(crate::LogLevel::Warning, &error.text());
            status::ERR
        }
    }
}

/// A command is called.
pub fn call(command: &Command, raw: RawContext, argv: RawArgv, argc: c_int) -> c_int {
    let mut context = Context::with_client(raw);
    let words = words_of(argv, argc);
    if !command.spec.accepts_argc(words.len()) {
        // SAFETY: the context is that of a call.
        return unsafe { (api().WrongArity)(raw) };
    }
    let mut arguments = Arguments::new(words.get(1..).unwrap_or_default());
    let result = protect(|| (command.run)(&mut context, &mut arguments));
    context.answer(result);
    status::OK
}

/// Something has happened to a key.
pub fn happen(event: &Event, raw: RawContext, name: RawText, key: RawString) -> c_int {
    let mut context = EventContext::new(raw);
    // SAFETY: the server's name of the event ends with a zero byte, and stays during the call.
    let name = unsafe { CStr::from_ptr(name.0.cast::<c_char>()) }.to_string_lossy();
    // SAFETY: the key's name stays during the call.
    let key = unsafe { bytes_of(key) };
    let result = protect(|| {
        (event.run)(&mut context, &name, key);
        Ok(())
    });
    if let Err(error) = result {
        context.log(crate::LogLevel::Warning, &error.text());
    }
    status::OK
}

/// INFO is asked for.
pub fn tell(module: &'static Module, to: RawInfo) {
    if let Some(tell) = module.info {
        // There is nobody to tell of a panic but the panic hook, which has.
        let _ = protect(|| {
            tell(&mut Info::new(to));
            Ok(())
        });
    }
}

/// Runs it; a panic becomes an error.
pub(crate) fn protect<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panic_error(&*panic)))
}

fn panic_error(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::err(format!("the module panicked: {}", text.unwrap_or("no text")))
}

/// The words of a call, for as long as it runs.
fn words_of<'a>(argv: RawArgv, argc: c_int) -> Vec<Word<'a>> {
    let first = argv.0.cast::<RawString>();
    let count = if first.is_null() { 0 } else { usize::try_from(argc).unwrap_or(0) };
    // SAFETY: the server gives so many strings, which stay while the call runs; the words live no longer, since whom they
    // are handed to may only borrow them.
    (0..count).map(|index| unsafe { Word::new(first.add(index).read()) }).collect()
}

/// Letters of `notify-keyspace-events` as the bits of the Module API.
fn event_classes(letters: &str) -> Result<c_int> {
    let mut classes = 0;
    for letter in letters.chars() {
        classes |= match letter {
            'g' => 1 << 2,
            '$' => 1 << 3,
            'l' => 1 << 4,
            's' => 1 << 5,
            'h' => 1 << 6,
            'z' => 1 << 7,
            'x' => 1 << 8,
            'e' => 1 << 9,
            't' => 1 << 10,
            'm' => 1 << 11,
            'd' => 1 << 13,
            'n' => 1 << 14,
            'A' => 0b10_0111_1111_1100,
            other => return Err(Error::err(format!("no class of events: {other}"))),
        };
    }
    Ok(classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let error = protect::<()>(|| panic!("no {}", 7)).expect_err("it panicked");
        assert_eq!(error.text(), "ERR the module panicked: no 7");
    }

    #[test]
    fn classes_have_the_bits_of_the_module_api() {
        assert_eq!(event_classes("g$"), Ok(0b1100));
        assert!(event_classes("?").is_err());
    }
}
