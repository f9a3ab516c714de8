//! What modules ask of the server and tell it about themselves: attributes, options, flags, time, log, random numbers.

use std::ffi::{c_char, c_int, c_longlong, c_uchar, c_ulonglong, c_void};

use engine::effect::LogLevel;
use engine::primary_link::LinkStage;
use engine::state::state_flag;
use engine::{ClientId, State, client_flag};
use module_abi::{context_flag, status};

use crate::context::Ctx;
use crate::errno::fail;
use crate::ptr;
use crate::strings::{StringPtr, bytes_of, create_in};
use crate::table::Table;

/// Bits of SetModuleOptions.
const OPTIONS_ALL: c_int = 0x7f;
/// Bits of keyspace events that exist.
const NOTIFY_ALL: c_int = (1 << 24) - 1;
/// The version of Redis whose API this is, as GetServerVersion tells it.
const SERVER_VERSION: c_int = 0x0008_0a02;

extern "C" fn set_module_attribs(
    ctx: *mut Ctx,
    name: *const c_char,
    version: c_int,
    api_version: c_int,
) {
    let module = ptr::required(ctx).module();
    // The first word sets them; Redis ignores a second Init, too.
    if module.name.borrow().is_empty() {
        *module.name.borrow_mut() = ptr::c_text(name).into_owned();
        module.version.set(version);
        module.api_version.set(api_version);
    }
}

extern "C" fn is_module_name_busy(name: *const c_char) -> c_int {
    let name = ptr::c_text(name);
    let busy = crate::host::find_module(&name).is_some();
    if busy {
        crate::host::note_refusal(format!("a module named '{name}' is loaded already"));
    }
    c_int::from(busy)
}

extern "C" fn set_module_options(ctx: *mut Ctx, options: c_int) {
    ptr::required(ctx).module().options.set(options);
}

/// Valkey's: what MODULE LIST tells from now on, and CONFIG REWRITE writes. The words are those of a command, whose first is
/// its name.
extern "C" fn update_runtime_args(ctx: *mut Ctx, argv: *const StringPtr, argc: c_int) -> c_int {
    let words = ptr::slice(argv, usize::try_from(argc).unwrap_or(0));
    let words = words.iter().skip(1).map(|word| bytes_of(*word).to_vec());
    *ptr::required(ctx).module().argv.borrow_mut() = words.collect();
    status::OK
}

extern "C" fn get_module_options_all() -> c_int {
    OPTIONS_ALL
}

extern "C" fn get_keyspace_notification_flags_all() -> c_int {
    NOTIFY_ALL
}

extern "C" fn get_context_flags_all() -> c_int {
    context_flag::DEBUG_ENABLED * 2 - 1
}

extern "C" fn get_server_version() -> c_int {
    SERVER_VERSION
}

extern "C" fn milliseconds() -> c_longlong {
    sys::clock::realtime_ms()
}

extern "C" fn microseconds() -> c_longlong {
    sys::clock::realtime_us()
}

extern "C" fn cached_microseconds() -> c_longlong {
    ptr::reference(crate::gil::lent_state())
        .map_or_else(sys::clock::realtime_us, |state| state.clock.unix_us())
}

extern "C" fn monotonic_microseconds() -> u64 {
    sys::clock::monotonic_us()
}

extern "C" fn get_context_flags(ctx: *mut Ctx) -> c_int {
    let state = match ptr::reference(ctx) {
        Some(ctx) => ctx.state(),
        None => crate::host::state_in_use(),
    };
    let mut flags = if state.is_replica() { context_flag::SLAVE } else { context_flag::MASTER };
    let mut set = |on: bool, bit: c_int| flags |= if on { bit } else { 0 };
    if let Some(session) = ptr::reference(ctx)
        .and_then(|ctx| ctx.caller())
        .and_then(|client| state.clients.get(client))
    {
        set(session.has(client_flag::DENY_BLOCKING), context_flag::DENY_BLOCKING);
        set(session.has(client_flag::MASTER), context_flag::REPLICATED);
        set(session.has(client_flag::DIRTY_CAS), context_flag::MULTI_DIRTY);
        set(session.reply.resp3(), context_flag::RESP3);
    }
    set(state.is_in_transaction(), context_flag::MULTI);
    set(state.is_in_script(), context_flag::LUA);
    set(state.config.appendonly, context_flag::AOF);
    if state.is_replica() {
        let stage = state.primary_link.stage;
        let connecting = matches!(stage, LinkStage::Connect | LinkStage::Connecting);
        set(state.config.replica_read_only, context_flag::READONLY);
        set(state.is_stale(), context_flag::REPLICA_IS_STALE);
        set(connecting, context_flag::REPLICA_IS_CONNECTING);
        set(stage == LinkStage::Sync, context_flag::REPLICA_IS_TRANSFERRING);
        set(stage == LinkStage::Connected, context_flag::REPLICA_IS_ONLINE);
    }
    set(!state.config.get(b"save").unwrap_or_default().is_empty(), context_flag::RDB);
    let limit = state.config.maxmemory;
    set(limit > 0, context_flag::MAXMEMORY);
    let policy = state.config.get(b"maxmemory-policy").unwrap_or_default();
    set(limit > 0 && policy != b"noeviction", context_flag::EVICT);
    if limit > 0 {
        let used = (state.ports.memory_used_bytes)() as u64;
        set(used > limit, context_flag::OOM);
        set(used > limit / 4 * 3, context_flag::OOM_WARNING);
    }
    set(state.flags & state_flag::LOADING != 0, context_flag::LOADING);
    set(crate::host::is_starting(), context_flag::SERVER_STARTUP);
    let debug = state.config.get(b"enable-debug-command").unwrap_or_default();
    set(debug != b"no", context_flag::DEBUG_ENABLED);
    flags
}

extern "C" fn avoid_replica_traffic() -> c_int {
    c_int::from(crate::host::state_in_use().is_paused())
}

/// Valkey's: what the primary or a file says is done without asking whether it may be.
extern "C" fn must_obey_client(ctx: *mut Ctx) -> c_int {
    let ctx = ptr::required(ctx);
    let client = ctx.caller().and_then(|client| ctx.state().clients.get(client));
    c_int::from(client.is_some_and(|client| client.has(client_flag::MASTER)))
}

extern "C" fn get_client_id(ctx: *mut Ctx) -> c_ulonglong {
    let ctx = ptr::required(ctx);
    ctx.caller().and_then(|client| ctx.state().clients.get(client)).map_or(0, |session| session.id)
}

/// The only version of [`ClientInfo`] there is.
const CLIENT_INFO_VERSION: u64 = 1;

/// `RedisModuleClientInfo`, version 1.
#[repr(C)]
pub struct ClientInfo {
    version: u64,
    flags: u64,
    id: u64,
    address: [c_char; 46],
    port: u16,
    db: u16,
}

extern "C" fn get_client_info_by_id(info: *mut c_void, id: u64) -> c_int {
    let state = crate::host::state_in_use();
    let Some(client) = state.clients.by_number(id) else { return status::ERR };
    let Some(version) = ptr::reference(info.cast::<u64>()) else { return status::OK };
    if *version != CLIENT_INFO_VERSION {
        return status::ERR;
    }
    if let Some(filled) = client_info(state, client) {
        ptr::put(info.cast::<ClientInfo>(), filled);
    }
    status::OK
}

/// What modules are told of a client.
pub fn client_info(state: &State, client: ClientId) -> Option<ClientInfo> {
    let session = state.clients.get(client)?;
    let (host, port) =
        session.peer.address.rsplit_once(':').unwrap_or((&session.peer.address, "0"));
    let mut address = [0; 46];
    for (to, from) in address.iter_mut().zip(host.bytes().take(45)) {
        *to = from as c_char;
    }
    let mut flags = 0;
    for (bit, on) in [
        (1 << 1, session.has(client_flag::PUBSUB)),
        (1 << 2, session.blocked.is_some()),
        (1 << 3, session.has(client_flag::TRACKING)),
        (1 << 4, session.has(client_flag::UNIX_SOCKET)),
        (1 << 5, session.has(client_flag::MULTI | client_flag::IN_EXEC)),
    ] {
        flags |= if on { bit } else { 0 };
    }
    Some(ClientInfo {
        version: CLIENT_INFO_VERSION,
        flags,
        id: session.id,
        address,
        port: port.parse().unwrap_or(0),
        db: session.db as u16,
    })
}

extern "C" fn get_client_name_by_id(ctx: *mut Ctx, id: u64) -> StringPtr {
    let state = ptr::required(ctx).state();
    match state.clients.by_number(id).map(|client| &state.clients[client]) {
        Some(session) if !session.name.is_empty() => create_in(ctx, &session.name),
        _ => std::ptr::null_mut(),
    }
}

extern "C" fn set_client_name_by_id(id: u64, name: StringPtr) -> c_int {
    let state = crate::host::state_in_use();
    let name = bytes_of(name);
    let valid = name.iter().all(|byte| byte.is_ascii_graphic());
    match state.clients.by_number(id) {
        Some(client) if valid => {
            state.clients[client].name = name.to_vec();
            status::OK
        }
        Some(_) => fail(libc::EINVAL),
        None => fail(libc::ENOENT),
    }
}

extern "C" fn get_client_user_name_by_id(ctx: *mut Ctx, id: u64) -> StringPtr {
    let state = ptr::required(ctx).state();
    match state.clients.by_number(id).map(|client| &state.clients[client]) {
        Some(session) => create_in(ctx, session.user.name().as_bytes()),
        None => std::ptr::null_mut(),
    }
}

extern "C" fn get_current_user_name(ctx: *mut Ctx) -> StringPtr {
    let context = ptr::required(ctx);
    match context.caller().and_then(|client| context.state().clients.get(client)) {
        Some(session) => create_in(ctx, session.user.name().as_bytes()),
        None => std::ptr::null_mut(),
    }
}

extern "C" fn publish_message(ctx: *mut Ctx, channel: StringPtr, message: StringPtr) -> c_int {
    ptr::required(ctx).state().publish(bytes_of(channel), bytes_of(message)) as c_int
}

extern "C" fn publish_message_shard(
    ctx: *mut Ctx,
    channel: StringPtr,
    message: StringPtr,
) -> c_int {
    ptr::required(ctx).state().publish_shard(bytes_of(channel), bytes_of(message)) as c_int
}

/// Without a context it is the module that runs, if one does on this thread.
fn log_line(module: Option<String>, level: *const c_char, text: &[u8]) {
    let running = || sys::crash::running().map(|running| running.module);
    let module = module.or_else(running).unwrap_or_else(|| "module".to_owned());
    let level = match ptr::c_bytes(level) {
        b"debug" => LogLevel::Debug,
        b"verbose" => LogLevel::Verbose,
        b"notice" => LogLevel::Notice,
        b"warning" => LogLevel::Warning,
        _ => LogLevel::Verbose,
    };
    crate::host::log(level, &format!("<{module}> {}", String::from_utf8_lossy(text)));
}

/// For the C shim of Log.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_log(ctx: *mut Ctx, level: *const c_char, text: *const c_char, len: usize) {
    let module =
        ptr::reference(ctx).and_then(|ctx| ctx.module.as_ref()).map(|module| module.name());
    log_line(module, level, ptr::bytes(text, len));
}

/// For the C shim of LogIOError.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_log_io(
    io: *mut crate::rdb_io::Io,
    level: *const c_char,
    text: *const c_char,
    len: usize,
) {
    let module = ptr::reference(io).and_then(|io| io.module_name());
    log_line(module, level, ptr::bytes(text, len));
}

extern "C" fn latency_add_sample(event: *const c_char, ms: c_longlong) {
    let state = crate::host::state_in_use();
    let threshold_ms = state.config.latency_monitor_threshold;
    if threshold_ms > 0 && ms >= threshold_ms {
        let now_s = state.clock.unix_s();
        state.latency.add(&ptr::c_text(event), now_s, u64::try_from(ms).unwrap_or(0));
    }
}

extern "C" fn assert_failed(expression: *const c_char, file: *const c_char, line: c_int) {
    let (expression, file) = (ptr::c_text(expression), ptr::c_text(file));
    sys::crash::assertion_failed(&expression, &file, u32::try_from(line).unwrap_or(0));
}

/// Fills a module's buffer.
fn fill(to: *mut c_uchar, bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate() {
        // SAFETY: the module says that so many bytes may be written there.
        ptr::put(unsafe { to.add(index) }, *byte);
    }
}

fn random_bytes(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    if let Err(error) = sys::random::fill(&mut bytes) {
        crate::host::log(LogLevel::Warning, &format!("No random bytes for a module: {error}"));
    }
    bytes
}

extern "C" fn get_random_bytes(to: *mut c_uchar, len: usize) {
    fill(to, &random_bytes(len));
}

extern "C" fn get_random_hex_chars(to: *mut c_char, len: usize) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digits: Vec<u8> =
        random_bytes(len).iter().map(|byte| HEX[usize::from(byte & 15)]).collect();
    fill(to.cast(), &digits);
}

extern "C" fn get_used_memory_ratio() -> f32 {
    let state = crate::host::state_in_use();
    let limit = state.config.maxmemory;
    if limit == 0 {
        return 0.0;
    }
    (state.ports.memory_used_bytes)() as f32 / limit as f32
}

extern "C" fn replicate_verbatim(ctx: *mut Ctx) -> c_int {
    let ctx = ptr::required(ctx);
    let words: Vec<&[u8]> = ctx.argv.iter().map(|string| bytes_of(*string)).collect();
    if words.is_empty() {
        return status::ERR;
    }
    let state = ctx.state();
    state.propagation.also(ctx.db, &words);
    state.dirty += 1;
    status::OK
}

/// For the C shim of Replicate.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_replicate(
    ctx: *mut Ctx,
    command: *const c_char,
    _format: *const c_char,
    args: *const crate::calls::GatheredArg,
    count: usize,
) -> c_int {
    let ctx = ptr::required(ctx);
    let words = crate::calls::words_of(command, args, count);
    let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let state = ctx.state();
    if state.table.get(slices[0]).is_none() {
        return status::ERR;
    }
    state.propagation.also(ctx.db, &slices);
    state.dirty += 1;
    status::OK
}

extern "C" fn export_shared_api(
    ctx: *mut Ctx,
    name: *const c_char,
    function: *mut c_void,
) -> c_int {
    let module = ptr::required(ctx).module();
    let name = ptr::c_text(name).into_owned();
    if crate::host::find_shared_function(&name).is_some() {
        return status::ERR;
    }
    module.exported.borrow_mut().insert(name, function as usize);
    status::OK
}

extern "C" fn get_shared_api(ctx: *mut Ctx, name: *const c_char) -> *mut c_void {
    let user = ptr::required(ctx).module();
    let Some((provider, address)) = crate::host::find_shared_function(&ptr::c_text(name)) else {
        return std::ptr::null_mut();
    };
    let provider = provider.name();
    if !user.using.borrow().contains(&provider) {
        user.using.borrow_mut().push(provider);
    }
    address as *mut c_void
}

unsafe extern "C" {
    fn bulkhead_shim_Log();
    fn bulkhead_shim_LogIOError();
    fn bulkhead_shim_Replicate();
}

pub fn register(table: &mut Table) {
    table.add("SetModuleAttribs", set_module_attribs as *const ());
    table.add("IsModuleNameBusy", is_module_name_busy as *const ());
    table.add("UpdateRuntimeArgs", update_runtime_args as *const ());
    table.add("SetModuleOptions", set_module_options as *const ());
    table.add("GetModuleOptionsAll", get_module_options_all as *const ());
    table.add("GetKeyspaceNotificationFlagsAll", get_keyspace_notification_flags_all as *const ());
    table.add("GetContextFlagsAll", get_context_flags_all as *const ());
    table.add("GetServerVersion", get_server_version as *const ());
    table.add("Milliseconds", milliseconds as *const ());
    table.add("Microseconds", microseconds as *const ());
    table.add("CachedMicroseconds", cached_microseconds as *const ());
    table.add("MonotonicMicroseconds", monotonic_microseconds as *const ());
    table.add("GetContextFlags", get_context_flags as *const ());
    table.add("AvoidReplicaTraffic", avoid_replica_traffic as *const ());
    table.add("GetClientId", get_client_id as *const ());
    table.add("MustObeyClient", must_obey_client as *const ());
    table.add("GetClientInfoById", get_client_info_by_id as *const ());
    table.add("GetClientNameById", get_client_name_by_id as *const ());
    table.add("SetClientNameById", set_client_name_by_id as *const ());
    table.add("GetClientUserNameById", get_client_user_name_by_id as *const ());
    table.add("GetCurrentUserName", get_current_user_name as *const ());
    table.add("PublishMessage", publish_message as *const ());
    table.add("PublishMessageShard", publish_message_shard as *const ());
    table.add("Log", bulkhead_shim_Log as *const ());
    table.add("LogIOError", bulkhead_shim_LogIOError as *const ());
    table.add("LatencyAddSample", latency_add_sample as *const ());
    table.add("_Assert", assert_failed as *const ());
    table.add("GetRandomBytes", get_random_bytes as *const ());
    table.add("GetRandomHexChars", get_random_hex_chars as *const ());
    table.add("GetUsedMemoryRatio", get_used_memory_ratio as *const ());
    table.add("ReplicateVerbatim", replicate_verbatim as *const ());
    table.add("Replicate", bulkhead_shim_Replicate as *const ());
    table.add("ExportSharedAPI", export_shared_api as *const ());
    table.add("GetSharedAPI", get_shared_api as *const ());
}
