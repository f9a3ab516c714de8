//! The declaration of a module: [`module!`], and what it is made of.

use command_spec::CommandSpec;

use crate::raw::context::{Context, EventContext};
use crate::raw::entry::{RawCommand, RawEvent};
use crate::raw::info::Info;
use crate::{Arguments, Config, Result};

/// A command: how it looks from outside, and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub spec: CommandSpec,
    pub run: fn(&mut Context, &mut Arguments<'_>) -> Result,
}

impl Command {
    /// `spec.name` is the whole name, such as `tally.add`.
    pub const fn new(
        spec: CommandSpec,
        run: fn(&mut Context, &mut Arguments<'_>) -> Result,
    ) -> Command {
        Command { spec, run }
    }
}

/// What happens when something happens to a key. `classes` are letters of `notify-keyspace-events`: `g` generic, `$` strings,
/// `x` expired, `d` modules, `A` all of them …
#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub classes: &'static str,
    /// Gets the event's name and the key.
    pub run: fn(&mut EventContext, &str, &[u8]),
}

/// All of a module, as [`module!`] puts it together.
#[derive(Clone, Copy)]
pub struct Module {
    pub name: &'static str,
    pub version: i32,
    /// An ACL category of its own, which all its commands are in; of servers that let modules add some.
    pub category: Option<&'static str>,
    /// Each creates one data type.
    pub types: &'static [fn(&mut Context) -> Result<()>],
    pub commands: &'static [(&'static Command, RawCommand)],
    pub configs: &'static [&'static dyn Config],
    pub events: &'static [(&'static Event, RawEvent)],
    pub info: Option<fn(&mut Info)>,
    /// Runs at the end of the load, with the arguments of MODULE LOAD. An error refuses the load.
    pub load: Option<fn(&mut Context, &mut Arguments<'_>) -> Result<()>>,
    /// Runs before the module goes. An error refuses that.
    pub unload: Option<fn(&mut Context) -> Result<()>>,
}

/// Declares the module of a crate of type `cdylib`, and has its memory come from the server.
///
/// ```text
/// module_sdk::module! {
///     name: "tally",
///     version: 1,
///     types: [Tally],
///     commands: [ADD, GET],
///     configs: [&LIMIT],
///     info: info,
/// }
/// ```
///
/// `category`, `types`, `commands`, `configs`, `events`, `info`, `load` and `unload` may be left out, but stand in this order.
#[macro_export]
macro_rules! module {
    (
        name: $name:expr,
        version: $version:expr,
        $(category: $category:expr,)?
        $(types: [$($type:ty),* $(,)?],)?
        $(commands: [$($command:path),* $(,)?],)?
        $(configs: [$($config:expr),* $(,)?],)?
        $(events: [$($event:path),* $(,)?],)?
        $(info: $info:path,)?
        $(load: $load:path,)?
        $(unload: $unload:path,)?
    ) => {
        #[global_allocator]
        static ALLOCATOR: $crate::ServerAllocator = $crate::ServerAllocator;

        $($(
            impl $crate::Registered for $type {
                fn handle() -> &'static $crate::TypeHandle {
                    static HANDLE: $crate::TypeHandle = $crate::TypeHandle::new();
                    &HANDLE
                }
            }
        )*)?

        static MODULE: $crate::Module = $crate::Module {
            name: $name,
            version: $version,
            category: { let category: Option<&'static str> = None; $(let category: Option<&'static str> = Some($category);)? category },
            types: &[$($(<$type as $crate::raw::data_type::Creatable>::create),*)?],
            commands: &[$($({
                const COMMAND: &$crate::Command = &$command;
                extern "C" fn call(
                    context: $crate::raw::entry::RawContext,
                    argv: $crate::raw::entry::RawArgv,
                    argc: ::core::ffi::c_int,
                ) -> ::core::ffi::c_int {
                    $crate::raw::entry::call(COMMAND, context, argv, argc)
                }
                (COMMAND, call)
            }),*)?],
            configs: &[$($($config),*)?],
            events: &[$($({
                const EVENT: &$crate::Event = &$event;
                extern "C" fn happen(
                    context: $crate::raw::entry::RawContext,
                    _class: ::core::ffi::c_int,
                    event: $crate::raw::entry::RawText,
                    key: $crate::raw::entry::RawString,
                ) -> ::core::ffi::c_int {
                    $crate::raw::entry::happen(EVENT, context, event, key)
                }
                (EVENT, happen)
            }),*)?],
            info: { let info: Option<fn(&mut $crate::Info)> = None; $(let info: Option<fn(&mut $crate::Info)> = Some($info); )? info },
            load: {
                type Load = fn(&mut $crate::Context, &mut $crate::Arguments<'_>) -> $crate::Result<()>;
                let load: Option<Load> = None;
                $(let load: Option<Load> = Some($load);)?
                load
            },
            unload: {
                type Unload = fn(&mut $crate::Context) -> $crate::Result<()>;
                let unload: Option<Unload> = None;
                $(let unload: Option<Unload> = Some($unload);)?
                unload
            },
        };

        extern "C" fn module_info(to: $crate::raw::entry::RawInfo, _crash: ::core::ffi::c_int) {
            $crate::raw::entry::tell(&MODULE, to);
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn RedisModule_OnLoad(
            context: $crate::raw::entry::RawContext,
            argv: $crate::raw::entry::RawArgv,
            argc: ::core::ffi::c_int,
        ) -> ::core::ffi::c_int {
            $crate::raw::entry::load(&MODULE, module_info, context, argv, argc)
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn RedisModule_OnUnload(
            context: $crate::raw::entry::RawContext,
        ) -> ::core::ffi::c_int {
            $crate::raw::entry::unload(&MODULE, context)
        }
    };
}
