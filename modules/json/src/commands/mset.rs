//! JSON.MSET: all of it or nothing.

use std::collections::BTreeMap;

use module_sdk::{Argument, Command, Error, KeySpec, Reply, key_flag};

use super::{declared, growing, opened, opened_to_write, set};
use crate::document::Document;
use crate::error;
use crate::path::Path;
use crate::value::parse;

pub const MSET: Command = {
    let mut spec = declared(
        "json.mset",
        -4,
        "Sets or updates the values at paths of one or more documents.",
        "O(K*(M+N)) where K is the number of keys, M the size of what was there and N that of the new value",
        &[Argument::block(
            "triplet",
            &[Argument::key("key", 0), Argument::string("path"), Argument::string("value")],
        )
        .multiple()],
    );
    spec.key_specs = &[KeySpec::range(1, -1, 3, key_flag::RW | key_flag::UPDATE)];
    growing(spec, |context, arguments| {
        if arguments.len() % 3 != 0 {
            return Err(Error::Arity);
        }
        // What the documents will be; nothing is stored before all of it is known to be right.
        let mut documents = BTreeMap::new();
        while !arguments.is_empty() {
            let (key, text, json) = (arguments.word()?, arguments.bytes()?, arguments.bytes()?);
            if !documents.contains_key(key.bytes()) {
                let open = context.read(key);
                let root = opened(&open)?;
                // A document that is replaced as a whole need not be copied.
                let is_replaced = text == b"$" || text == b".";
                let root = root.map(|root| if is_replaced { None } else { Some(root.clone()) });
                documents.insert(key.bytes(), (key, root.flatten()));
            }
            let Some((_, root)) = documents.get_mut(key.bytes()) else { continue };
            let path = Path::parse(text)?;
            let value = parse(json).map_err(|error| error::not_json(&error))?;
            match root {
                _ if path.is_root() => *root = Some(value),
                None => return Err(error::NEW_AT_ROOT),
                Some(root) => drop(set::set(root, &path, &value, None)?),
            }
        }
        for (key, root) in documents.into_values() {
            let Some(root) = root else { continue };
            let mut open = context.write(key);
            // In its place: a key that was there keeps its expiry.
            match opened_to_write(&mut open)? {
                Some(before) => *before = root,
                None => open.set(Document { root })?,
            }
            drop(open);
            context.notify("json.mset", key);
        }
        context.replicate_verbatim();
        Ok(Reply::OK)
    })
};
