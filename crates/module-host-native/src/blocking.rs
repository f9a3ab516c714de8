//! Blocked clients.

use std::ffi::{c_int, c_longlong, c_void};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use engine::blocking::{BlockKind, Blocked, Unblock};
use engine::client::OwnedArgv;
use engine::{ClientId, Command, State, client_flag};
use module_abi::status;
use parking_lot::Mutex;
use resp::reply::Reply;

use crate::context::{Ctx, Kind};
use crate::errno::fail;
use crate::logins::{Attempt, AuthFunc};
use crate::module::Module;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of};
use crate::table::Table;

/// `int (*)(ctx, argv, argc)`: answers the client, or says that its time is up.
pub type ReplyFunc = crate::exceptions::Function;
/// `void (*)(ctx, private_data)`.
pub type FreeFunc = unsafe extern "C" fn(*mut Ctx, *mut c_void);
/// `void (*)(ctx, blocked_client)`.
type DisconnectFunc = unsafe extern "C" fn(*mut Ctx, *mut BlockedClient);

/// What a `RedisModuleBlockedClient *` points to. It lives until the module unblocks it (or aborts), whatever became of
/// the client meanwhile.
pub struct BlockedClient {
    pub module: Arc<Module>,
    /// The client while it waits; the number tells it from a later one in the same slot.
    pub client: Option<(ClientId, u64)>,
    pub db: usize,
    reply_func: Option<ReplyFunc>,
    timeout_func: Option<ReplyFunc>,
    free_func: Option<FreeFunc>,
    disconnect_func: Option<DisconnectFunc>,
    private_data: *mut c_void,
    /// Replies written through a thread-safe context, for a client without a reply callback.
    pub reply: Reply,
    pub command: Rc<Command>,
    pub argv: OwnedArgv,
    pub aborted: bool,
    /// The client has gone away while it waited.
    gone: bool,
    /// The client waits for keys: it is the server that ends the wait, not the module.
    on_keys: bool,
    /// The key that has become ready.
    ready_key: Option<StringPtr>,
    /// The client wants to log in, and the module is to say whether it may.
    pub login: Option<(AuthFunc, Attempt)>,
    pub measured_us: u64,
    measure_started_us: Option<u64>,
    /// Code words of the errors that were replied through a thread-safe context.
    pub errors: Vec<Vec<u8>>,
}

/// Clients that modules have unblocked, from any thread, and that the main thread has yet to answer.
static UNBLOCKED: Mutex<Vec<usize>> = Mutex::new(Vec::new());
/// The descriptor that wakes the main thread; -1 before the first module is loaded.
static WAKE: AtomicI32 = AtomicI32::new(-1);

/// Lets the engine offer ready keys to clients of modules.
pub fn listen(state: &mut State) {
    state.guests.serve_key = Some(serve_key);
    state.guests.finish_waits = Some(finish_unblocked);
}

/// The descriptor that becomes readable when a thread of a module wants the main thread's attention.
pub fn wake_descriptor() -> c_int {
    let known = WAKE.load(Ordering::Acquire);
    if known >= 0 {
        return crate::event_loop::descriptor(known);
    }
    // SAFETY: eventfd takes a count and flags.
    let descriptor = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
    WAKE.store(descriptor, Ordering::Release);
    crate::event_loop::descriptor(descriptor)
}

/// Wakes the main thread.
pub fn wake() {
    let one = 1u64;
    let descriptor = WAKE.load(Ordering::Acquire);
    if descriptor >= 0 {
        // SAFETY: eight bytes of a local; a full counter means that the main thread will wake anyway.
        unsafe { libc::write(descriptor, (&raw const one).cast(), size_of::<u64>()) };
    }
}

/// Empties the wake descriptor.
fn drain_wake() {
    let mut count = 0u64;
    let descriptor = WAKE.load(Ordering::Acquire);
    if descriptor >= 0 {
        // SAFETY: eight bytes of a local; nothing to read is no error here.
        unsafe { libc::read(descriptor, (&raw mut count).cast(), size_of::<u64>()) };
    }
}

/// Answers the clients that have been unblocked. Called by the main thread when it wakes.
pub fn serve_unblocked(state: &mut State) {
    drain_wake();
    crate::event_loop::serve(state, WAKE.load(Ordering::Acquire));
    finish_unblocked(state);
}

pub fn finish_unblocked(state: &mut State) {
    loop {
        let unblocked = std::mem::take(&mut *UNBLOCKED.lock());
        if unblocked.is_empty() {
            return;
        }
        for address in unblocked {
            finish(state, address as *mut BlockedClient);
        }
    }
}

/// Whether the client still waits for this.
fn waiting_client(state: &State, blocked: &BlockedClient) -> Option<ClientId> {
    let (client, number) = blocked.client?;
    let session = state.clients.get(client)?;
    (session.id == number && session.blocked.is_some()).then_some(client)
}

fn finish(state: &mut State, pointer: *mut BlockedClient) {
    let blocked = ptr::required(pointer);
    let module = blocked.module.clone();
    if (!blocked.aborted || blocked.login.is_some())
        && let Some(client) = waiting_client(state, blocked)
    {
        state.unblock_client(client);
        state.clients[client].on_disconnect.clear();
        match blocked.login.take() {
            Some(login) => crate::logins::log_in_again(state, client, pointer, login),
            None => answer(state, client, pointer),
        }
        state.clients[client].write_offset = state.feed.offset;
        state.mark_pending_write(client);
        state.tell_answered(client);
    }
    free_private_data(state, blocked);
    set_ready_key(blocked, None);
    module.blocked_clients.set(module.blocked_clients.get().saturating_sub(1));
    drop(ptr::take_back(pointer));
}

fn set_ready_key(blocked: &mut BlockedClient, key: Option<&[u8]>) {
    let new = key.map(ModuleString::create);
    if let Some(old) = std::mem::replace(&mut blocked.ready_key, new) {
        crate::strings::release(old);
    }
}

/// Offers a key to a client that waits for keys: the module's reply function says whether it was what it waits for.
fn serve_key(state: &mut State, client: ClientId, guest: u64, key: &[u8]) {
    let pointer = guest as usize as *mut BlockedClient;
    let blocked = ptr::required(pointer);
    let Some(function) = blocked.reply_func.filter(|_| blocked.on_keys) else { return };
    set_ready_key(blocked, Some(key));
    let argv = blocked.argv.clone();
    let errors_before = state.stats.total_error_replies;
    let began_us = state.clock.monotonic_us_now();
    let code = call_with(state, client, pointer, Kind::BlockedReply, function, "reply", &argv);
    if code == status::OK && waiting_client(state, blocked).is_some() {
        let worked_us =
            state.clock.monotonic_us_now().saturating_sub(began_us) + blocked.measured_us;
        let failed = state.stats.total_error_replies > errors_before;
        state.count_answered(client, &blocked.command, &argv.slices(), worked_us, failed);
        state.unblock_client(client);
        state.clients[client].on_disconnect.clear();
        blocked.client = None;
        state.clients[client].write_offset = state.feed.offset;
        state.mark_pending_write(client);
        UNBLOCKED.lock().push(pointer as usize);
        wake();
        state.tell_answered(client);
    }
}

fn answer(state: &mut State, client: ClientId, pointer: *mut BlockedClient) {
    let blocked = ptr::required(pointer);
    let command = blocked.command.clone();
    let argv = blocked.argv.clone();
    let errors_before = state.stats.total_error_replies;
    let began_us = state.clock.monotonic_us_now();
    match blocked.reply_func {
        Some(function) => {
            call_with(state, client, pointer, Kind::BlockedReply, function, "reply", &argv);
        }
        None => {
            let bytes = blocked.reply.take();
            for code in std::mem::take(&mut blocked.errors) {
                state.stats.count_error(&code);
            }
            state.clients[client].reply.raw(&bytes);
        }
    }
    let worked_us = state.clock.monotonic_us_now().saturating_sub(began_us) + blocked.measured_us;
    let failed = state.stats.total_error_replies > errors_before;
    state.count_answered(client, &command, &argv.slices(), worked_us, failed);
}

fn call_with(
    state: &mut State,
    client: ClientId,
    pointer: *mut BlockedClient,
    kind: Kind,
    function: ReplyFunc,
    what: &str,
    argv: &OwnedArgv,
) -> c_int {
    let blocked = ptr::required(pointer);
    let module = blocked.module.clone();
    let command = blocked.command.clone();
    let slices = argv.slices();
    state.with_context(client, &command, &slices, |context| {
        let mut ctx = Ctx::of_command(&module, context);
        ctx.kind = kind;
        ctx.blocked = pointer;
        let mut strings: Vec<StringPtr> =
            slices.iter().map(|argument| ModuleString::create(argument)).collect();
        ctx.argv.clone_from(&strings);
        let name = format!("{what} of {}", command.full_name);
        let mark = context.reply.mark();
        let done = crate::exceptions::guarded(
            &module,
            &module.running(&name),
            function,
            &mut ctx,
            &mut strings,
        );
        drop(ctx);
        done.unwrap_or_else(|error| {
            context.reply.truncate(mark);
            context.reply_error(&error);
            // It is answered, and waits no more.
            status::OK
        })
    })
}

fn free_private_data(state: &mut State, blocked: &mut BlockedClient) {
    let data = std::mem::replace(&mut blocked.private_data, std::ptr::null_mut());
    if let Some(function) = blocked.free_func.filter(|_| !data.is_null()) {
        let module = blocked.module.clone();
        let mut ctx = Ctx::of_callback(&module, state);
        ctx.blocked = &raw mut *blocked;
        state.begin_unit();
        // SAFETY: the function is the module's own with this signature, and the data is what it gave.
        module.run("free_privdata", || unsafe { function(&raw mut ctx, data) });
        drop(ctx);
        state.end_unit();
    }
}

/// The client's time is up, or CLIENT UNBLOCK ended the wait: the module answers, but keeps its blocked client.
fn time_out(context: &mut engine::Context<'_>, pointer: *mut BlockedClient, how: Unblock) {
    let blocked = ptr::required(pointer);
    blocked.client = None;
    context.client_mut().on_disconnect.clear();
    end_wait_for_keys(blocked);
    if how == Unblock::Error {
        context.reply_error(&engine::error::UNBLOCKED);
    } else if let Some(function) = blocked.timeout_func {
        call_timeout(context, pointer, function);
    } else {
        context.reply.null();
    }
    context.state.note_guest_us(blocked.measured_us);
}

fn call_timeout(
    context: &mut engine::Context<'_>,
    pointer: *mut BlockedClient,
    function: ReplyFunc,
) {
    let blocked = ptr::required(pointer);
    let module = blocked.module.clone();
    let mut ctx = Ctx::of_command(&module, context);
    ctx.kind = Kind::BlockedTimeout;
    ctx.blocked = pointer;
    let mut strings: Vec<StringPtr> =
        blocked.argv.slices().iter().map(|argument| ModuleString::create(argument)).collect();
    ctx.argv.clone_from(&strings);
    let mark = context.reply.mark();
    let done = crate::exceptions::guarded(
        &module,
        &module.running("timeout"),
        function,
        &mut ctx,
        &mut strings,
    );
    drop(ctx);
    if let Err(error) = done {
        context.reply.truncate(mark);
        context.reply_error(&error);
    }
}

fn disconnected(state: &mut State, pointer: *mut BlockedClient) {
    let blocked = ptr::required(pointer);
    blocked.client = None;
    end_wait_for_keys(blocked);
    if let Some(function) = blocked.disconnect_func {
        let module = blocked.module.clone();
        let mut ctx = Ctx::of_callback(&module, state);
        ctx.blocked = pointer;
        state.begin_unit();
        // SAFETY: the function is the module's own with this signature.
        module.run("disconnect", || unsafe { function(&raw mut ctx, pointer) });
        drop(ctx);
        state.end_unit();
    }
    ptr::required(pointer).gone = true;
}

/// A client that waited for keys waits no more: what the module gave is freed at the end of the turn.
pub fn end_wait_for_keys(blocked: &mut BlockedClient) {
    if blocked.on_keys {
        UNBLOCKED.lock().push(&raw mut *blocked as usize);
        wake();
    }
}

extern "C" fn block_client(
    ctx: *mut Ctx,
    reply_func: Option<ReplyFunc>,
    timeout_func: Option<ReplyFunc>,
    free_func: Option<FreeFunc>,
    timeout_ms: c_longlong,
) -> *mut BlockedClient {
    block(ctx, Functions { reply_func, timeout_func, free_func }, timeout_ms, None)
}

/// The wait ends, too, when the key is deleted.
const UNBLOCK_DELETED: c_int = 1;

extern "C" fn block_client_on_keys_with_flags(
    ctx: *mut Ctx,
    reply_func: Option<ReplyFunc>,
    timeout_func: Option<ReplyFunc>,
    free_func: Option<FreeFunc>,
    timeout_ms: c_longlong,
    keys: *const StringPtr,
    key_count: c_int,
    private_data: *mut c_void,
    flags: c_int,
) -> *mut BlockedClient {
    let keys = ptr::slice(keys, usize::try_from(key_count).unwrap_or(0));
    let wait = KeyWait {
        keys: keys.iter().map(|key| bytes_of(*key).into()).collect(),
        private_data,
        on_delete: flags & UNBLOCK_DELETED != 0,
    };
    block(ctx, Functions { reply_func, timeout_func, free_func }, timeout_ms, Some(wait))
}

extern "C" fn block_client_on_keys(
    ctx: *mut Ctx,
    reply_func: Option<ReplyFunc>,
    timeout_func: Option<ReplyFunc>,
    free_func: Option<FreeFunc>,
    timeout_ms: c_longlong,
    keys: *const StringPtr,
    key_count: c_int,
    private_data: *mut c_void,
) -> *mut BlockedClient {
    block_client_on_keys_with_flags(
        ctx,
        reply_func,
        timeout_func,
        free_func,
        timeout_ms,
        keys,
        key_count,
        private_data,
        0,
    )
}

extern "C" fn signal_key_as_ready(ctx: *mut Ctx, key: StringPtr) {
    let ctx = ptr::required(ctx);
    ctx.state().signal_key_ready(ctx.db, bytes_of(key));
}

extern "C" fn get_blocked_client_ready_key(ctx: *mut Ctx) -> StringPtr {
    ptr::reference(ptr::required(ctx).blocked)
        .and_then(|blocked| blocked.ready_key)
        .unwrap_or(std::ptr::null_mut())
}

/// The module's functions for a wait.
pub struct Functions {
    pub reply_func: Option<ReplyFunc>,
    pub timeout_func: Option<ReplyFunc>,
    pub free_func: Option<FreeFunc>,
}

/// What a client waits for that waits for keys.
pub struct KeyWait {
    keys: Vec<Box<[u8]>>,
    private_data: *mut c_void,
    on_delete: bool,
}

pub fn block(
    ctx: *mut Ctx,
    functions: Functions,
    timeout_ms: c_longlong,
    wait: Option<KeyWait>,
) -> *mut BlockedClient {
    let ctx = ptr::required(ctx);
    let (Some(client), Some(command)) = (ctx.caller(), ctx.command.clone()) else {
        return std::ptr::null_mut();
    };
    let module = ctx.module().clone();
    let state = ctx.state();
    let argv = OwnedArgv(ctx.argv.iter().map(|s| bytes_of(*s).into()).collect());
    let session = &state.clients[client];
    let denied = session.has(client_flag::IN_EXEC | client_flag::DENY_BLOCKING);
    let number = session.id;
    let resp3 = session.reply.resp3();
    let blocked = Box::into_raw(Box::new(BlockedClient {
        module: module.clone(),
        client: (!denied).then_some((client, number)),
        db: ctx.db,
        reply_func: functions.reply_func,
        timeout_func: functions.timeout_func,
        free_func: functions.free_func,
        disconnect_func: None,
        private_data: wait.as_ref().map_or(std::ptr::null_mut(), |wait| wait.private_data),
        reply: Reply::with_protocol(resp3),
        command: command.clone(),
        argv: argv.clone(),
        aborted: false,
        gone: false,
        on_keys: wait.is_some(),
        ready_key: None,
        login: None,
        measured_us: 0,
        measure_started_us: None,
        errors: Vec::new(),
    }));
    module.blocked_clients.set(module.blocked_clients.get() + 1);
    if denied {
        let text = if session.has(client_flag::IN_EXEC) {
            "Blocking module command called from transaction"
        } else {
            "Blocking module command called from Lua script"
        };
        if let Some(attempt) = &mut ctx.attempt {
            attempt.may_not_wait = Some(text);
        } else if let Some(reply) = ctx.reply() {
            reply.error(format!("ERR {text}"));
        }
        end_wait_for_keys(ptr::required(blocked));
        return blocked;
    }
    let on_delete = wait.as_ref().is_some_and(|wait| wait.on_delete);
    let now_ms = state.clock.unix_ms();
    state.block_client(
        client,
        Blocked {
            kind: BlockKind::Guest,
            command,
            argv,
            // A timer of the module that is as long comes first.
            deadline_ms: if timeout_ms > 0 { now_ms.saturating_add(timeout_ms) + 1 } else { 0 },
            db: ctx.db,
            keys: wait.map_or(Vec::new(), |wait| wait.keys),
            on_timeout: Rc::new(move |context, how| time_out(context, blocked, how)),
            wake_on_delete: on_delete,
            guest: blocked as u64,
            unbreakable: functions.timeout_func.is_none(),
        },
    );
    state.clients[client].on_disconnect.push(Rc::new(move |state, _| disconnected(state, blocked)));
    blocked
}

extern "C" fn unblock_client(blocked: *mut BlockedClient, private_data: *mut c_void) -> c_int {
    let Some(inner) = ptr::reference(blocked) else { return status::ERR };
    if inner.on_keys {
        return end_wait_by_module(inner);
    }
    if !private_data.is_null() || inner.private_data.is_null() {
        inner.private_data = private_data;
    }
    UNBLOCKED.lock().push(blocked as usize);
    wake();
    status::OK
}

/// A module ends a wait for keys: for the client its time is up.
fn end_wait_by_module(blocked: &BlockedClient) -> c_int {
    if blocked.timeout_func.is_none() {
        return fail(libc::ENOTSUP);
    }
    let state = crate::host::state_in_use();
    if let Some(client) = waiting_client(state, blocked) {
        state.unblock_with(client, Unblock::Timeout);
    }
    status::OK
}

extern "C" fn abort_block(blocked: *mut BlockedClient) -> c_int {
    let inner = ptr::required(blocked);
    inner.aborted = true;
    if inner.login.is_some() {
        // The main thread refuses the login.
        inner.free_func = None;
        UNBLOCKED.lock().push(blocked as usize);
        wake();
        return status::OK;
    }
    // The client is free at once, without an answer from here.
    let state = crate::host::state_in_use();
    if let Some(client) = waiting_client(state, inner) {
        state.unblock_client(client);
        state.clients[client].on_disconnect.clear();
    }
    inner.free_func = None;
    UNBLOCKED.lock().push(blocked as usize);
    wake();
    status::OK
}

extern "C" fn set_disconnect_callback(
    blocked: *mut BlockedClient,
    function: Option<DisconnectFunc>,
) {
    ptr::required(blocked).disconnect_func = function;
}

extern "C" fn is_blocked_reply_request(ctx: *mut Ctx) -> c_int {
    c_int::from(ptr::required(ctx).kind == Kind::BlockedReply)
}

extern "C" fn is_blocked_timeout_request(ctx: *mut Ctx) -> c_int {
    c_int::from(ptr::required(ctx).kind == Kind::BlockedTimeout)
}

extern "C" fn get_blocked_client_private_data(ctx: *mut Ctx) -> *mut c_void {
    ptr::reference(ptr::required(ctx).blocked)
        .map_or(std::ptr::null_mut(), |blocked| blocked.private_data)
}

extern "C" fn block_client_get_private_data(blocked: *mut BlockedClient) -> *mut c_void {
    ptr::required(blocked).private_data
}

extern "C" fn block_client_set_private_data(blocked: *mut BlockedClient, data: *mut c_void) {
    ptr::required(blocked).private_data = data;
}

extern "C" fn get_blocked_client_handle(ctx: *mut Ctx) -> *mut BlockedClient {
    ptr::required(ctx).blocked
}

extern "C" fn blocked_client_disconnected(ctx: *mut Ctx) -> c_int {
    c_int::from(ptr::reference(ptr::required(ctx).blocked).is_some_and(|blocked| blocked.gone))
}

extern "C" fn measure_time_start(blocked: *mut BlockedClient) -> c_int {
    ptr::required(blocked).measure_started_us = Some(sys::clock::monotonic_us());
    status::OK
}

extern "C" fn measure_time_end(blocked: *mut BlockedClient) -> c_int {
    let blocked = ptr::required(blocked);
    let Some(started_us) = blocked.measure_started_us.take() else { return status::ERR };
    blocked.measured_us += sys::clock::monotonic_us().saturating_sub(started_us);
    status::OK
}

pub fn register(table: &mut Table) {
    table.add("BlockClient", block_client as *const ());
    table.add("BlockClientOnKeys", block_client_on_keys as *const ());
    table.add("BlockClientOnKeysWithFlags", block_client_on_keys_with_flags as *const ());
    table.add("SignalKeyAsReady", signal_key_as_ready as *const ());
    table.add("GetBlockedClientReadyKey", get_blocked_client_ready_key as *const ());
    table.add("UnblockClient", unblock_client as *const ());
    table.add("AbortBlock", abort_block as *const ());
    table.add("SetDisconnectCallback", set_disconnect_callback as *const ());
    table.add("IsBlockedReplyRequest", is_blocked_reply_request as *const ());
    table.add("IsBlockedTimeoutRequest", is_blocked_timeout_request as *const ());
    table.add("GetBlockedClientPrivateData", get_blocked_client_private_data as *const ());
    table.add("BlockClientGetPrivateData", block_client_get_private_data as *const ());
    table.add("BlockClientSetPrivateData", block_client_set_private_data as *const ());
    table.add("GetBlockedClientHandle", get_blocked_client_handle as *const ());
    table.add("BlockedClientDisconnected", blocked_client_disconnected as *const ());
    table.add("BlockedClientMeasureTimeStart", measure_time_start as *const ());
    table.add("BlockedClientMeasureTimeEnd", measure_time_end as *const ());
}
