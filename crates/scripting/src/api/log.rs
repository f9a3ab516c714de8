//! `redis.log(level, text…)`.

use std::rc::Rc;

use engine::effect::LogLevel;

use super::{Builder, raise};
use crate::outcome::{Outcome, bytes_of, number_of, truncate};
use crate::run::Link;

pub fn add(redis: &Builder<'_>, link: &Rc<Link>) -> mlua::Result<()> {
    let link = link.clone();
    redis.add("log", move |lua, arguments| {
        if arguments.len() < 2 {
            return raise(lua, "ERR redis.log() requires two arguments or more.");
        }
        let Some(level) = arguments.get(0).and_then(number_of) else {
            return raise(lua, "ERR First argument must be a number (log level).");
        };
        let level = match truncate(level) {
            0 => LogLevel::Debug,
            1 => LogLevel::Verbose,
            2 => LogLevel::Notice,
            3 => LogLevel::Warning,
            _ => return raise(lua, "ERR Invalid log level."),
        };
        let words: Vec<Vec<u8>> = arguments.0[1..].iter().filter_map(bytes_of).collect();
        let text = String::from_utf8_lossy(&words.join(&b' ')).into_owned();
        link.state.with(|state| state.log(level, text));
        Ok(Outcome::ReturnMany(Vec::new()))
    })
}
