//! SetCommandInfo: what a module tells about a command, for COMMAND DOCS and for finding its keys.

use std::ffi::{c_char, c_int, c_void};
use std::rc::Rc;

use command_spec::{Argument, ArgumentType, BeginSearch, CommandSpec, FindKeys, KeySpec, flag};
use engine::Command;
use module_abi::command_info::{
    CommandInfo, InfoArgument, InfoHistory, InfoKeySpec, InfoVersion, argument_flag, argument_kind,
    begin_kind, find_kind,
};
use module_abi::status;

use crate::commands::{CommandHandle, keep_text};
use crate::errno::{fail, set_errno};
use crate::ptr;
use crate::table::Table;

/// Reads elements of a size that the module tells, until the first word of one is null.
fn until_null<T: Copy>(first: *const u8, element_bytes: usize) -> Vec<T> {
    /// More than any command has; a list without its end must not be read for ever.
    const ELEMENTS_MAX: usize = 1024;
    let mut elements = Vec::new();
    if first.is_null() {
        return elements;
    }
    for index in 0..ELEMENTS_MAX {
        // SAFETY: the elements stand one behind the other, and the last is one whose first word is null.
        let element = unsafe { first.add(index * element_bytes) };
        // SAFETY: as above; the first word of each is a pointer.
        if unsafe { element.cast::<*const c_void>().read() }.is_null() {
            break;
        }
        let mut read = std::mem::MaybeUninit::<T>::zeroed();
        let bytes = element_bytes.min(size_of::<T>());
        // SAFETY: the structures are plain C data for which zeros are valid; no more is copied than either side has.
        let read = unsafe {
            std::ptr::copy_nonoverlapping(element, read.as_mut_ptr().cast::<u8>(), bytes);
            read.assume_init()
        };
        elements.push(read);
    }
    elements
}

/// Key specs end with one that says no kind of begin.
fn read_key_specs(first: *const u8, element_bytes: usize) -> Vec<InfoKeySpec> {
    const ELEMENTS_MAX: usize = 256;
    let mut specs = Vec::new();
    if first.is_null() {
        return specs;
    }
    for index in 0..ELEMENTS_MAX {
        let mut read = std::mem::MaybeUninit::<InfoKeySpec>::zeroed();
        let bytes = element_bytes.min(size_of::<InfoKeySpec>());
        // SAFETY: the specs stand one behind the other up to one that is all zeros; plain C data for which zeros are valid.
        let spec = unsafe {
            let element = first.add(index * element_bytes);
            std::ptr::copy_nonoverlapping(element, read.as_mut_ptr().cast::<u8>(), bytes);
            read.assume_init()
        };
        if spec.begin_kind == 0 {
            break;
        }
        specs.push(spec);
    }
    specs
}

fn text(pointer: *const c_char) -> Option<&'static str> {
    (!pointer.is_null()).then(|| keep_text(&ptr::c_text(pointer)))
}

fn key_spec(native: &InfoKeySpec) -> KeySpec {
    let [first, second, third] = native.find;
    let begin = match native.begin_kind {
        // SAFETY: the kind says which member was written.
        begin_kind::INDEX => BeginSearch::Index(unsafe { native.begin.index }),
        begin_kind::KEYWORD => {
            // SAFETY: the kind says which member was written.
            let keyword = unsafe { native.begin.keyword };
            BeginSearch::Keyword {
                keyword: text(keyword.word).unwrap_or(""),
                start_from: keyword.start_from,
            }
        }
        _ => BeginSearch::Unknown,
    };
    let find = match native.find_kind {
        find_kind::OMITTED => FindKeys::Range { last_key: 0, step: 1, limit: 0 },
        find_kind::RANGE => FindKeys::Range { last_key: first, step: second, limit: third },
        find_kind::KEYNUM => {
            FindKeys::KeyNum { keynum_index: first, first_key: second, step: third }
        }
        _ => FindKeys::Unknown,
    };
    KeySpec { flags: native.flags as u32, begin, find, notes: text(native.notes) }
}

fn argument(native: &InfoArgument, arg_bytes: usize, depth: usize) -> Argument {
    const DEPTH_MAX: usize = 16;
    let kind = match native.kind {
        argument_kind::INTEGER => ArgumentType::Integer,
        argument_kind::DOUBLE => ArgumentType::Double,
        argument_kind::KEY => ArgumentType::Key,
        argument_kind::PATTERN => ArgumentType::Pattern,
        argument_kind::UNIX_TIME => ArgumentType::UnixTime,
        argument_kind::PURE_TOKEN => ArgumentType::PureToken,
        argument_kind::ONE_OF => ArgumentType::OneOf,
        argument_kind::BLOCK => ArgumentType::Block,
        _ => ArgumentType::String,
    };
    let subarguments: Vec<Argument> = if depth < DEPTH_MAX && native.kind >= argument_kind::ONE_OF {
        until_null::<InfoArgument>(native.arguments.cast(), arg_bytes)
            .iter()
            .map(|sub| argument(sub, arg_bytes, depth + 1))
            .collect()
    } else {
        Vec::new()
    };
    let mut read = Argument::string(text(native.name).unwrap_or(""));
    read.kind = kind;
    read.display = text(native.display);
    read.token = text(native.token);
    read.key_spec =
        (kind == ArgumentType::Key).then(|| u8::try_from(native.key_spec_index).unwrap_or(0));
    read.since = text(native.since);
    read.summary = text(native.summary);
    read.deprecated_since = text(native.deprecated_since);
    read.optional = native.flags & argument_flag::OPTIONAL != 0;
    read.multiple = native.flags & argument_flag::MULTIPLE != 0;
    read.multiple_token = native.flags & argument_flag::MULTIPLE_TOKEN != 0;
    read.arguments = Vec::leak(subarguments);
    read
}

fn described(command: &Command, info: &CommandInfo, version: &InfoVersion) -> CommandSpec {
    let history = until_null::<InfoHistory>(info.history.cast(), version.history_bytes)
        .iter()
        .map(|entry| (text(entry.since).unwrap_or(""), text(entry.changes).unwrap_or("")))
        .collect::<Vec<_>>();
    let key_specs: Vec<KeySpec> = read_key_specs(info.key_specs.cast(), version.key_spec_bytes)
        .iter()
        .map(key_spec)
        .collect();
    let arguments: Vec<Argument> =
        until_null::<InfoArgument>(info.arguments.cast(), version.argument_bytes)
            .iter()
            .map(|arg| argument(arg, version.argument_bytes, 0))
            .collect();
    let mut spec = *command.spec;
    spec.summary = text(info.summary).unwrap_or(spec.summary);
    spec.complexity = text(info.complexity).unwrap_or(spec.complexity);
    spec.since = text(info.since).unwrap_or(spec.since);
    if let Some(tips) = text(info.tips) {
        spec.tips = Vec::leak(tips.split_ascii_whitespace().collect());
    }
    if info.arity != 0 {
        spec.arity = info.arity;
    }
    if !key_specs.is_empty() {
        if !engine::keys::is_one_range(&key_specs) {
            spec.flags |= flag::MOVABLEKEYS;
        }
        spec.key_specs = Vec::leak(key_specs);
    }
    if !history.is_empty() {
        spec.history = Vec::leak(history);
    }
    if !arguments.is_empty() {
        spec.arguments = Vec::leak(arguments);
    }
    spec
}

extern "C" fn set_command_info(handle: *mut CommandHandle, info: *const CommandInfo) -> c_int {
    let (Some(handle), Some(info)) = (ptr::reference(handle), ptr::reference(info.cast_mut()))
    else {
        return fail(libc::EINVAL);
    };
    let Some(version) = ptr::reference(info.version.cast_mut()) else {
        return fail(libc::EINVAL);
    };
    let state = crate::host::state_in_use();
    let Some(command) = state.table.get_full(handle.full_name.as_bytes()) else {
        return fail(libc::EINVAL);
    };
    if !command.spec.summary.is_empty() || !command.spec.arguments.is_empty() {
        // It has been described before.
        return fail(libc::EEXIST);
    }
    let spec: &'static CommandSpec = Box::leak(Box::new(described(&command, info, version)));
    let replacement = Rc::new(Command {
        full_name: command.full_name.clone(),
        id: command.id,
        spec,
        categories: command.categories.clone(),
        flags: spec.flags,
        run: command.run.clone(),
        get_keys: command.get_keys,
        parent: command.parent.clone(),
        renamed: command.renamed.clone(),
        subcommands: command.subcommands.clone(),
        stats: engine::command::CommandStats::default(),
    });
    match &command.parent {
        Some(parent) => {
            if let Some(parent) = state.table.get_full(parent.as_bytes()) {
                parent.subcommands.borrow_mut().insert(spec.name.to_owned(), replacement);
            }
        }
        None => {
            let name = command.full_name.clone();
            state.table.remove(name.as_bytes());
            state.table.insert(&name, replacement);
        }
    }
    set_errno(0);
    status::OK
}

pub fn register(table: &mut Table) {
    table.add("SetCommandInfo", set_command_info as *const ());
}
