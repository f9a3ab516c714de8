//! JSON.SET, and setting by a path in general.

use module_sdk::{Argument, Arguments, Command, Error, Reply, Result};

use super::{KEY, PATH, changed, declared, fpha, growing, may_write, opened_to_write, outermost};
use crate::document::Document;
use crate::error;
use crate::path::{LastStep, Path};
use crate::value::{Value, parse, parse_saved};

pub const SET: Command = growing(
    declared(
        "json.set",
        -4,
        "Sets or updates the value at a path.",
        "O(M+N) where M is the size of what was there and N that of the new value; with several matches N for each",
        &[
            KEY,
            PATH,
            Argument::string("value"),
            Argument::one_of(
                "condition",
                &[Argument::pure_token("nx", "NX"), Argument::pure_token("xx", "XX")],
            )
            .optional(),
            fpha::ARGUMENT,
        ],
    ),
    |context, arguments| {
        let (key, text, json) = (arguments.word()?, arguments.bytes()?, arguments.bytes()?);
        let options = Options::read(arguments)?;
        // A rewritten append-only file has documents that may be as deep as saved ones.
        let read = if context.is_loading() { parse_saved } else { parse };
        let mut open = context.write(key);
        let root = opened_to_write(&mut open)?;
        let mut value = read(json).map_err(|error| error::not_json(&error))?;
        if let Some(format) = options.format {
            value = format.applied(value)?;
        }
        let done = match root {
            None if options.condition == Some(Condition::IfThere) => false,
            None if !Path::parse(text)?.is_root() => return Err(error::NEW_AT_ROOT),
            None => {
                open.set(Document { root: value })?;
                true
            }
            Some(root) => set(root, &Path::parse(text)?, &value, options.condition)?,
        };
        drop(open);
        if !done {
            return Ok(Reply::Null);
        }
        changed(context, "json.set", key);
        Ok(Reply::OK)
    },
);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    IfNotThere,
    IfThere,
}

#[derive(Default)]
struct Options {
    condition: Option<Condition>,
    format: Option<fpha::Format>,
}

impl Options {
    fn read(arguments: &mut Arguments<'_>) -> Result<Options> {
        let mut options = Options::default();
        while !arguments.is_empty() {
            let is_known = if arguments.keyword("NX") {
                options.condition.replace(Condition::IfNotThere).is_none()
            } else if arguments.keyword("XX") {
                options.condition.replace(Condition::IfThere).is_none()
            } else if arguments.keyword("FPHA") {
                options.format.replace(fpha::Format::read(arguments)?).is_none()
            } else {
                false
            };
            if !is_known {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }
}

/// Sets what a path selects, or the member that it names; false if there is nothing to set.
pub fn set(
    root: &mut Value,
    path: &Path,
    value: &Value,
    condition: Option<Condition>,
) -> Result<bool> {
    let places = outermost(path.places(root)?);
    if places.is_empty() {
        if condition == Some(Condition::IfThere) {
            return Ok(false);
        }
        return create(root, path, |_| Some(value.clone()));
    }
    if condition == Some(Condition::IfNotThere) {
        return Ok(false);
    }
    let values = std::slice::from_ref(value);
    may_write(&places, values, 0)?;
    for place in &places {
        root.change(place, |before| *before = value.clone());
    }
    Ok(true)
}

/// Adds the member that a path names, whose parent is there; false if that is not so.
pub fn create(
    root: &mut Value,
    path: &Path,
    make: impl FnOnce(&Value) -> Option<Value>,
) -> Result<bool> {
    let (name, place) = match path.last_step(root)? {
        LastStep::Dynamic => return Err(error::WRONG_STATIC_PATH),
        LastStep::Index => return Err(error::INDEX_OUT_OF_RANGE),
        LastStep::Name(name, Some((place, parent))) if parent.is_object() => (name, place),
        LastStep::Name(..) => return Ok(false),
    };
    let Some(value) = make(&Value::NULL) else { return Ok(false) };
    may_write(std::slice::from_ref(&place), std::slice::from_ref(&value), 1)?;
    root.change(&place, |parent| parent.set_member(name, value));
    Ok(true)
}
