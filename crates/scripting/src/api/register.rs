//! `redis.register_function`, by which a library tells what functions it has.

use std::rc::Rc;

use mlua::{Function, Table, Value};

use super::{Builder, raise};
use crate::header::{ScriptFlags, check_name};
use crate::outcome::{Arguments, Outcome, bytes_of};
use crate::run::Link;

/// A function that a library has registered.
pub struct Registered {
    pub name: String,
    pub description: Option<Vec<u8>>,
    pub flags: ScriptFlags,
    pub callback: Function,
}

pub fn add(redis: &Builder<'_>, link: &Rc<Link>) -> mlua::Result<()> {
    let link = link.clone();
    redis.add("register_function", move |lua, arguments| match register(&link, &arguments) {
        Ok(()) => Ok(Outcome::ReturnMany(Vec::new())),
        Err(text) => raise(lua, format!("ERR {text}")),
    })
}

fn register(link: &Link, arguments: &Arguments) -> Result<(), String> {
    let mut registered = link.registered.borrow_mut();
    let Some(registered) = registered.as_mut() else {
        return Err(
            "redis.register_function can only be called on FUNCTION LOAD command".to_owned()
        );
    };
    let function = match arguments.0.as_slice() {
        [Value::Table(named)] => named_arguments(named)?,
        [_] => {
            return Err(
                "calling redis.register_function with a single argument is only applicable \
                        to Lua table (representing named arguments)."
                    .to_owned(),
            );
        }
        [name, callback] => {
            let name = bytes_of(name)
                .ok_or("first argument to redis.register_function must be a string")?;
            let Value::Function(callback) = callback else {
                return Err(
                    "second argument to redis.register_function must be a function".to_owned()
                );
            };
            Registered {
                name: String::from_utf8_lossy(&name).into_owned(),
                description: None,
                flags: ScriptFlags { declared: true, ..ScriptFlags::default() },
                callback: callback.clone(),
            }
        }
        _ => return Err("wrong number of arguments to redis.register_function".to_owned()),
    };
    check_name(&function.name)?;
    if registered.iter().any(|known| known.name.eq_ignore_ascii_case(&function.name)) {
        return Err("Function already exists in the library".to_owned());
    }
    registered.push(function);
    Ok(())
}

fn named_arguments(named: &Table) -> Result<Registered, String> {
    let mut name = None;
    let mut description = None;
    let mut flags = ScriptFlags { declared: true, ..ScriptFlags::default() };
    let mut callback = None;
    for pair in named.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|error| error.to_string())?;
        let key = match &key {
            Value::String(key) => key.as_bytes().to_vec(),
            Value::Integer(_) | Value::Number(_) => Vec::new(),
            _ => {
                return Err("named argument key given to redis.register_function is not a string"
                    .to_owned());
            }
        };
        match key.as_slice() {
            b"function_name" => {
                let text = bytes_of(&value).ok_or(
                    "function_name argument given to redis.register_function must be a string",
                )?;
                name = Some(String::from_utf8_lossy(&text).into_owned());
            }
            b"description" => {
                description = Some(bytes_of(&value).ok_or(
                    "description argument given to redis.register_function must be a string",
                )?);
            }
            b"callback" => {
                let Value::Function(function) = value else {
                    return Err("callback argument given to redis.register_function must be a \
                                function"
                        .to_owned());
                };
                callback = Some(function);
            }
            b"flags" => {
                let Value::Table(names) = value else {
                    return Err("flags argument to redis.register_function must be a table \
                                representing function flags"
                        .to_owned());
                };
                set_flags(&mut flags, &names)?;
            }
            _ => return Err("unknown argument given to redis.register_function".to_owned()),
        }
    }
    let name = name.ok_or("redis.register_function must get a function name argument")?;
    let callback = callback.ok_or("redis.register_function must get a callback argument")?;
    Ok(Registered { name, description, flags, callback })
}

fn set_flags(flags: &mut ScriptFlags, names: &Table) -> Result<(), String> {
    for index in 1.. {
        let name: Value = names.raw_get(index).map_err(|error| error.to_string())?;
        if name.is_nil() {
            break;
        }
        let name = match &name {
            Value::String(name) => name.to_string_lossy(),
            _ => return Err("unknown flag given".to_owned()),
        };
        if !flags.set(&name) {
            return Err("unknown flag given".to_owned());
        }
    }
    Ok(())
}
