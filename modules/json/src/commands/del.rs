//! JSON.DEL and its other name, JSON.FORGET.

use module_sdk::{Arguments, Command, CommandSpec, Context, Error, Reply, Result};

use super::{KEY, OPTIONAL_PATH, changed, declared, opened_to_write, outermost, writing};
use crate::path::{Path, Place};

const fn spec(name: &'static str) -> CommandSpec {
    declared(
        name,
        -2,
        "Deletes the values at a path, or the document.",
        "O(N) where N is the size of what is deleted, or of the document with several matches",
        &[KEY, OPTIONAL_PATH],
    )
}

pub const DEL: Command = writing(spec("json.del"), del);

pub const FORGET: Command = writing(spec("json.forget"), del);

fn del(context: &mut Context, arguments: &mut Arguments<'_>) -> Result {
    let key = arguments.word()?;
    let text = if arguments.is_empty() { b"." } else { arguments.bytes()? };
    arguments.end().map_err(|_| Error::Arity)?;
    let mut open = context.write(key);
    let Some(root) = opened_to_write(&mut open)? else { return Ok(0.into()) };
    let path = Path::parse(text)?;
    let places = outermost(path.places(root)?);
    // What lies in the same value goes in one pass, and what lies behind first.
    let siblings =
        |left: &Place, right: &Place| parent(left).is_some_and(|p| parent(right) == Some(p));
    let groups: Vec<&[Place]> = places.chunk_by(siblings).collect();
    for group in groups.iter().rev() {
        if let Some(parent) = parent(&group[0]) {
            let children: Vec<u32> =
                group.iter().filter_map(|place| place.last().copied()).collect();
            root.change(parent, |parent| parent.remove_all(&children));
        }
    }
    if path.is_root() {
        open.delete();
    }
    drop(open);
    if !places.is_empty() {
        changed(context, "json.del", key);
    }
    Ok(Reply::Integer(places.len() as i64))
}

/// Where the value lies in which this one lies; the document lies in none.
fn parent(place: &Place) -> Option<&[u32]> {
    place.split_last().map(|(_, parent)| parent)
}
