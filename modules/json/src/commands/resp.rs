//! JSON.RESP: values in the protocol's own types.

use module_sdk::{Command, Error, Reply};

use super::{KEY, OPTIONAL_PATH, declared, may_tell, opened, path_word, reading};
use crate::error;
use crate::path::Path;
use crate::value::{Number, Value};

pub const RESP: Command = reading(
    declared(
        "json.resp",
        -2,
        "Returns the values at a path in types of the protocol.",
        "O(N) where N is the size of the value, or of the document with several matches",
        &[KEY, OPTIONAL_PATH],
    ),
    |context, arguments| {
        let key = arguments.word()?;
        let text = path_word(context, arguments)?;
        arguments.end().map_err(|_| Error::Arity)?;
        let resp3 = context.resp3();
        let open = context.read(key);
        let Some(root) = opened(&open)? else { return Ok(Reply::Null) };
        let path = Path::parse(text)?;
        let values = path.values(root)?;
        if !path.is_legacy() {
            may_tell(&values, &mut 0)?;
            return Ok(Reply::Array(values.iter().map(|value| reply(value, resp3)).collect()));
        }
        let first = values.first().ok_or_else(|| error::no_path(text))?;
        Ok(reply(first, resp3))
    },
);

fn reply(value: &Value, resp3: bool) -> Reply {
    if let Some(value) = value.as_bool() {
        return Reply::Simple(if value { "true" } else { "false" }.into());
    }
    if let Some(text) = value.as_str() {
        return text.into();
    }
    match value.as_number() {
        Some(Number::Int(number)) => return number.into(),
        Some(number) if resp3 => return number.as_f64().into(),
        Some(_) => return Reply::Bulk(value.to_text()),
        None => {}
    }
    if value.is_object() {
        let mut items = vec![Reply::Simple("{".into())];
        for (name, member) in value.members() {
            items.extend([name.into(), reply(member, resp3)]);
        }
        return Reply::Array(items);
    }
    if value.is_array() {
        let mut items = vec![Reply::Simple("[".into())];
        items.extend(value.children().map(|child| reply(&child, resp3)));
        return Reply::Array(items);
    }
    Reply::Null
}
