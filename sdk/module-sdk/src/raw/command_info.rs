//! Creating a command, and telling the server how it looks: what COMMAND DOCS, key extraction and ACL are made of.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr::null;

use module_abi::command_info::{
    BeginKeyword, BeginPlace, CommandInfo, InfoArgument, InfoHistory, InfoKeySpec, InfoVersion,
    argument_flag, argument_kind, begin_kind, find_kind,
};
use module_abi::{Opaque, status};

use super::api::{api, c_text, optional};
use super::context::Context;
use super::entry::{RawCommand, RawContext};
use crate::{Argument, Command, CommandSpec, Error, KeySpec, Result, category, flag};
use command_spec::{ArgumentType, BeginSearch, FindKeys};

static VERSION: InfoVersion = InfoVersion::CURRENT;

/// Adds an ACL category; `None` if the server lets modules add none.
///
/// One that is there already is taken as it is: servers keep categories of modules that have gone, such as an earlier load of
/// this one. What cannot be a category is refused where commands are put in.
pub fn add_category(context: &mut Context, name: &'static str) -> Option<&'static str> {
    // SAFETY: the context is that of a load.
    let add = unsafe { optional(context.raw(), c"RedisModule_AddACLCategory") };
    if add.is_null() {
        return None;
    }
    type Add = unsafe extern "C" fn(RawContext, *const c_char) -> c_int;
    // SAFETY: the server's function of this name has this type.
    let add = unsafe { std::mem::transmute::<*mut c_void, Add>(add) };
    let text = c_text(name);
    // SAFETY: as above; the name ends with a zero byte.
    unsafe { add(context.raw(), text.as_ptr()) };
    Some(name)
}

/// Creates a command and describes it. It is in the category as well, if there is one.
pub fn create(
    context: &mut Context,
    command: &Command,
    run: RawCommand,
    category: Option<&str>,
) -> Result<()> {
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
    let mut categories = category_words(spec.categories);
    if let Some(category) = category {
        categories = format!("{categories} {category}").trim_start().to_owned();
    }
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
    let mut history: Vec<InfoHistory> = Vec::new();
    for (since, changes) in spec.history {
        history.push(InfoHistory { since: arena.text(since), changes: arena.text(changes) });
    }
    history.push(InfoHistory { since: null(), changes: null() });
    let mut key_specs: Vec<InfoKeySpec> =
        spec.key_specs.iter().map(|spec| arena.key_spec(spec)).collect();
    key_specs.push(InfoKeySpec {
        notes: null(),
        flags: 0,
        begin_kind: 0,
        begin: BeginPlace { index: 0 },
        find_kind: 0,
        find: [0; 3],
    });
    let info = CommandInfo {
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
    lists: Vec<Vec<InfoArgument>>,
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

    fn arguments(&mut self, arguments: &[Argument]) -> *const InfoArgument {
        if arguments.is_empty() {
            return null();
        }
        let mut list: Vec<InfoArgument> =
            arguments.iter().map(|argument| self.argument(argument)).collect();
        list.push(InfoArgument {
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

    fn argument(&mut self, argument: &Argument) -> InfoArgument {
        let flags = [
            (argument.optional, argument_flag::OPTIONAL),
            (argument.multiple, argument_flag::MULTIPLE),
            (argument.multiple_token, argument_flag::MULTIPLE_TOKEN),
        ];
        InfoArgument {
            name: self.text(argument.name),
            kind: kind_of(argument.kind),
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

    fn key_spec(&mut self, spec: &KeySpec) -> InfoKeySpec {
        let (begin_kind, begin) = match spec.begin {
            BeginSearch::Unknown => (begin_kind::UNKNOWN, BeginPlace { index: 0 }),
            BeginSearch::Index(index) => (begin_kind::INDEX, BeginPlace { index }),
            BeginSearch::Keyword { keyword, start_from } => {
                let keyword = BeginKeyword { word: self.text(keyword), start_from };
                (begin_kind::KEYWORD, BeginPlace { keyword })
            }
        };
        let (find_kind, find) = match spec.find {
            FindKeys::Unknown => (find_kind::UNKNOWN, [0; 3]),
            FindKeys::Range { last_key, step, limit } => {
                (find_kind::RANGE, [last_key, step, limit])
            }
            FindKeys::KeyNum { keynum_index, first_key, step } => {
                (find_kind::KEYNUM, [keynum_index, first_key, step])
            }
        };
        let notes = self.optional(spec.notes);
        InfoKeySpec { notes, flags: u64::from(spec.flags), begin_kind, begin, find_kind, find }
    }
}

const fn kind_of(kind: ArgumentType) -> c_int {
    match kind {
        ArgumentType::String => argument_kind::STRING,
        ArgumentType::Integer => argument_kind::INTEGER,
        ArgumentType::Double => argument_kind::DOUBLE,
        ArgumentType::Key => argument_kind::KEY,
        ArgumentType::Pattern => argument_kind::PATTERN,
        ArgumentType::UnixTime => argument_kind::UNIX_TIME,
        ArgumentType::PureToken => argument_kind::PURE_TOKEN,
        ArgumentType::OneOf => argument_kind::ONE_OF,
        ArgumentType::Block => argument_kind::BLOCK,
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
