//! Creating a command, and telling the server how it looks: what COMMAND DOCS, key extraction and ACL are made of.

use std::ffi::{CString, c_char, c_int};
use std::ptr::null;

use module_abi::{Opaque, status};

use super::api::{api, c_text};
use super::context::Context;
use super::entry::RawCommand;
use crate::{Argument, Command, CommandSpec, Error, KeySpec, Result, category, flag};
use command_spec::{ArgumentType, BeginSearch, FindKeys};

/// Sizes of the structures below.
#[repr(C)]
struct Version {
    version: c_int,
    history_bytes: usize,
    key_spec_bytes: usize,
    argument_bytes: usize,
}

static VERSION: Version = Version {
    version: 1,
    history_bytes: size_of::<History>(),
    key_spec_bytes: size_of::<NativeKeySpec>(),
    argument_bytes: size_of::<NativeArgument>(),
};

/// `RedisModuleCommandInfo`.
#[repr(C)]
pub struct NativeInfo {
    version: *const Version,
    summary: *const c_char,
    complexity: *const c_char,
    since: *const c_char,
    history: *const History,
    tips: *const c_char,
    arity: c_int,
    key_specs: *const NativeKeySpec,
    arguments: *const NativeArgument,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct History {
    since: *const c_char,
    changes: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct NativeKeySpec {
    notes: *const c_char,
    flags: u64,
    begin_kind: c_int,
    begin: BeginPlace,
    find_kind: c_int,
    find: [c_int; 3],
}

#[repr(C)]
#[derive(Clone, Copy)]
struct BeginPlace {
    /// The index in its first four bytes, or the keyword.
    first: usize,
    start_from: c_int,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct NativeArgument {
    name: *const c_char,
    kind: c_int,
    key_spec_index: c_int,
    token: *const c_char,
    summary: *const c_char,
    since: *const c_char,
    flags: c_int,
    deprecated_since: *const c_char,
    arguments: *const NativeArgument,
    display: *const c_char,
}

/// Creates a command and describes it.
pub fn create(context: &mut Context, command: &Command, run: RawCommand) -> Result<()> {
    let spec = &command.spec;
    let name = c_text(spec.name);
    let (first, last, step) = spec.key_specs.first().map_or((0, 0, 0), key_range);
    let flags = c_text(&flag_words(spec.flags)?);
    // SAFETY: the context is that of a load; the texts end with zero bytes and are copied.
    let created = unsafe {
        (api().CreateCommand)(context.raw(), name.as_ptr(), run, flags.as_ptr(), first, last, step)
    };
    if created != status::OK {
        return Err(Error::err(format!("the command could not be created: {}", spec.name)));
    }
    // SAFETY: as above.
    let handle = unsafe { (api().GetCommand)(context.raw(), name.as_ptr()) };
    describe(handle, spec)?;
    let categories = category_words(spec.categories);
    if !categories.is_empty() {
        let words = c_text(&categories);
        // SAFETY: the command was just created.
        if unsafe { (api().SetCommandACLCategories)(handle, words.as_ptr()) } != status::OK {
            return Err(Error::err(format!("the categories were refused: {categories}")));
        }
    }
    Ok(())
}

fn describe(handle: Opaque, spec: &CommandSpec) -> Result<()> {
    let mut arena = Arena::default();
    let mut history: Vec<History> = Vec::new();
    for (since, changes) in spec.history {
        history.push(History { since: arena.text(since), changes: arena.text(changes) });
    }
    history.push(History { since: null(), changes: null() });
    let mut key_specs: Vec<NativeKeySpec> =
        spec.key_specs.iter().map(|spec| arena.key_spec(spec)).collect();
    key_specs.push(NativeKeySpec {
        notes: null(),
        flags: 0,
        begin_kind: 0,
        begin: BeginPlace { first: 0, start_from: 0 },
        find_kind: 0,
        find: [0; 3],
    });
    let info = NativeInfo {
        version: &raw const VERSION,
        summary: arena.text(spec.summary),
        complexity: arena.optional(Some(spec.complexity).filter(|text| !text.is_empty())),
        since: arena.text(spec.since),
        history: if spec.history.is_empty() { null() } else { history.as_ptr() },
        tips: arena.optional(Some(spec.tips.join(" ")).as_deref().filter(|text| !text.is_empty())),
        arity: spec.arity,
        key_specs: key_specs.as_ptr(),
        arguments: arena.arguments(spec.arguments),
    };
    // SAFETY: the lists end as the Module API has them end, all texts live in the arena, and the server copies both.
    if unsafe { (api().SetCommandInfo)(handle, &raw const info) } != status::OK {
        return Err(Error::err(format!("the description of {} was refused", spec.name)));
    }
    Ok(())
}

/// What the structures point to, for as long as the server reads them.
#[derive(Default)]
struct Arena {
    texts: Vec<CString>,
    lists: Vec<Vec<NativeArgument>>,
}

impl Arena {
    fn text(&mut self, text: &str) -> *const c_char {
        // The bytes of a `CString` stay where they are when the vector grows.
        let text = c_text(text);
        let pointer = text.as_ptr();
        self.texts.push(text);
        pointer
    }

    fn optional(&mut self, text: Option<&str>) -> *const c_char {
        text.map_or(null(), |text| self.text(text))
    }

    fn arguments(&mut self, arguments: &[Argument]) -> *const NativeArgument {
        if arguments.is_empty() {
            return null();
        }
        let mut list: Vec<NativeArgument> =
            arguments.iter().map(|argument| self.argument(argument)).collect();
        list.push(NativeArgument {
            name: null(),
            kind: 0,
            key_spec_index: 0,
            token: null(),
            summary: null(),
            since: null(),
            flags: 0,
            deprecated_since: null(),
            arguments: null(),
            display: null(),
        });
        let pointer = list.as_ptr();
        self.lists.push(list);
        pointer
    }

    fn argument(&mut self, argument: &Argument) -> NativeArgument {
        let flags = [
            (argument.optional, 1 << 0),
            (argument.multiple, 1 << 1),
            (argument.multiple_token, 1 << 2),
        ];
        NativeArgument {
            name: self.text(argument.name),
            kind: argument_kind(argument.kind),
            key_spec_index: argument.key_spec.map_or(-1, c_int::from),
            token: self.optional(argument.token),
            summary: self.optional(argument.summary),
            since: self.optional(argument.since),
            flags: flags.iter().filter(|(has, _)| *has).map(|(_, bit)| bit).sum(),
            deprecated_since: self.optional(argument.deprecated_since),
            arguments: self.arguments(argument.arguments),
            display: self.optional(argument.display),
        }
    }

    fn key_spec(&mut self, spec: &KeySpec) -> NativeKeySpec {
        const UNKNOWN: c_int = 1;
        let (begin_kind, begin) = match spec.begin {
            BeginSearch::Unknown => (UNKNOWN, BeginPlace { first: 0, start_from: 0 }),
            BeginSearch::Index(index) => {
                (2, BeginPlace { first: index as u32 as usize, start_from: 0 })
            }
            BeginSearch::Keyword { keyword, start_from } => {
                (3, BeginPlace { first: self.text(keyword).addr(), start_from })
            }
        };
        let (find_kind, find) = match spec.find {
            FindKeys::Unknown => (UNKNOWN, [0; 3]),
            FindKeys::Range { last_key, step, limit } => (2, [last_key, step, limit]),
            FindKeys::KeyNum { keynum_index, first_key, step } => {
                (3, [keynum_index, first_key, step])
            }
        };
        let notes = self.optional(spec.notes);
        NativeKeySpec { notes, flags: u64::from(spec.flags), begin_kind, begin, find_kind, find }
    }
}

const fn argument_kind(kind: ArgumentType) -> c_int {
    match kind {
        ArgumentType::String => 0,
        ArgumentType::Integer => 1,
        ArgumentType::Double => 2,
        ArgumentType::Key => 3,
        ArgumentType::Pattern => 4,
        ArgumentType::UnixTime => 5,
        ArgumentType::PureToken => 6,
        ArgumentType::OneOf => 7,
        ArgumentType::Block => 8,
    }
}

/// First, last and step as servers before key specs had them.
fn key_range(spec: &KeySpec) -> (c_int, c_int, c_int) {
    match (spec.begin, spec.find) {
        (BeginSearch::Index(first), FindKeys::Range { last_key, step, .. }) => {
            (first, if last_key < 0 { last_key } else { first + last_key }, step)
        }
        _ => (0, 0, 0),
    }
}

/// The words of CreateCommand.
fn flag_words(flags: u64) -> Result<String> {
    const WORDS: [(u64, &str); 17] = [
        (flag::WRITE, "write"),
        (flag::READONLY, "readonly"),
        (flag::DENYOOM, "deny-oom"),
        (flag::ADMIN, "admin"),
        (flag::PUBSUB, "pubsub"),
        (flag::NOSCRIPT, "deny-script"),
        (flag::BLOCKING, "blocking"),
        (flag::LOADING, "allow-loading"),
        (flag::STALE, "allow-stale"),
        (flag::SKIP_MONITOR, "no-monitor"),
        (flag::SKIP_SLOWLOG, "no-slowlog"),
        (flag::FAST, "fast"),
        (flag::NO_AUTH, "no-auth"),
        (flag::MAY_REPLICATE, "may-replicate"),
        (flag::NO_MANDATORY_KEYS, "no-mandatory-keys"),
        (flag::ALLOW_BUSY, "allow-busy"),
        (flag::INTERNAL, "internal"),
    ];
    let known = WORDS.iter().fold(0, |known, (bit, _)| known | bit);
    if flags & !known != 0 {
        return Err(Error::err("a flag of the command is none that modules may set"));
    }
    let words: Vec<&str> =
        WORDS.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, word)| *word).collect();
    Ok(words.join(" "))
}

fn category_words(categories: u64) -> String {
    let words: Vec<&str> = category::NAMES
        .iter()
        .filter(|(bit, _)| categories & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_have_the_words_of_the_module_api() {
        assert_eq!(flag_words(flag::WRITE | flag::DENYOOM), Ok("write deny-oom".to_owned()));
        assert!(flag_words(flag::SENTINEL).is_err());
    }

    #[test]
    fn keys_have_the_range_of_older_servers() {
        assert_eq!(key_range(&KeySpec::at(1, 0)), (1, 1, 1));
        assert_eq!(key_range(&KeySpec::range(1, -1, 2, 0)), (1, -1, 2));
        assert_eq!(key_range(&KeySpec::numkeys(1, 0)), (0, 0, 0));
    }
}
