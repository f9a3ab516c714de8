//! Calling commands from modules, and reading their replies.

use std::ffi::{c_char, c_double, c_int, c_longlong, c_void};
use std::rc::Rc;

use command_spec::flag;
use engine::client::{OwnedArgv, client_flag};
use engine::table::Lookup;
use engine::{Command, State, error};
use module_abi::{reply_type, status};
use resp::reply::Reply;
use resp::value::Value;

use crate::context::{Auto, Ctx};
use crate::errno::set_errno;
use crate::promises::SharedPromise;
use crate::ptr;
use crate::strings::{StringPtr, bytes_of, create_in};
use crate::table::Table;

/// What a `RedisModuleCallReply *` points to: a reply or an element of one.
pub struct CallReply {
    value: Value,
    /// Holds something that only RESP3 has.
    resp3: bool,
    is_attribute: bool,
    /// Elements that have been asked for, by index; they live as long as their parent.
    children: Vec<Option<Box<CallReply>>>,
    attribute: Option<Box<CallReply>>,
    /// The reply as it came, kept for the whole only.
    protocol: Vec<u8>,
    is_element: bool,
    /// The context that frees it at its end, unless the module does so before.
    kept_by: *mut Ctx,
    /// The context of the call, to which strings made from it belong.
    made_in: *mut Ctx,
    /// The reply is yet to come.
    pub promise: Option<SharedPromise>,
}

impl CallReply {
    fn new(value: Value, is_element: bool) -> CallReply {
        let resp3 = needs_resp3(&value);
        let (value, attribute) = match value {
            Value::Attribute(pairs, inner) => {
                let mut attribute = CallReply::new(Value::Map(pairs), true);
                attribute.is_attribute = true;
                (*inner, Some(Box::new(attribute)))
            }
            value => (value, None),
        };
        CallReply {
            value,
            resp3,
            is_attribute: false,
            children: Vec::new(),
            attribute,
            protocol: Vec::new(),
            is_element,
            kept_by: std::ptr::null_mut(),
            made_in: std::ptr::null_mut(),
            promise: None,
        }
    }

    /// Stands for one that is yet to come.
    pub fn promised(promise: SharedPromise) -> CallReply {
        CallReply { promise: Some(promise), ..CallReply::new(Value::Null, false) }
    }

    /// Reads the bytes of one whole reply.
    pub fn parse(bytes: Vec<u8>) -> CallReply {
        let value = Value::parse(&bytes).map_or(Value::Null, |(value, _)| value);
        let mut reply = CallReply::new(value, false);
        reply.protocol = bytes;
        reply
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The first word of an error.
    pub fn error_code(&self) -> Option<&[u8]> {
        let text = self.value.as_bytes().filter(|_| self.value.is_error())?;
        text.split(|byte| *byte == b' ').next()
    }

    pub fn is_resp3(&self) -> bool {
        self.resp3
    }

    /// Writes it as a reply of one's own.
    pub fn write_to(&self, reply: &mut Reply) {
        if self.protocol.is_empty() {
            write_value(&self.value, reply);
        } else {
            reply.raw(&self.protocol);
        }
    }

    fn kind(&self) -> c_int {
        if self.is_attribute {
            return reply_type::ATTRIBUTE;
        }
        if self.promise.is_some() {
            return reply_type::PROMISE;
        }
        match &self.value {
            Value::Simple(_) | Value::Bulk(_) => reply_type::STRING,
            Value::Error(_) | Value::BulkError(_) => reply_type::ERROR,
            Value::Integer(_) => reply_type::INTEGER,
            Value::NullBulk | Value::NullArray | Value::Null => reply_type::NULL,
            Value::Array(_) | Value::Push(_) => reply_type::ARRAY,
            Value::Map(_) => reply_type::MAP,
            Value::Set(_) => reply_type::SET,
            Value::Boolean(_) => reply_type::BOOL,
            Value::Double(_) => reply_type::DOUBLE,
            Value::BigNumber(_) => reply_type::BIG_NUMBER,
            Value::Verbatim(..) => reply_type::VERBATIM_STRING,
            Value::Attribute(..) => reply_type::ATTRIBUTE,
        }
    }

    fn len(&self) -> usize {
        match &self.value {
            Value::Simple(bytes) | Value::Bulk(bytes) | Value::Error(bytes) => bytes.len(),
            Value::BulkError(bytes) | Value::BigNumber(bytes) => bytes.len(),
            Value::Verbatim(_, bytes) => bytes.len(),
            Value::Array(items) | Value::Set(items) | Value::Push(items) => items.len(),
            Value::Map(pairs) => pairs.len(),
            _ => 0,
        }
    }

    fn make_child(&self, value: Value) -> Box<CallReply> {
        let mut child = CallReply::new(value, true);
        child.made_in = self.made_in;
        Box::new(child)
    }

    /// Element `index`; of a map the keys and values in turn.
    fn child(&mut self, index: usize) -> *mut CallReply {
        let value = match &self.value {
            Value::Array(items) | Value::Set(items) | Value::Push(items) => items.get(index),
            Value::Map(pairs) => pairs
                .get(index / 2)
                .map(|(key, value)| if index.is_multiple_of(2) { key } else { value }),
            _ => None,
        };
        let Some(value) = value else { return std::ptr::null_mut() };
        if self.children.len() <= index {
            let value = value.clone();
            self.children.resize_with(index + 1, || None);
            let child = self.make_child(value);
            return &raw mut **self.children[index].insert(child);
        }
        if self.children[index].is_none() {
            self.children[index] = Some(self.make_child(value.clone()));
        }
        self.children[index].as_deref_mut().map_or(std::ptr::null_mut(), |child| &raw mut *child)
    }
}

/// Whether a value holds something that only RESP3 has.
fn needs_resp3(value: &Value) -> bool {
    match value {
        Value::Simple(_) | Value::Error(_) | Value::Integer(_) | Value::Bulk(_) => false,
        Value::NullBulk | Value::NullArray => false,
        Value::Array(items) => items.iter().any(needs_resp3),
        _ => true,
    }
}

fn write_value(value: &Value, reply: &mut Reply) {
    match value {
        Value::Simple(text) => reply.simple(text),
        Value::Error(text) | Value::BulkError(text) => reply.error(text),
        Value::Integer(number) => reply.integer(*number),
        Value::Bulk(bytes) => reply.bulk(bytes),
        Value::NullBulk => reply.null_bulk(),
        Value::NullArray => reply.null_array(),
        Value::Null => reply.null(),
        Value::Array(items) => write_items(items, reply, Reply::array),
        Value::Set(items) => write_items(items, reply, Reply::set),
        Value::Push(items) => write_items(items, reply, Reply::push),
        Value::Map(pairs) => {
            reply.map(pairs.len());
            write_pairs(pairs, reply);
        }
        Value::Attribute(pairs, inner) => {
            reply.attribute(pairs.len());
            write_pairs(pairs, reply);
            write_value(inner, reply);
        }
        Value::Boolean(value) => reply.boolean(*value),
        Value::Double(value) => reply.double(*value),
        Value::BigNumber(digits) => reply.big_number(digits),
        Value::Verbatim(format, text) => {
            reply.verbatim(std::str::from_utf8(format).unwrap_or("txt"), text);
        }
    }
}

fn write_items(items: &[Value], reply: &mut Reply, begin: fn(&mut Reply, usize)) {
    begin(reply, items.len());
    for item in items {
        write_value(item, reply);
    }
}

fn write_pairs(pairs: &[(Value, Value)], reply: &mut Reply) {
    for (key, value) in pairs {
        write_value(key, reply);
        write_value(value, reply);
    }
}

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

extern "C" fn free_call_reply(reply: *mut CallReply) {
    let Some(inner) = ptr::reference(reply).filter(|inner| !inner.is_element) else { return };
    if let Some(ctx) = ptr::reference(inner.kept_by) {
        ctx.forget(&Auto::Reply(reply));
    }
    drop(ptr::take_back(reply));
}

extern "C" fn call_reply_type(reply: *mut CallReply) -> c_int {
    ptr::reference(reply).map_or(reply_type::UNKNOWN, |reply| reply.kind())
}

extern "C" fn call_reply_integer(reply: *mut CallReply) -> c_longlong {
    ptr::reference(reply).and_then(|reply| reply.value.as_integer()).unwrap_or(i64::MIN)
}

extern "C" fn call_reply_double(reply: *mut CallReply) -> c_double {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(Value::Double(value)) => *value,
        _ => f64::NEG_INFINITY,
    }
}

extern "C" fn call_reply_bool(reply: *mut CallReply) -> c_int {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(Value::Boolean(value)) => c_int::from(*value),
        _ => c_int::MIN,
    }
}

extern "C" fn call_reply_big_number(reply: *mut CallReply, len: *mut usize) -> *const c_char {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(Value::BigNumber(digits)) => {
            ptr::put(len, digits.len());
            digits.as_ptr().cast()
        }
        _ => std::ptr::null(),
    }
}

extern "C" fn call_reply_verbatim(
    reply: *mut CallReply,
    len: *mut usize,
    format: *mut *const c_char,
) -> *const c_char {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(Value::Verbatim(kind, text)) => {
            ptr::put(len, text.len());
            ptr::put(format, kind.as_ptr().cast());
            text.as_ptr().cast()
        }
        _ => std::ptr::null(),
    }
}

extern "C" fn call_reply_length(reply: *mut CallReply) -> usize {
    ptr::reference(reply).map_or(0, |reply| reply.len())
}

fn element(reply: *mut CallReply, index: usize, kind: c_int) -> *mut CallReply {
    match ptr::reference(reply) {
        Some(reply) if reply.kind() == kind => reply.child(index),
        _ => std::ptr::null_mut(),
    }
}

extern "C" fn call_reply_array_element(reply: *mut CallReply, index: usize) -> *mut CallReply {
    element(reply, index, reply_type::ARRAY)
}

extern "C" fn call_reply_set_element(reply: *mut CallReply, index: usize) -> *mut CallReply {
    element(reply, index, reply_type::SET)
}

fn pair(
    reply: *mut CallReply,
    index: usize,
    key: *mut *mut CallReply,
    value: *mut *mut CallReply,
) -> c_int {
    let Some(reply) = ptr::reference(reply) else { return status::ERR };
    if !matches!(reply.value, Value::Map(_)) || index >= reply.len() {
        return status::ERR;
    }
    let first = reply.child(2 * index);
    let second = reply.child(2 * index + 1);
    ptr::put(key, first);
    ptr::put(value, second);
    status::OK
}

extern "C" fn call_reply_map_element(
    reply: *mut CallReply,
    index: usize,
    key: *mut *mut CallReply,
    value: *mut *mut CallReply,
) -> c_int {
    pair(reply, index, key, value)
}

extern "C" fn call_reply_attribute(reply: *mut CallReply) -> *mut CallReply {
    ptr::reference(reply)
        .and_then(|reply| reply.attribute.as_deref_mut())
        .map_or(std::ptr::null_mut(), |attribute| &raw mut *attribute)
}

extern "C" fn call_reply_string_ptr(reply: *mut CallReply, len: *mut usize) -> *const c_char {
    match ptr::reference(reply).map(|reply| &reply.value) {
        Some(
            Value::Simple(text) | Value::Bulk(text) | Value::Error(text) | Value::BulkError(text),
        ) => {
            ptr::put(len, text.len());
            text.as_ptr().cast()
        }
        _ => std::ptr::null(),
    }
}

extern "C" fn call_reply_proto(reply: *mut CallReply, len: *mut usize) -> *const c_char {
    let Some(reply) = ptr::reference(reply) else { return std::ptr::null() };
    if reply.protocol.is_empty() {
        let mut text = Reply::with_protocol(reply.resp3);
        write_value(&reply.value, &mut text);
        reply.protocol = text.take();
    }
    ptr::put(len, reply.protocol.len());
    reply.protocol.as_ptr().cast()
}

extern "C" fn create_string_from_call_reply(reply: *mut CallReply) -> StringPtr {
    let Some(reply) = ptr::reference(reply) else { return std::ptr::null_mut() };
    match &reply.value {
        Value::Simple(text) | Value::Bulk(text) | Value::Error(text) | Value::BulkError(text) => {
            create_in(reply.made_in, text)
        }
        Value::Integer(number) => create_in(reply.made_in, number.to_string().as_bytes()),
        _ => std::ptr::null_mut(),
    }
}

unsafe extern "C" {
    fn bulkhead_shim_Call();
}

pub fn register(table: &mut Table) {
    table.add("Call", bulkhead_shim_Call as *const ());
    table.add("FreeCallReply", free_call_reply as *const ());
    table.add("CallReplyType", call_reply_type as *const ());
    table.add("CallReplyInteger", call_reply_integer as *const ());
    table.add("CallReplyDouble", call_reply_double as *const ());
    table.add("CallReplyBool", call_reply_bool as *const ());
    table.add("CallReplyBigNumber", call_reply_big_number as *const ());
    table.add("CallReplyVerbatim", call_reply_verbatim as *const ());
    table.add("CallReplyLength", call_reply_length as *const ());
    table.add("CallReplyArrayElement", call_reply_array_element as *const ());
    table.add("CallReplySetElement", call_reply_set_element as *const ());
    table.add("CallReplyMapElement", call_reply_map_element as *const ());
    table.add("CallReplyAttribute", call_reply_attribute as *const ());
    table.add("CallReplyAttributeElement", call_reply_map_element as *const ());
    table.add("CallReplyStringPtr", call_reply_string_ptr as *const ());
    table.add("CallReplyProto", call_reply_proto as *const ());
    table.add("CreateStringFromCallReply", create_string_from_call_reply as *const ());
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
