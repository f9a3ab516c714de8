//! The commands, by families, and what they share.

pub mod array;
pub mod array_read;
pub mod clear;
pub mod debug;
pub mod del;
pub mod fpha;
pub mod get;
pub mod kind;
pub mod merge;
pub mod mset;
pub mod number;
pub mod object;
pub mod resp;
pub mod set;
pub mod string;

use std::cmp::Reverse;

use module_sdk::{
    Argument, Arguments, Command, CommandSpec, Context, Error, Group, KeySpec, ReadKey, Reply,
    Result, WriteKey, category, flag, key_flag,
};

use crate::document::Document;
use crate::error;
use crate::limits::{DEPTH_MAX, REPLY_BYTES_MAX, WRITTEN_BYTES_MAX};
use crate::path::{Path, Place};
use crate::value::{Node, Value};

type Run = fn(&mut Context, &mut Arguments<'_>) -> Result;

const KEY: Argument = Argument::key("key", 0);
const PATH: Argument = Argument::string("path");
const OPTIONAL_PATH: Argument = Argument::string("path").optional();

const KEY_TO_READ: &[KeySpec] = &[KeySpec::at(1, key_flag::RO | key_flag::ACCESS)];
const KEY_TO_WRITE: &[KeySpec] =
    &[KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::UPDATE)];

/// What all declarations have in common.
const fn declared(
    name: &'static str,
    arity: i32,
    summary: &'static str,
    complexity: &'static str,
    arguments: &'static [Argument],
) -> CommandSpec {
    CommandSpec {
        name,
        group: Group::Module,
        summary,
        complexity,
        arity,
        arguments,
        ..CommandSpec::DEFAULT
    }
}

const fn reading(mut spec: CommandSpec, run: Run) -> Command {
    spec.flags = flag::READONLY;
    spec.categories = category::READ | category::SLOW;
    if spec.key_specs.is_empty() {
        spec.key_specs = KEY_TO_READ;
    }
    Command::new(spec, run)
}

const fn writing(mut spec: CommandSpec, run: Run) -> Command {
    spec.flags |= flag::WRITE;
    spec.categories = category::WRITE | category::SLOW;
    if spec.key_specs.is_empty() {
        spec.key_specs = KEY_TO_WRITE;
    }
    Command::new(spec, run)
}

/// Of a command that may need more memory.
const fn growing(mut spec: CommandSpec, run: Run) -> Command {
    spec.flags = flag::DENYOOM;
    writing(spec, run)
}

/// The next word as a path, or the root as the protocol has it.
fn path_word<'a>(context: &Context, arguments: &mut Arguments<'a>) -> Result<&'a [u8]> {
    match (arguments.is_empty(), context.resp3()) {
        (false, _) => arguments.bytes(),
        (true, false) => Ok(b"."),
        (true, true) => Ok(b"$"),
    }
}

/// A key of another type has an error of this module's own.
fn own<T>(result: Result<T>) -> Result<T> {
    result.map_err(|error| if error == Error::WRONG_TYPE { error::WRONG_KEY } else { error })
}

fn opened<'k>(key: &'k ReadKey<'_>) -> Result<Option<&'k Value>> {
    Ok(own(key.value::<Document>())?.map(|document| &document.root))
}

fn opened_to_write<'k>(key: &'k mut WriteKey<'_>) -> Result<Option<&'k mut Value>> {
    Ok(own(key.value::<Document>())?.map(|document| &mut document.root))
}

/// An integer as RedisJSON reads one.
fn integer(arguments: &mut Arguments<'_>) -> Result<i64> {
    arguments.integer().map_err(|_| error::NOT_AN_INTEGER)
}

/// What a command changed is told of and sent on.
fn changed(context: &mut Context, event: &str, key: module_sdk::raw::strings::Word<'_>) {
    context.notify(event, key);
    context.replicate_verbatim();
}

/// Deepest places first, and later ones before earlier ones: what is done to one moves none that is still to come.
fn from_behind(places: &[Place]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|index| Reverse(&places[*index]));
    order
}

/// Changes the value at each place; what came of it, in the order of the places.
fn change_each<T>(
    root: &mut Value,
    places: &[Place],
    mut change: impl FnMut(&mut Value) -> Option<T>,
) -> Vec<Option<T>> {
    let mut results: Vec<Option<T>> = places.iter().map(|_| None).collect();
    for index in from_behind(places) {
        results[index] = root.change(&places[index], &mut change).flatten();
    }
    results
}

/// Without places that lie within others, and each once, in the order of the document.
fn outermost(mut places: Vec<Place>) -> Vec<Place> {
    places.sort_unstable();
    let mut kept: Vec<Place> = Vec::with_capacity(places.len());
    for place in places {
        if !kept.last().is_some_and(|last| place.starts_with(last)) {
            kept.push(place);
        }
    }
    kept
}

/// Whether these may be written to each place: the document stays within the limits.
fn may_write(places: &[Place], values: &[Value], levels: usize) -> Result<()> {
    let bytes: usize = values.iter().map(Value::bytes).sum();
    if places.len().saturating_mul(bytes) > WRITTEN_BYTES_MAX && places.len() > 1 {
        return Err(error::TOO_MUCH);
    }
    let deepest = places.iter().map(|place| place.len()).max().unwrap_or(0);
    let depth = values.iter().map(Value::depth).max().unwrap_or(0);
    if deepest + levels + depth > DEPTH_MAX { Err(error::TOO_DEEP) } else { Ok(()) }
}

/// Whether a reply may hold all of these beside so many bytes that it holds already. A single value it may.
fn may_tell(values: &[Node<'_>], bytes: &mut usize) -> Result<()> {
    if *bytes == 0 && values.len() == 1 {
        return Ok(());
    }
    *bytes += values.iter().map(|value| value.bytes()).sum::<usize>();
    if *bytes > REPLY_BYTES_MAX { Err(error::TOO_LONG) } else { Ok(()) }
}

/// One reply per match, null where it was of another type; of a path of the first version that of the last match.
fn last_or_all<T: Into<Reply>>(
    path: &Path,
    results: Vec<Option<T>>,
    none: impl FnOnce() -> Error,
) -> Result {
    if !path.is_legacy() {
        return Ok(results.into());
    }
    results.into_iter().flatten().next_back().map(Into::into).ok_or_else(none)
}

/// Reads a key, and answers by `one` for each value of a path; of a path of the first version for the first match only.
struct Reading {
    /// The path if there is none, where it is not the root as the protocol has it.
    root: Option<&'static [u8]>,
    /// What to reply where there is no key, or no value at a path of the first version.
    nothing: fn(&[u8]) -> Result,
    /// The error where the first match is of another type.
    wrong: fn(&[u8], &Value) -> Error,
    /// Whether the answers can be as long as the values.
    is_long: bool,
}

impl Reading {
    fn run(
        &self,
        context: &mut Context,
        arguments: &mut Arguments<'_>,
        one: impl Fn(&Value) -> Option<Reply>,
    ) -> Result {
        let key = arguments.word()?;
        let text = match self.root {
            Some(root) if arguments.is_empty() => root,
            _ => path_word(context, arguments)?,
        };
        arguments.end().map_err(|_| Error::Arity)?;
        let open = context.read(key);
        let Some(root) = opened(&open)? else {
            let path = Path::parse(text)?;
            return if path.is_legacy() { Ok(Reply::Null) } else { Err(error::NO_KEY) };
        };
        let path = Path::parse(text)?;
        let values: Vec<Node<'_>> = path.values(root)?;
        if !path.is_legacy() {
            if self.is_long {
                may_tell(&values, &mut 0)?;
            }
            return Ok(values.iter().map(|value| one(value)).collect::<Vec<_>>().into());
        }
        let Some(first) = values.first() else { return (self.nothing)(text) };
        one(first).ok_or_else(|| (self.wrong)(text, first))
    }
}
