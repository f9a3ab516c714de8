//! One run of a script: what it may do, what it calls, and what becomes of its result.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use acl::log::Origin;
use command_spec::flag;
use engine::cluster::Refusal;
use engine::effect::LogLevel;
use engine::permissions::denied_text;
use engine::table::Lookup;
use engine::{ClientId, Command, CommandError, CommandResult, Context, State, client_flag, error};
use mlua::{Lua, MultiValue, Table, Value as LuaValue};
use resp::reply::Reply;
use resp::value::Value;

use crate::cache::{Script, Scripts};
use crate::convert;

const NESTED: CommandError = CommandError::constant("ERR A script is running already");
const READ_ONLY: CommandError =
    CommandError::constant("ERR Write commands are not allowed from read-only scripts.");

/// Frames looked at to find the script's own.
const LEVELS_MAX: usize = 100;

/// What holds during one run.
struct Run<'a> {
    state: RefCell<&'a mut State>,
    client: ClientId,
    read_only: bool,
    deny_oom: bool,
    resp3: Cell<bool>,
    /// In a cluster: all keys must be in the slot of the first.
    one_slot: bool,
    slot: Cell<Option<u16>>,
}

/// Runs a script for the client of `context`, and replies with its result.
pub fn run(
    scripts: &Scripts,
    context: &mut Context<'_>,
    script: &Script,
    keys: &[&[u8]],
    arguments: &[&[u8]],
    read_only: bool,
) -> CommandResult {
    if scripts.running.get() {
        return Err(NESTED);
    }
    let flags = script.flags;
    if read_only && flags.declared && !flags.no_writes {
        return Err(CommandError::constant(
            "ERR Can not execute a script with write flag using *_ro command.",
        ));
    }
    let (client, writes) = (context.client, flags.declared && !flags.no_writes);
    context.state.check_role_of_script(client, writes, flags.allow_stale)?;
    let over = is_over_limit(context.state) && !context.client().has(client_flag::OOM_ALLOWED);
    if over && flags.declared && !flags.allow_oom && !flags.no_writes {
        return Err(error::OOM);
    }
    if context.state.cluster.is_some() && flags.no_cluster {
        return Err(CommandError::constant(
            "ERR Can not run script on cluster, 'no-cluster' flag is set.",
        ));
    }
    let client = script_client(scripts, context);
    let interpreter = scripts.interpreter()?;
    scripts.running.set(true);
    let run = Run {
        state: RefCell::new(&mut *context.state),
        client,
        read_only: read_only || flags.no_writes,
        deny_oom: over && !flags.allow_oom,
        resp3: Cell::new(false),
        one_slot: flags.declared && !flags.allow_cross_slot_keys,
        slot: Cell::new(keys.first().map(|key| stdx::crc16::key_slot(key))),
    };
    let result = call(&interpreter.lua, &interpreter.bridge, &run, script, keys, arguments);
    let resp3 = run.resp3.get();
    // What it prepared is for itself alone.
    run.state.borrow_mut().clients[client].fieldsets.clear();
    scripts.running.set(false);
    // What the script changed is propagated command by command; the call itself is not. Said only now, since the
    // first command would have taken it for itself.
    context.prevent_propagation();
    match result {
        Ok((true, value)) => {
            let written = convert::to_reply(&value, context.reply, resp3);
            written.map_err(|error| failure(script, &error.to_string(), None))
        }
        Ok((false, problem)) => Err(raised(script, &problem)),
        Err(error) => Err(failure(script, &error.to_string(), None)),
    }
}

fn is_over_limit(state: &State) -> bool {
    let limit = state.config.maxmemory;
    limit > 0 && (state.ports.memory_used_bytes)() as u64 > limit
}

/// The client under which commands are called, as the caller.
fn script_client(scripts: &Scripts, context: &mut Context<'_>) -> ClientId {
    let flags = client_flag::DENY_BLOCKING | client_flag::SCRIPT;
    let client = scripts.client.get().filter(|id| context.state.clients.get(*id).is_some());
    let client = client.unwrap_or_else(|| context.state.make_fake_client(flags));
    scripts.client.set(Some(client));
    // What the primary sends may write, whoever executes it.
    let role = context.client().flags & client_flag::MASTER;
    let (user, db) = (context.client().user.clone(), context.db);
    let session = &mut context.state.clients[client];
    session.flags = client_flag::FAKE | flags | role;
    session.db = db;
    session.reply.set_resp3(false);
    context.state.set_user(client, user);
    client
}

/// Runs the function under the prelude's error handler: whether it ended well, and what it returned or raised.
fn call(
    lua: &Lua,
    bridge: &Table,
    run: &Run<'_>,
    script: &Script,
    keys: &[&[u8]],
    arguments: &[&[u8]],
) -> mlua::Result<(bool, LuaValue)> {
    let globals = lua.globals();
    globals.raw_set("KEYS", strings(lua, keys)?)?;
    globals.raw_set("ARGV", strings(lua, arguments)?)?;
    let redis: Table = globals.raw_get("redis")?;
    lua.scope(|scope| {
        let call = scope.create_function(|lua, words: MultiValue| run.call(lua, &words))?;
        redis.raw_set("call", call)?;
        let pcall = scope.create_function(|lua, words: MultiValue| {
            convert::to_lua(lua, &run.call_value(&words))
        })?;
        redis.raw_set("pcall", pcall)?;
        redis.raw_set("log", scope.create_function(|_, words: MultiValue| run.log(&words))?)?;
        let setresp = scope.create_function(|_, version: LuaValue| run.set_resp(&version))?;
        redis.raw_set("setresp", setresp)?;
        let check = scope.create_function(|lua, words: MultiValue| {
            let allowed = run.acl_check_cmd(&words).map_err(|error| {
                let text = error.as_bytes().to_vec();
                mlua::Error::external(RaisedReply { text, line: current_line(lua) })
            })?;
            Ok(allowed)
        })?;
        redis.raw_set("acl_check_cmd", check)?;
        let guarded: mlua::Function = bridge.raw_get("run")?;
        let function: mlua::Function = lua.registry_value(&script.function)?;
        guarded.call::<(bool, LuaValue)>(function)
    })
}

/// An error reply that `redis.call` raises, and the line of the script that called.
#[derive(Debug)]
struct RaisedReply {
    text: Vec<u8>,
    line: Option<usize>,
}

impl std::fmt::Display for RaisedReply {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.text))
    }
}

impl std::error::Error for RaisedReply {}

/// The line at which the script stands.
fn current_line(lua: &Lua) -> Option<usize> {
    (0..LEVELS_MAX).find_map(|level| {
        lua.inspect_stack(level, |frame| {
            let source = frame.source();
            let is_script = source.source.as_deref() == Some("@user_script");
            if is_script { frame.current_line() } else { None }
        })?
    })
}

/// A raised error as table, for the prelude: `err`, and `line` where it is known.
pub fn describe(lua: &Lua, problem: &LuaValue) -> mlua::Result<LuaValue> {
    let LuaValue::Error(error) = problem else { return Ok(problem.clone()) };
    let mut error: &mlua::Error = error;
    while let mlua::Error::CallbackError { cause, .. } = error {
        error = cause;
    }
    let table = lua.create_table()?;
    match error.downcast_ref::<RaisedReply>() {
        Some(raised) => {
            table.raw_set("err", lua.create_string(&raised.text)?)?;
            table.raw_set("line", raised.line)?;
        }
        None => {
            let text = error.to_string();
            let text = text.strip_prefix("runtime error: ").unwrap_or(&text);
            table.raw_set("err", format!("ERR {}", text.lines().next().unwrap_or("")))?;
        }
    }
    Ok(LuaValue::Table(table))
}

fn strings(lua: &Lua, words: &[&[u8]]) -> mlua::Result<Table> {
    lua.create_sequence_from(
        words.iter().map(|word| lua.create_string(word)).collect::<mlua::Result<Vec<_>>>()?,
    )
}

impl Run<'_> {
    /// `redis.call`: the reply; an error is raised.
    fn call(&self, lua: &Lua, words: &MultiValue) -> mlua::Result<LuaValue> {
        match self.call_value(words) {
            Value::Error(text) | Value::BulkError(text) => {
                Err(mlua::Error::external(RaisedReply { text, line: current_line(lua) }))
            }
            value => convert::to_lua(lua, &value),
        }
    }

    fn call_value(&self, words: &MultiValue) -> Value {
        let outcome = self.words(words).and_then(|argv| {
            let argv: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
            self.call_command(&argv)
        });
        match outcome {
            Ok(bytes) => Value::parse(&bytes).map_or(Value::Null, |(value, _)| value),
            Err(error) => {
                self.state.borrow_mut().stats.count_error(error.code());
                Value::Error(error.as_bytes().to_vec())
            }
        }
    }

    fn words(&self, words: &MultiValue) -> Result<Vec<Vec<u8>>, CommandError> {
        if words.is_empty() {
            let text = "ERR Please specify at least one argument for this redis lib call";
            return Err(CommandError::constant(text));
        }
        words.iter().map(word).collect()
    }

    fn call_command(&self, argv: &[&[u8]]) -> Result<Vec<u8>, CommandError> {
        let mut state = self.state.borrow_mut();
        let state: &mut State = &mut state;
        let command = match state.lookup_command(argv) {
            Lookup::Found(command) if !command.is_container() || argv.len() == 1 => command,
            _ => {
                let text = "ERR Unknown Redis command called from script";
                return Err(CommandError::constant(text));
            }
        };
        self.check(&command, argv)?;
        self.check_permissions(state, &command, argv)?;
        state.check_role(self.client, &command)?;
        self.check_cluster(state, &command, argv)?;
        let resp3 = self.resp3.get();
        state.clients[self.client].reply.set_resp3(resp3);
        let mut reply = Reply::with_protocol(resp3);
        state.call_nested(self.client, &command, argv, &mut reply);
        Ok(reply.take())
    }

    /// A script may do what its caller may.
    fn check_permissions(
        &self,
        state: &mut State,
        command: &Command,
        argv: &[&[u8]],
    ) -> CommandResult {
        let Err(denied) = state.check_permissions(self.client, command, argv) else {
            return Ok(());
        };
        state.log_denied(self.client, Origin::Lua, denied, command, argv);
        let text = denied_text(&state.clients[self.client].user, denied, command);
        Err(CommandError::err(format!("ACL failure in script: {text}")))
    }

    /// `redis.acl_check_cmd`: whether the caller may make a call.
    fn acl_check_cmd(&self, words: &MultiValue) -> Result<bool, CommandError> {
        let argv = self.words(words)?;
        let argv: Vec<&[u8]> = argv.iter().map(Vec::as_slice).collect();
        let state = self.state.borrow();
        let command = match state.lookup_command(&argv) {
            Lookup::Found(command) if !command.is_container() || argv.len() == 1 => command,
            _ => return Err(CommandError::err("Invalid command passed to redis.acl_check_cmd()")),
        };
        if !command.spec.accepts_argc(argv.len()) {
            return Err(CommandError::err("Wrong number of args for redis.acl_check_cmd()"));
        }
        Ok(state.check_permissions(self.client, &command, &argv).is_ok())
    }

    /// In a cluster a script may only touch keys that are served here.
    fn check_cluster(&self, state: &State, command: &Command, argv: &[&[u8]]) -> CommandResult {
        if state.cluster.is_none() {
            return Ok(());
        }
        let slot = state.check_slots(command, argv, false).map_err(|refusal| match refusal {
            Refusal::CrossSlot => CommandError::err(format!(
                "Command '{}' in script attempted to access keys that don't hash to the same slot",
                command.full_name
            )),
            Refusal::Unserved => {
                CommandError::err("Script attempted to access a slot not served")
            }
            Refusal::Down => CommandError::err(
                "Script attempted to execute a command while the cluster is down",
            ),
            Refusal::DownForWrites => CommandError::err(
                "Script attempted to execute a write command while the cluster is down and readonly",
            ),
            Refusal::Unstable | Refusal::Ask { .. } | Refusal::Moved { .. } => CommandError::err(
                "Script attempted to access a non local key in a cluster node",
            ),
        })?;
        if let (Some(slot), true) = (slot, self.one_slot)
            && self.slot.replace(Some(slot)).is_some_and(|before| before != slot)
        {
            return Err(CommandError::err(
                "Script attempted to access keys that do not hash to the same slot",
            ));
        }
        Ok(())
    }

    fn check(&self, command: &Rc<Command>, argv: &[&[u8]]) -> CommandResult {
        if !command.spec.accepts_argc(argv.len()) {
            let text = "ERR Wrong number of args calling Redis command from script";
            return Err(CommandError::constant(text));
        }
        if command.has_flag(flag::NOSCRIPT) {
            let text = "ERR This Redis command is not allowed from script";
            return Err(CommandError::constant(text));
        }
        if self.read_only && command.has_flag(flag::WRITE | flag::MAY_REPLICATE) {
            return Err(READ_ONLY);
        }
        if self.deny_oom && command.has_flag(flag::DENYOOM) {
            return Err(error::OOM);
        }
        Ok(())
    }

    /// `redis.log(level, text…)`.
    fn log(&self, words: &MultiValue) -> mlua::Result<()> {
        let mut words = words.iter();
        let level = match words.next().and_then(LuaValue::as_number) {
            Some(0.0) => LogLevel::Debug,
            Some(1.0) => LogLevel::Verbose,
            Some(2.0) => LogLevel::Notice,
            Some(3.0) => LogLevel::Warning,
            Some(_) => return Err(mlua::Error::runtime("Invalid debug level.")),
            None => {
                return Err(mlua::Error::runtime("First argument must be a number (log level)."));
            }
        };
        let text: Vec<Vec<u8>> = words.filter_map(|value| word(value).ok()).collect();
        let text = String::from_utf8_lossy(&text.join(&b' ')).into_owned();
        self.state.borrow_mut().log(level, text);
        Ok(())
    }

    /// `redis.setresp(2 or 3)`: the protocol of replies from here on.
    fn set_resp(&self, version: &LuaValue) -> mlua::Result<()> {
        match version.as_number() {
            Some(2.0) => self.resp3.set(false),
            Some(3.0) => self.resp3.set(true),
            _ => return Err(mlua::Error::runtime("RESP version must be 2 or 3.")),
        }
        Ok(())
    }
}

/// One argument of a call: a string, or a number as Redis prints it.
fn word(value: &LuaValue) -> Result<Vec<u8>, CommandError> {
    match value {
        LuaValue::String(text) => Ok(text.as_bytes().to_vec()),
        LuaValue::Integer(number) => Ok(number.to_string().into_bytes()),
        LuaValue::Number(number) => {
            let mut text = Vec::new();
            stdx::double::format(*number, &mut text);
            Ok(text)
        }
        _ => Err(CommandError::constant(
            "ERR Lua redis lib command arguments must be strings or integers",
        )),
    }
}

/// The reply to an error that nothing in the script caught.
fn raised(script: &Script, problem: &LuaValue) -> CommandError {
    let LuaValue::Table(table) = problem else {
        return failure(script, &problem.to_string().unwrap_or_default(), None);
    };
    let text = table.raw_get::<mlua::LuaString>("err").map(|text| text.to_string_lossy());
    let line = table.raw_get::<i64>("line").ok();
    failure(script, &text.unwrap_or_else(|_| "ERR unknown error".to_owned()), line)
}

fn failure(script: &Script, text: &str, line: Option<i64>) -> CommandError {
    let first = text.lines().next().unwrap_or("");
    let mut reply = first.strip_prefix("runtime error: ").unwrap_or(first).to_owned();
    if let Some(line) = line {
        reply.push_str(&format!(" script: {}, on @user_script:{line}.", script.sha));
    }
    CommandError::owned(reply.into_bytes())
}
