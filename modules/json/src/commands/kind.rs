//! JSON.TYPE: what the values at a path are.

use module_sdk::{Command, Error, Reply};

use super::{KEY, OPTIONAL_PATH, declared, opened, path_word, reading};
use crate::path::Path;

pub const TYPE: Command = reading(
    declared(
        "json.type",
        -2,
        "Returns the type of the values at a path.",
        "O(1), or O(N) where N is the size of the document with several matches",
        &[KEY, OPTIONAL_PATH],
    ),
    |context, arguments| {
        let key = arguments.word()?;
        let text = path_word(context, arguments)?;
        arguments.end().map_err(|_| Error::Arity)?;
        let resp3 = context.resp3();
        // RESP3 has everything one array deeper.
        let wrapped = |reply: Reply| if resp3 { Reply::Array(vec![reply]) } else { reply };
        let open = context.read(key);
        let Some(root) = opened(&open)? else { return Ok(wrapped(Reply::Null)) };
        let path = Path::parse(text)?;
        let values = path.values(root)?;
        let mut words = values.iter().map(|value| value.kind().word());
        if path.is_legacy() {
            return Ok(wrapped(words.next().into()));
        }
        Ok(wrapped(Reply::array(words)))
    },
);
