//! One run of a script or function: what it may do, and what becomes of its result.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use engine::client::OwnedArgv;
use engine::propagation::Targets;
use engine::{ClientId, CommandError, CommandResult, Context, State, client_flag, error};
use mlua::{Function, LightUserData, Value};
use resp::reply::Reply;
use smallvec::SmallVec;
use structures::lent::Lent;

use crate::api::Registered;
use crate::convert::{self, RepliedError};
use crate::debugger::Debugger;
use crate::header::ScriptFlags;
use crate::interpreter::Interpreter;
use crate::outcome::bytes_of;

const NESTED: CommandError = CommandError::constant("ERR A script is running already");

/// Calls between two steps of the collector, besides those that it takes by itself.
const CALLS_PER_COLLECTION: u32 = 50;

/// What holds for the commands of one run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    pub read_only: bool,
    /// Memory was over its limit when the run began, and the script may not ignore that.
    pub over_memory: bool,
    /// In a cluster: all keys must be in the slot of the first.
    pub one_slot: bool,
}

/// What is told of a run while others ask.
#[derive(Default)]
pub struct Running {
    pub name: String,
    pub is_function: bool,
    pub argv: OwnedArgv,
}

/// What the functions that scripts call share with whoever runs them.
#[derive(Default)]
pub struct Link {
    /// The state, while a script or a library runs.
    pub state: Lent<State>,
    /// The client under which commands are called.
    pub client: Cell<Option<ClientId>>,
    pub rules: Cell<Rules>,
    pub slot: Cell<Option<u16>>,
    /// No cluster would run it, which was noted.
    pub incompatible: Cell<bool>,
    pub resp3: Cell<bool>,
    pub targets: Cell<Targets>,
    /// A command that may write has been called, so the run cannot be ended half-way.
    pub wrote: Cell<bool>,
    pub started_us: Cell<u64>,
    pub is_running: Cell<bool>,
    /// Others have been answered while it ran.
    pub is_busy: Cell<bool>,
    pub killed: Cell<bool>,
    /// Why, where it was not by command.
    pub killed_because: Cell<Option<&'static str>>,
    /// What runs the script step by step, if anything does.
    pub debugger: RefCell<Option<Rc<Debugger>>>,
    /// When the loading of a library must have ended.
    pub load_deadline_us: Cell<Option<u64>>,
    pub running: RefCell<Running>,
    /// While a library is loaded: the functions it has told of so far.
    pub registered: RefCell<Option<Vec<Registered>>>,
    /// A buffer for replies, kept for its memory.
    pub reply: Cell<Reply>,
    /// Memory that an interpreter may take, in bytes; 0 means any.
    pub memory_max: Cell<usize>,
    calls: Cell<u32>,
}

/// A script or function to be run.
pub struct Job<'a> {
    /// The SHA-1 of a script, or the name of a function.
    pub name: &'a str,
    pub is_function: bool,
    pub flags: ScriptFlags,
    pub function: &'a Function,
    pub keys: &'a [&'a [u8]],
    pub arguments: &'a [&'a [u8]],
    /// The command is one that runs only what does not write.
    pub read_only: bool,
}

/// Runs it for the client of `context`, and replies with its result.
pub fn run(
    link: &Rc<Link>,
    interpreter: &Interpreter,
    context: &mut Context<'_>,
    job: &Job<'_>,
) -> CommandResult {
    if link.is_running.get() {
        return Err(NESTED);
    }
    prepare(link, context, job)?;
    link.is_running.set(true);
    context.state.clock.freeze();
    let result = link.state.lend(context.state, || call(interpreter, job));
    context.state.clock.thaw();
    link.is_running.set(false);
    link.running.borrow_mut().argv = OwnedArgv::default();
    end_busy(link, context.state);
    if let Some(client) = link.client.get() {
        // What it prepared is for itself alone.
        context.state.clients[client].fieldsets.clear();
    }
    // What the script changed is propagated command by command; the call itself is not. Said only now, since the
    // first command would have taken it for itself.
    context.prevent_propagation();
    let outcome = reply(link, context, job, result);
    if link.killed.replace(false) {
        crate::busy::watch(&interpreter.lua, link).map_err(lua_failure)?;
    }
    collect(link, interpreter);
    outcome
}

/// The collector goes on by itself as memory is asked for; scripts that ask for little would let it stand still.
fn collect(link: &Link, interpreter: &Interpreter) {
    let calls = link.calls.get() + 1;
    if calls < CALLS_PER_COLLECTION {
        link.calls.set(calls);
        return;
    }
    link.calls.set(0);
    // It can only fail in finalizers, of which scripts have none.
    let _ = interpreter.lua.gc_step();
}

fn are_in_several_slots(keys: &[&[u8]]) -> bool {
    let mut slots = keys.iter().map(|key| stdx::crc16::key_slot(key));
    slots.next().is_some_and(|first| slots.any(|slot| slot != first))
}

impl Link {
    /// A cluster would refuse what is done; it counts once in a run.
    pub fn note_incompatible(&self, state: &mut State) {
        if !self.incompatible.replace(true) {
            state.note_incompatible();
        }
    }
}

/// Sees whether the script may run now, and sets what holds for it.
fn prepare(link: &Link, context: &mut Context<'_>, job: &Job<'_>) -> CommandResult {
    let flags = job.flags;
    let state = &mut *context.state;
    if !flags.allow_stale && state.hides_stale_data() {
        return Err(error::MASTERDOWN);
    }
    let over =
        state.is_over_memory() && !state.clients[context.client].has(client_flag::OOM_ALLOWED);
    if flags.declared {
        if state.cluster.is_some() && flags.no_cluster {
            return Err(CommandError::constant(
                "ERR Can not run script on cluster, 'no-cluster' flag is set.",
            ));
        }
        if job.read_only && !flags.no_writes {
            return Err(CommandError::constant(
                "ERR Can not execute a script with write flag using *_ro command.",
            ));
        }
        if !flags.no_writes {
            state.check_role_of_script(context.client)?;
            state.check_disk()?;
        }
        if over && !flags.allow_oom && !flags.no_writes {
            return Err(CommandError::constant(
                "OOM allow-oom flag is not set on the script, can not run it when used memory > \
                 'maxmemory'",
            ));
        }
    }
    link.rules.set(Rules {
        read_only: job.read_only || flags.no_writes,
        over_memory: over && !flags.allow_oom,
        one_slot: flags.declared && !flags.allow_cross_slot_keys,
    });
    let looks_at_compatibility = state.looks_at_compatibility();
    if state.cluster.is_some() || looks_at_compatibility {
        link.slot.set(job.keys.first().map(|key| stdx::crc16::key_slot(key)));
    }
    // Keys in several slots were noted before.
    link.incompatible.set(looks_at_compatibility && are_in_several_slots(job.keys));
    if flags.no_cluster {
        link.note_incompatible(state);
    }
    link.resp3.set(false);
    link.targets.set(Targets::default());
    link.wrote.set(false);
    link.killed.set(false);
    link.started_us.set(state.clock.monotonic_us());
    {
        let mut running = link.running.borrow_mut();
        running.name.clear();
        running.name.push_str(job.name);
        running.is_function = job.is_function;
        if job.is_function {
            running.argv = OwnedArgv::from_slices(context.argv);
        }
    }
    set_client(link, context);
    Ok(())
}

/// Prepares the client under which commands are called, as the caller.
fn set_client(link: &Link, context: &mut Context<'_>) {
    let flags = client_flag::DENY_BLOCKING | client_flag::SCRIPT;
    let client = link.client.get().filter(|id| context.state.clients.get(*id).is_some());
    let client = client.unwrap_or_else(|| context.state.make_fake_client(flags));
    link.client.set(Some(client));
    // What the primary sends may write, whoever executes it.
    let role = context.client().flags & client_flag::MASTER;
    let (user, db) = (context.client().user.clone(), context.db);
    let session = &mut context.state.clients[client];
    session.flags = client_flag::FAKE | flags | role;
    session.db = db;
    session.reply.set_resp3(false);
    context.state.set_user(client, user);
}

/// Others are served as usual again.
fn end_busy(link: &Link, state: &mut State) {
    if link.is_busy.replace(false) {
        state.end_busy();
    }
}

/// Whether it ended well, and what it returned or raised.
fn call(interpreter: &Interpreter, job: &Job<'_>) -> mlua::Result<(bool, Value)> {
    let words: SmallVec<[Word; 8]> =
        job.keys.iter().chain(job.arguments).map(|word| Word::of(word)).collect();
    let place = LightUserData(words.as_ptr().cast_mut().cast());
    interpreter.run.call((job.function, place, job.keys.len(), job.arguments.len()))
}

/// A key or an argument on its way to the guard (`guard_word` in `lguard.c`), which copies the bytes before it calls the
/// script.
#[repr(C)]
struct Word {
    bytes: *const u8,
    len: usize,
}

impl Word {
    fn of(word: &[u8]) -> Word {
        Word { bytes: word.as_ptr(), len: word.len() }
    }
}

/// Writes what the script ended with. Its errors are counted here, apart from those that its commands have been counted for.
fn reply(
    link: &Link,
    context: &mut Context<'_>,
    job: &Job<'_>,
    result: mlua::Result<(bool, Value)>,
) -> CommandResult {
    let problem = match result {
        Ok((true, value)) => {
            let resp3 = link.resp3.get();
            let mut writer = convert::Writer::new(context.reply, resp3);
            let written = writer.write(&value);
            let errors = writer.errors;
            count(context.state, &errors);
            return written.map_err(|error| failure(job, error.to_string().as_bytes(), None));
        }
        Ok((false, problem)) => problem,
        Err(error) => return Err(failure(job, error.to_string().as_bytes(), None)),
    };
    let raised = Raised::of(link, &problem);
    let error = failure(job, &raised.text, raised.place.as_ref());
    if !raised.counted {
        return Err(error);
    }
    context.reply.error(error.as_bytes());
    count(context.state, &[RepliedError { text: raised.text, counted: true }]);
    Ok(())
}

fn count(state: &mut State, errors: &[RepliedError]) {
    for error in errors {
        if !error.counted {
            let code = error.text.split(|byte| *byte == b' ').next();
            state.stats.count_error(code.unwrap_or(b"ERR"));
        }
    }
    if !errors.is_empty() {
        state.note_failed_script();
    }
}

/// What was raised and not caught.
pub struct Raised {
    pub text: Vec<u8>,
    /// The chunk and line.
    place: Option<(Vec<u8>, i64)>,
    counted: bool,
}

impl Raised {
    pub fn of(link: &Link, problem: &Value) -> Raised {
        let mut raised = Raised { text: Vec::new(), place: None, counted: false };
        if let Value::Table(table) = problem {
            let field = |name: &str| table.raw_get::<Value>(name).unwrap_or(Value::Nil);
            raised.text = bytes_of(&field("err")).unwrap_or_else(|| b"ERR unknown error".to_vec());
            raised.place = bytes_of(&field("source")).zip(field("line").as_i64());
            raised.counted = field("ignore_error_stats_update").as_boolean() == Some(true);
        } else {
            raised.text = problem.to_string().unwrap_or_default().into_bytes();
        }
        if link.killed.get() {
            raised.text = match (link.killed_because.take(), link.load_deadline_us.get()) {
                (Some(reason), _) => reason.as_bytes().to_vec(),
                (None, Some(_)) => b"ERR FUNCTION LOAD timeout".to_vec(),
                (None, None) => b"ERR Script killed by user with SCRIPT KILL...".to_vec(),
            };
        }
        raised
    }
}

/// The error reply: what was raised, on one line, and where.
fn failure(job: &Job<'_>, text: &[u8], place: Option<&(Vec<u8>, i64)>) -> CommandError {
    let mut reply = convert::one_line(text);
    if let Some((source, line)) = place {
        reply.extend_from_slice(format!(" script: {}, on ", job.name).as_bytes());
        reply.extend_from_slice(source);
        reply.extend_from_slice(format!(":{line}.").as_bytes());
    }
    CommandError::owned(reply)
}

/// The reply to what Lua cannot do, such as get memory.
pub fn lua_failure(error: mlua::Error) -> CommandError {
    let text = error.to_string();
    CommandError::err(text.lines().next().unwrap_or_default())
}
