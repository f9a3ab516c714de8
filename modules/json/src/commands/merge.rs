//! JSON.MERGE, by RFC 7396.

use module_sdk::{Argument, Command, Reply, Result};

use super::{KEY, PATH, changed, declared, from_behind, growing, may_write, opened_to_write, set};
use crate::document::Document;
use crate::error;
use crate::path::Path;
use crate::value::{Kind, Value, parse};

pub const MERGE: Command = growing(
    declared(
        "json.merge",
        4,
        "Merges a value into those at a path: members are set, and those merged with null go.",
        "O(M+N) where M is the size of what was there and N that of the new value; with several matches N for each",
        &[KEY, PATH, Argument::string("value")],
    ),
    |context, arguments| {
        let (key, text, json) = (arguments.word()?, arguments.bytes()?, arguments.bytes()?);
        let mut open = context.write(key);
        let root = opened_to_write(&mut open)?;
        let patch = parse(json).map_err(|error| error::not_json(&error))?;
        let path = Path::parse(text)?;
        let done = match root {
            None if !path.is_root() => return Err(error::NEW_AT_ROOT),
            None => {
                open.set(Document { root: merged(&patch) })?;
                true
            }
            Some(root) => merge_at(root, &path, &patch)?,
        };
        drop(open);
        if !done {
            return Ok(Reply::Null);
        }
        changed(context, "json.merge", key);
        Ok(Reply::OK)
    },
);

fn merge_at(root: &mut Value, path: &Path, patch: &Value) -> Result<bool> {
    let is_removal = patch.kind() == Kind::Null;
    let places = path.places(root)?;
    if places.is_empty() {
        return set::create(root, path, |_| (!is_removal).then(|| merged(patch)));
    }
    may_write(&places, std::slice::from_ref(patch), 0)?;
    for index in from_behind(&places) {
        match places[index].split_last() {
            Some((last, parent)) if is_removal => {
                root.change(parent, |parent| parent.remove(*last as usize));
            }
            _ => {
                root.change(&places[index], |value| merge(value, patch));
            }
        }
    }
    Ok(true)
}

/// Puts a patch over a value.
pub fn merge(value: &mut Value, patch: &Value) {
    if !patch.is_object() {
        *value = patch.clone();
        return;
    }
    if !value.is_object() {
        *value = Value::object();
    }
    for (name, change) in patch.members() {
        let place = value.member_index(name);
        match (change.kind(), place) {
            (Kind::Null, None) => {}
            (Kind::Null, Some(place)) => drop(value.remove(place)),
            (_, Some(place)) => {
                let place = u32::try_from(place).expect("an object has fewer members");
                value.change(&[place], |member| merge(member, change));
            }
            (_, None) => value.set_member(name, merged(change)),
        }
    }
}

/// A patch over nothing.
fn merged(patch: &Value) -> Value {
    let mut value = Value::NULL;
    merge(&mut value, patch);
    value
}
