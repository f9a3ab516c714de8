//! The native host: loads modules as shared libraries and speaks the C calling convention of the Module API.
//!
//! A [`NativeHost`] is what the engine calls to load, list and unload. Loading reads the file as ELF ([`elf`]), tries it in
//! a throw-away process ([`probe`]), opens it ([`library`]) and calls its entry point with a [`context`]; the module then
//! asks [`table`] for every function by name. Each file named after an area of the API holds that area's functions, as
//! `extern "C"` functions without `unsafe` of their own: [`ptr`] is where the C side's pointers become references.
//!
//! Invariants: module code runs on the main thread, or on a thread of its own that holds the global lock ([`gil`]) while
//! the main thread waits. No reference into the keyspace outlives one API call; handles hold names.

mod accounts;
mod acl;
mod blocking;
mod call_clients;
mod call_replies;
mod calls;
pub mod check;
mod cluster;
mod command_info;
mod commands;
mod config;
mod config_access;
mod context;
mod data_types;
mod defrag;
mod dictionary;
mod digest;
mod elf;
mod ended_waits;
mod errno;
mod event_data;
mod event_loop;
mod exceptions;
mod filters;
mod fork;
mod gil;
mod hashes;
mod hooks;
mod host;
mod info;
mod key_context;
mod key_meta_classes;
mod key_metadata;
mod keys;
mod leaving;
mod library;
mod listing;
mod lists;
mod logins;
mod memory;
mod missing;
mod module;
mod native_value;
mod notifications;
mod origin;
mod parking;
pub mod probe;
mod promises;
mod ptr;
mod rdb_files;
mod rdb_io;
mod reader_guard;
mod replies;
pub mod report;
mod scan;
mod server;
mod shared;
mod sorted_sets;
mod stats;
mod streams;
mod strings;
mod table;
mod thread_safe_contexts;
mod timers;
mod upgrade;
mod usage;
mod yielding;

pub use blocking::{serve_unblocked, wake_descriptor};
pub use fork::{child_ended, end_child};
pub use gil::{is_in_use, lend, moved_back, take_back};
pub use host::{NativeHost, set_log, started};

/// What fills the table: one function per area.
const AREAS: &[fn(&mut table::Table)] = &[
    acl::register,
    logins::register,
    blocking::register,
    call_replies::register,
    calls::register,
    cluster::register,
    command_info::register,
    commands::register,
    config::register,
    config_access::register,
    data_types::register,
    defrag::register,
    dictionary::register,
    digest::register,
    event_loop::register,
    filters::register,
    fork::register,
    hashes::register,
    hooks::register,
    info::register,
    key_context::register,
    key_meta_classes::register,
    keys::register,
    lists::register,
    memory::register,
    notifications::register,
    promises::register,
    rdb_files::register,
    rdb_io::register,
    replies::register,
    scan::register,
    server::register,
    sorted_sets::register,
    streams::register,
    strings::register,
    thread_safe_contexts::register,
    timers::register,
    yielding::register,
];

/// Names of the API's functions that are missing here.
pub fn missing_functions() -> Vec<&'static str> {
    module_abi::functions::all().filter(|name| !table::table().has(name)).collect()
}

/// Names of the API's functions that a module's code uses, for those who ask about a file.
pub use usage::used_functions;
