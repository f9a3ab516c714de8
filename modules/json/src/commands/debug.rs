//! JSON.DEBUG: what a value takes of the memory, and how deep it is.

use module_sdk::{Argument, Arguments, Command, Context, Error, KeySpec, Reply, Result, key_flag};

use super::{declared, opened, path_word, reading};
use crate::path::Path;
use crate::value::Value;

pub const DEBUG: Command = {
    let mut spec = declared(
        "json.debug",
        -2,
        "Tells of the memory and the depth of values.",
        "O(N) where N is the size of the values",
        &[Argument::one_of(
            "subcommand",
            &[
                Argument::block(
                    "memory",
                    &[Argument::key("key", 0), Argument::string("path").optional()],
                )
                .token("MEMORY"),
                Argument::block(
                    "depth",
                    &[Argument::key("key", 0), Argument::string("path").optional()],
                )
                .token("DEPTH"),
                Argument::pure_token("help", "HELP"),
            ],
        )],
    );
    spec.key_specs = &[KeySpec::at(2, key_flag::RO | key_flag::ACCESS)];
    reading(spec, |context, arguments| {
        if arguments.keyword("MEMORY") {
            return tell(context, arguments, Value::bytes);
        }
        if arguments.keyword("DEPTH") {
            return tell(context, arguments, Value::depth);
        }
        if arguments.keyword("HELP") {
            return Ok(Reply::array([
                "MEMORY <key> [path] - reports memory usage",
                "DEPTH <key> [path] - reports how deep arrays and objects lie within each other",
                "HELP                - this message",
            ]));
        }
        Err(Error::err("unknown subcommand - try `JSON.DEBUG HELP`"))
    })
};

fn tell(
    context: &mut Context,
    arguments: &mut Arguments<'_>,
    number: fn(&Value) -> usize,
) -> Result {
    let key = arguments.word()?;
    let text = path_word(context, arguments)?;
    arguments.end().map_err(|_| Error::Arity)?;
    let open = context.read(key);
    let path = Path::parse(text)?;
    let Some(root) = opened(&open)? else {
        return Ok(if path.is_legacy() { 0.into() } else { Reply::Array(Vec::new()) });
    };
    let numbers = path.values(root)?.into_iter().map(|value| number(&value) as i64);
    let numbers: Vec<i64> = numbers.collect();
    if path.is_legacy() {
        return Ok(numbers.first().copied().unwrap_or(0).into());
    }
    Ok(numbers.into())
}
