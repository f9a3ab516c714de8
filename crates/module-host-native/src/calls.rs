//! Calling commands from modules.

use std::ffi::{c_char, c_int, c_longlong, c_void};
use std::rc::Rc;

use command_spec::flag;
use engine::client::{OwnedArgv, client_flag};
use engine::table::Lookup;
use engine::{Command, State, error};
use resp::reply::Reply;

pub use crate::call_replies::CallReply;
use crate::context::{Auto, Ctx};
use crate::errno::set_errno;
use crate::ptr;
use crate::strings::{StringPtr, bytes_of};
use crate::table::Table;

/// What the C shims gather: bytes, a string, several strings or an integer.
#[repr(C)]
pub struct GatheredArg {
    kind: c_int,
    data: *const c_void,
    len: usize,
    integer: c_longlong,
}

/// The words of a call, copied: the callee may free what they came from.
pub fn words_of(command: *const c_char, args: *const GatheredArg, count: usize) -> Vec<Vec<u8>> {
    let mut words = vec![ptr::c_bytes(command).to_vec()];
    for arg in ptr::slice(args, count) {
        match arg.kind {
            0 => words.push(ptr::bytes(arg.data.cast(), arg.len).to_vec()),
            1 => words.push(bytes_of(arg.data.cast()).to_vec()),
            2 => {
                let strings: &[StringPtr] = ptr::slice(arg.data.cast(), arg.len);
                words.extend(strings.iter().map(|string| bytes_of(*string).to_vec()));
            }
            _ => words.push(arg.integer.to_string().into_bytes()),
        }
    }
    words
}

/// The letters of a call's format that are not arguments.
#[derive(Clone, Copy, Default)]
struct CallFlags {
    replicate: bool,
    resp3: Option<bool>,
    script_mode: bool,
    no_writes: bool,
    deny_oom: bool,
    errors_as_replies: bool,
    dry_run: bool,
    check_acl: bool,
    /// The command may wait; the reply is a promise then.
    may_block: bool,
}

impl CallFlags {
    fn parse(format: &[u8]) -> CallFlags {
        let has = |letter: u8| format.contains(&letter);
        CallFlags {
            replicate: has(b'!'),
            resp3: if has(b'3') {
                Some(true)
            } else if has(b'0') {
                None
            } else {
                Some(false)
            },
            script_mode: has(b'S'),
            no_writes: has(b'W'),
            deny_oom: has(b'M'),
            errors_as_replies: has(b'E'),
            dry_run: has(b'D'),
            check_acl: has(b'C'),
            may_block: has(b'K'),
        }
    }
}

/// Why a call was not made: the number for errno and the error reply.
type Refusal = (c_int, error::CommandError);

fn find_command(state: &State, argv: &[&[u8]]) -> Result<Rc<Command>, Refusal> {
    match state.lookup_command(argv) {
        Lookup::Found(command) if command.is_container() && argv.len() > 1 => {
            Err((libc::ENOENT, error::unknown_subcommand(&command.full_name, argv[1])))
        }
        Lookup::Found(command) => Ok(command),
        Lookup::UnknownSubcommand(container) => {
            Err((libc::ENOENT, error::unknown_subcommand(&container.full_name, argv[1])))
        }
        Lookup::Unknown => Err((libc::ENOENT, error::unknown_command(argv))),
    }
}

fn check_call(
    state: &State,
    caller: Option<engine::ClientId>,
    command: &Command,
    argv: &[&[u8]],
    flags: CallFlags,
) -> Result<(), Refusal> {
    if !command.spec.accepts_argc(argv.len()) {
        return Err((libc::EINVAL, error::wrong_arity(&command.full_name)));
    }
    let session = caller.and_then(|caller| state.clients.get(caller));
    let is_internal = session.is_some_and(|session| session.has(client_flag::INTERNAL));
    if flags.check_acl && command.has_flag(flag::INTERNAL) && !is_internal {
        return Err((libc::ENOENT, error::hidden_command(command, argv)));
    }
    if flags.script_mode && command.has_flag(flag::NOSCRIPT) {
        let text = format!("command '{}' is not allowed on script mode", command.full_name);
        return Err((libc::ESPIPE, error::CommandError::err(text)));
    }
    let own = state.effective_flags(command, argv);
    if flags.no_writes && own & flag::WRITE != 0 {
        let text =
            format!("Write command '{}' was called while write is not allowed.", command.full_name);
        return Err((libc::ENOSPC, error::CommandError::err(text)));
    }
    if let Some(caller) = caller.filter(|_| flags.script_mode) {
        state.check_role(caller, command).map_err(|error| (libc::ENOSPC, error))?;
    }
    if flags.script_mode && own & flag::WRITE != 0 {
        state.check_disk().map_err(|error| (libc::ENOSPC, error))?;
    }
    if (flags.deny_oom || flags.script_mode) && own & flag::DENYOOM != 0 && state.is_over_memory() {
        return Err((libc::ENOSPC, error::OOM));
    }
    Ok(())
}

fn refused(ctx_pointer: *mut Ctx, refusal: Refusal, flags: CallFlags) -> *mut CallReply {
    let (number, error) = refusal;
    set_errno(number);
    if !flags.errors_as_replies {
        return std::ptr::null_mut();
    }
    let mut reply = Reply::new();
    reply.error(error.as_bytes());
    hand_out(ctx_pointer, CallReply::parse(reply.take()))
}

fn hand_out(ctx: *mut Ctx, reply: CallReply) -> *mut CallReply {
    let pointer = Box::into_raw(Box::new(reply));
    ptr::required(pointer).made_in = ctx;
    if ptr::required(ctx).auto_memory {
        ptr::required(pointer).kept_by = ctx;
        ptr::required(ctx).keep(Auto::Reply(pointer));
    }
    pointer
}

/// For the C shim of Call. A null format: it had a letter that is not known.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_call(
    ctx_pointer: *mut Ctx,
    command: *const c_char,
    format: *const c_char,
    args: *const GatheredArg,
    count: usize,
) -> *mut CallReply {
    let ctx = ptr::required(ctx_pointer);
    set_errno(0);
    if crate::notifications::in_key_job() {
        set_errno(libc::EINVAL);
        return std::ptr::null_mut();
    }
    if format.is_null() {
        set_errno(libc::EBADF);
        return std::ptr::null_mut();
    }
    let flags = CallFlags::parse(ptr::c_bytes(format));
    let words = words_of(command, args, count);
    let module = ctx.module.clone();
    let calls = module.as_ref().map(|module| &module.calls);
    calls.inspect(|calls| calls.set(calls.get() + 1));
    let reply = call(ctx_pointer, &words, flags);
    calls.inspect(|calls| calls.set(calls.get() - 1));
    reply
}

fn call(ctx_pointer: *mut Ctx, words: &[Vec<u8>], flags: CallFlags) -> *mut CallReply {
    let ctx = ptr::required(ctx_pointer);
    let argv: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let filtered = filtered(ctx, &argv);
    let argv = filtered.as_ref().map_or(argv, OwnedArgv::slices);
    if argv.is_empty() {
        set_errno(libc::ENOENT);
        return std::ptr::null_mut();
    }
    let caller = ctx.caller();
    let state = ctx.state();
    let found = find_command(state, &argv)
        .and_then(|command| check_call(state, caller, &command, &argv, flags).map(|()| command));
    let command = match found {
        Ok(command) => command,
        Err(refusal) => return refused(ctx_pointer, refusal, flags),
    };
    if flags.check_acl
        && let Err(refusal) = crate::acl::check_call(ctx, &command, &argv)
    {
        return refused(ctx_pointer, refusal, flags);
    }
    if flags.dry_run {
        return std::ptr::null_mut();
    }
    let reply = run_call(ctx, &command, &argv, flags);
    hand_out(ctx_pointer, reply)
}

/// What command filters make of the words.
fn filtered(ctx: &mut Ctx, argv: &[&[u8]]) -> Option<OwnedArgv> {
    if ctx.state().command_filters.is_empty() {
        return None;
    }
    let client = ctx.call_client();
    ctx.state().filtered(client, argv)
}

fn run_call(ctx: &mut Ctx, command: &Rc<Command>, argv: &[&[u8]], flags: CallFlags) -> CallReply {
    let client = if flags.may_block {
        ctx.state().make_fake_client(0)
    } else {
        let client = ctx.call_client();
        ctx.state().clients[client].flags |= client_flag::DENY_BLOCKING;
        client
    };
    let state = ctx.state();
    let resp3 = flags.resp3.unwrap_or_else(|| ctx.reply().is_some_and(|reply| reply.resp3()));
    // Without that letter the module calls for itself, and may do everything.
    let user = if flags.check_acl { ctx.user() } else { None };
    let user = user.unwrap_or_else(|| state.permissions.users.superuser().clone());
    state.set_user(client, user);
    let session = &mut state.clients[client];
    session.db = ctx.db;
    session.set(client_flag::MUTED, !flags.replicate);
    session.set(client_flag::OOM_ALLOWED, !flags.deny_oom && !flags.script_mode);
    session.reply.set_resp3(resp3);
    let mut reply = Reply::with_protocol(resp3);
    let errors_before = state.stats.total_error_replies;
    let muted = state.propagation.muted;
    state.propagation.muted |= !flags.replicate;
    state.call_nested(client, command, argv, &mut reply);
    ctx.state().propagation.muted = muted;
    if let Some(session) = state.clients.get_mut(client) {
        // SELECT changes the context's database, as Redis has it, not the caller's.
        ctx.db = session.db;
    }
    if flags.may_block {
        if ctx.state().clients[client].has(client_flag::BLOCKED) {
            return crate::promises::promise(ctx, client);
        }
        ctx.state().disconnect_client(client);
    }
    let reply = CallReply::parse(reply.take());
    if ctx.state().stats.total_error_replies > errors_before
        && let Some(code) = reply.error_code()
    {
        ctx.state().take_back_error(code);
    }
    reply
}
unsafe extern "C" {
    fn bulkhead_shim_Call();
}

pub fn register(table: &mut Table) {
    table.add("Call", bulkhead_shim_Call as *const ());
}

/// Calls a command for a module function that is made of one; the reply is not looked at.
pub fn call_quietly(ctx: &mut Ctx, argv: &[&[u8]]) {
    if let Lookup::Found(command) = ctx.state().lookup_command(argv) {
        let flags = CallFlags { replicate: true, resp3: Some(false), ..CallFlags::default() };
        drop(run_call(ctx, &command, argv, flags));
    }
}

/// Calls a command for a module function that is made of one; the text of its reply.
pub fn call_for_text(ctx: &mut Ctx, argv: &[&[u8]]) -> Vec<u8> {
    let Lookup::Found(command) = ctx.state().lookup_command(argv) else { return Vec::new() };
    let flags = CallFlags { resp3: Some(false), ..CallFlags::default() };
    let reply = run_call(ctx, &command, argv, flags);
    reply.value().as_bytes().unwrap_or_default().to_vec()
}
