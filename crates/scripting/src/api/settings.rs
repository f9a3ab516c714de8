//! What a script sets for the rest of its run: `redis.setresp`, `redis.set_repl`, and what remains of the like.

use std::rc::Rc;

use engine::propagation::Targets;
use mlua::Value;

use super::{Builder, raise};
use crate::outcome::{Outcome, number_of, truncate};
use crate::run::Link;

pub fn add(redis: &Builder<'_>, link: &Rc<Link>) -> mlua::Result<()> {
    let run = link.clone();
    redis.add("setresp", move |lua, arguments| {
        if arguments.len() != 1 {
            return raise(lua, "ERR redis.setresp() requires one argument.");
        }
        match arguments.get(0).and_then(number_of).map(truncate) {
            Some(2) => run.resp3.set(false),
            Some(3) => run.resp3.set(true),
            _ => return raise(lua, "ERR RESP version must be 2 or 3."),
        }
        Ok(Outcome::ReturnMany(Vec::new()))
    })?;
    let run = link.clone();
    redis.add("set_repl", move |lua, arguments| {
        if arguments.len() != 1 {
            return raise(lua, "ERR redis.set_repl() requires one argument.");
        }
        let flags = truncate(arguments.get(0).and_then(number_of).unwrap_or(0.0));
        if flags & !3 != 0 {
            return raise(
                lua,
                "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
            );
        }
        run.targets.set(Targets { aof: flags & 1 != 0, replicas: flags & 2 != 0 });
        Ok(Outcome::ReturnMany(Vec::new()))
    })?;
    // Effects are always replicated; the function of old remains for scripts that call it.
    redis.add("replicate_commands", |_, _| Ok(Outcome::Return(Value::Boolean(true))))?;
    let run = link.clone();
    redis.add("breakpoint", move |_, _| {
        let debugger = run.debugger.borrow();
        if let Some(debugger) = &*debugger {
            debugger.stop_at_next_line();
        }
        Ok(Outcome::Return(Value::Boolean(debugger.is_some())))
    })?;
    let run = link.clone();
    redis.add("debug", move |lua, arguments| {
        if let Some(debugger) = &*run.debugger.borrow() {
            debugger.log_values(lua, &arguments.0);
        }
        Ok(Outcome::ReturnMany(Vec::new()))
    })?;
    for (name, value) in
        [("REPL_NONE", 0), ("REPL_AOF", 1), ("REPL_SLAVE", 2), ("REPL_REPLICA", 2), ("REPL_ALL", 3)]
    {
        redis.table.raw_set(name, value)?;
    }
    Ok(())
}
