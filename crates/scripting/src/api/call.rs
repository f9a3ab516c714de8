//! `redis.call`, `redis.pcall` and `redis.acl_check_cmd`: from words to a command and back.

use std::rc::Rc;

use acl::log::Origin;
use command_spec::flag;
use engine::cluster::Refusal;
use engine::permissions::denied_text;
use engine::table::Lookup;
use engine::{Command, CommandError, CommandResult, State, error};
use mlua::{Lua, LuaString, Table, Value};
use resp::reply::Reply;
use smallvec::SmallVec;

use super::{Builder, raise};
use crate::convert;
use crate::outcome::Outcome;
use crate::run::Link;

const NO_ARGUMENT: &str = "ERR Please specify at least one argument for this redis lib call";
const WRONG_ARGUMENT: &str = "ERR Lua redis lib command arguments must be strings or integers";
const READ_ONLY: CommandError =
    CommandError::constant("ERR Write commands are not allowed from read-only scripts.");

pub fn add(redis: &Builder<'_>, link: &Rc<Link>) -> mlua::Result<()> {
    let run = link.clone();
    redis.add_calling("call", move |lua, packed| call(lua, &run, &packed, true))?;
    let run = link.clone();
    redis.add_calling("pcall", move |lua, packed| call(lua, &run, &packed, false))?;
    let run = link.clone();
    redis.add_calling("acl_check_cmd", move |lua, packed| acl_check(lua, &run, &packed))
}

/// One word of a call: a string, or a number as Redis prints it.
enum Word<'a> {
    Text(&'a [u8]),
    Number(SmallVec<[u8; 24]>),
}

impl AsRef<[u8]> for Word<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Word::Text(text) => text,
            Word::Number(digits) => digits,
        }
    }
}

type Words<'a> = SmallVec<[Word<'a>; 6]>;

/// Unpacks the words (see `lguard.c`): a kind and eight bytes each, and the bytes of a string.
fn words(mut packed: &[u8]) -> Result<Words<'_>, &'static str> {
    if packed.is_empty() {
        return Err(NO_ARGUMENT);
    }
    let mut words = Words::new();
    while let Some((head, rest)) = packed.split_first_chunk::<9>() {
        packed = rest;
        let [kind, number @ ..] = *head;
        words.push(match kind {
            b's' => {
                let len = usize::from_le_bytes(number);
                let (text, rest) = packed.split_at_checked(len).ok_or(WRONG_ARGUMENT)?;
                packed = rest;
                Word::Text(text)
            }
            b'n' => Word::Number(print(f64::from_le_bytes(number))),
            _ => return Err(WRONG_ARGUMENT),
        });
    }
    Ok(words)
}

fn print(number: f64) -> SmallVec<[u8; 24]> {
    if number == 0.0 {
        return SmallVec::from_slice(b"0");
    }
    if number.is_nan() && number.is_sign_negative() {
        return SmallVec::from_slice(b"-nan");
    }
    let mut digits = Vec::new();
    stdx::double::format(number, &mut digits);
    SmallVec::from_vec(digits)
}

/// Calls a command. Its error is raised, or returned as `redis.pcall` does.
fn call(lua: &Lua, link: &Link, packed: &LuaString, raises: bool) -> mlua::Result<Outcome> {
    let packed = packed.as_bytes();
    let words = match words(&packed) {
        Ok(words) => words,
        Err(text) => return failed(lua, text.as_bytes(), false, raises),
    };
    let argv: SmallVec<[&[u8]; 6]> = words.iter().map(Word::as_ref).collect();
    let mut reply = link.reply.take();
    reply.clear();
    reply.set_resp3(link.resp3.get());
    let called = link.state.with(|state| {
        let called = run_command(link, state, &argv, &mut reply);
        if let Some(debugger) = &*link.debugger.borrow() {
            debugger.note_call(&argv, called.as_ref().map(|()| reply.as_bytes()));
        }
        called
    });
    let outcome = match called {
        None => failed(
            lua,
            b"ERR redis.call/pcall can only be called inside a script invocation",
            false,
            raises,
        ),
        Some(Err(error)) => failed(lua, error.as_bytes(), true, raises),
        Some(Ok(())) => match convert::error_text(reply.as_bytes()) {
            Some(text) => failed(lua, text, true, raises),
            None => convert::to_lua(lua, reply.as_bytes()).map(Outcome::Return),
        },
    };
    if reply.capacity() < REPLY_BYTES_KEPT {
        link.reply.set(reply);
    }
    outcome
}

/// A reply buffer larger than this is not kept for the next call.
const REPLY_BYTES_KEPT: usize = 1 << 20;

/// An error as the table that scripts see; `counted`: the statistics have it already.
fn failed(lua: &Lua, text: &[u8], counted: bool, raises: bool) -> mlua::Result<Outcome> {
    let table: Table = lua.create_table_with_capacity(0, 4)?;
    table.raw_set("err", lua.create_string(text)?)?;
    if counted {
        table.raw_set("ignore_error_stats_update", true)?;
    }
    let table = Value::Table(table);
    Ok(if raises { Outcome::Raise(table) } else { Outcome::Return(table) })
}

pub fn run_command(
    link: &Link,
    state: &mut State,
    argv: &[&[u8]],
    reply: &mut Reply,
) -> Result<(), CommandError> {
    let filtered = link.client.get().and_then(|client| state.filtered(client, argv));
    let words;
    let argv = match &filtered {
        Some(changed) => {
            words = changed.slices();
            words.as_slice()
        }
        None => argv,
    };
    if argv.is_empty() {
        return Err(CommandError::constant("ERR Unknown Redis command called from script"));
    }
    let command = match state.lookup_command(argv) {
        Lookup::Found(command) if !command.is_container() || argv.len() == 1 => command,
        _ => {
            let error = CommandError::constant("ERR Unknown Redis command called from script");
            state.count_refused_call(None, &error);
            return Err(error);
        }
    };
    if let Err(error) = check(link, state, &command, argv) {
        state.count_refused_call(Some(&command), &error);
        return Err(error);
    }
    if command.has_flag(flag::WRITE) {
        link.wrote.set(true);
    }
    let Some(client) = link.client.get() else { return Ok(()) };
    state.clients[client].reply.set_resp3(link.resp3.get());
    let targets = link.targets.get();
    let before = std::mem::replace(&mut state.propagation.targets, targets);
    state.call_nested(client, &command, argv, reply);
    state.propagation.targets = before;
    Ok(())
}

/// What may keep a script from calling a command.
fn check(link: &Link, state: &mut State, command: &Rc<Command>, argv: &[&[u8]]) -> CommandResult {
    let rules = link.rules.get();
    if !command.spec.accepts_argc(argv.len()) {
        return Err(CommandError::constant(
            "ERR Wrong number of args calling Redis command from script",
        ));
    }
    let is_forbidden = command.has_flag(flag::NOSCRIPT) && !state.scripts_may_all;
    if is_forbidden || command.has_flag(flag::INTERNAL) {
        return Err(CommandError::constant("ERR This Redis command is not allowed from script"));
    }
    let Some(client) = link.client.get() else { return Ok(()) };
    if state.hides_stale_data() && !command.has_flag(flag::STALE) {
        return Err(CommandError::constant("ERR Can not execute the command on a stale replica"));
    }
    if let Err(denied) = state.check_permissions(client, command, argv) {
        // A script may do what its caller may.
        state.log_denied(client, Origin::Lua, denied, command, argv);
        let text = denied_text(&state.clients[client].user, denied, command);
        return Err(CommandError::err(format!("ACL failure in script: {text}")));
    }
    if command.has_flag(flag::WRITE | flag::MAY_REPLICATE) && rules.read_only {
        return Err(READ_ONLY);
    }
    // A script that has changed something may finish its work.
    if !link.wrote.get() {
        state.check_role(client, command)?;
        if command.has_flag(flag::WRITE) {
            state.check_disk()?;
        }
        if rules.over_memory && command.has_flag(flag::DENYOOM) {
            return Err(error::OOM);
        }
    }
    check_cluster(link, state, command, argv)
}

/// In a cluster a script may only touch keys that are served here.
fn check_cluster(
    link: &Link,
    state: &mut State,
    command: &Command,
    argv: &[&[u8]],
) -> CommandResult {
    if state.cluster.is_none() {
        if state.looks_at_compatibility() {
            check_compatibility(link, state, command, argv);
        }
        return Ok(());
    }
    let slot = state.check_slots(command, argv, false).map_err(|refusal| match refusal {
        Refusal::CrossSlot => CommandError::err(format!(
            "Command '{}' in script attempted to access keys that don't hash to the same slot",
            command.full_name
        )),
        Refusal::Unserved => CommandError::err("Script attempted to access a slot not served"),
        Refusal::Down => {
            CommandError::err("Script attempted to execute a command while the cluster is down")
        }
        Refusal::DownForWrites => CommandError::err(
            "Script attempted to execute a write command while the cluster is down and readonly",
        ),
        Refusal::Unstable | Refusal::Ask { .. } | Refusal::Moved { .. } => {
            CommandError::err("Script attempted to access a non local key in a cluster node")
        }
    })?;
    if let (Some(slot), true) = (slot, link.rules.get().one_slot)
        && link.slot.replace(Some(slot)).is_some_and(|before| before != slot)
    {
        return Err(CommandError::err(
            "Script attempted to access keys that do not hash to the same slot",
        ));
    }
    Ok(())
}

/// Notes what a cluster would refuse.
fn check_compatibility(link: &Link, state: &mut State, command: &Command, argv: &[&[u8]]) {
    let is_compatible = match state.slot_of_call(command, argv) {
        Err(_) => false,
        Ok(Some(slot)) if link.rules.get().one_slot => {
            link.slot.replace(Some(slot)).is_none_or(|before| before == slot)
        }
        Ok(_) => true,
    };
    if !is_compatible {
        link.note_incompatible(state);
    }
}

/// `redis.acl_check_cmd`: whether the caller's user may do this.
fn acl_check(lua: &Lua, link: &Link, packed: &LuaString) -> mlua::Result<Outcome> {
    let packed = packed.as_bytes();
    let words = match words(&packed) {
        Ok(words) => words,
        Err(text) => return raise(lua, text),
    };
    let argv: SmallVec<[&[u8]; 6]> = words.iter().map(Word::as_ref).collect();
    let checked = link.state.with(|state| match state.lookup_command(&argv) {
        Lookup::Found(command) if !command.is_container() || argv.len() == 1 => {
            if !command.spec.accepts_argc(argv.len()) {
                return Err("ERR Wrong number of args for redis.acl_check_cmd()");
            }
            let Some(client) = link.client.get() else { return Ok(false) };
            Ok(state.check_permissions(client, &command, &argv).is_ok())
        }
        _ => Err("ERR Invalid command passed to redis.acl_check_cmd()"),
    });
    match checked {
        Some(Err(text)) => raise(lua, text),
        Some(Ok(allowed)) => Ok(Outcome::Return(Value::Boolean(allowed))),
        None => raise(lua, "ERR redis.acl_check_cmd can only be called inside a script invocation"),
    }
}
