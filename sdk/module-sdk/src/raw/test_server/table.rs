//! The functions themselves.

use std::ffi::{CStr, c_char, c_double, c_int, c_long, c_longlong, c_void};
use std::ptr::{copy_nonoverlapping, null_mut};
use std::sync::{Mutex, PoisonError};

use module_abi::data_types::methods_bytes;
use module_abi::{NO_EXPIRE, Opaque, TypeMethods, key_type, status};

use super::replies::Kind;
use super::{Key, State, Type, Value, data};
use crate::raw::entry::{RawCommand, RawContext, RawString};
use crate::{Error, Reply};

/// A module's key while it is open.
struct Open {
    state: *mut State,
    name: Vec<u8>,
    /// What StringDMA points to.
    copy: Vec<u8>,
}

pub fn string(bytes: &[u8]) -> RawString {
    RawString(Box::into_raw(Box::new(bytes.to_vec())).cast())
}

pub fn free(string: RawString) {
    // SAFETY: strings are boxes that `string` has made, and freed once.
    drop(unsafe { Box::from_raw(string.0.cast::<Vec<u8>>()) });
}

/// # Safety
/// A string of this server that stays for `'a`.
pub unsafe fn bytes<'a>(string: RawString) -> &'a [u8] {
    // SAFETY: the caller's contract.
    unsafe { &*string.0.cast::<Vec<u8>>() }
}

/// A block for the module to free, with a copy of the bytes.
pub fn block_of(bytes: &[u8]) -> *mut c_void {
    // SAFETY: any size may be asked for; the block has room for the bytes.
    unsafe {
        let block = alloc(bytes.len() + 1);
        copy_nonoverlapping(bytes.as_ptr(), block.cast(), bytes.len());
        block
    }
}

/// # Safety
/// A name that ends with a zero byte, and so many strings.
pub unsafe fn command(name: *const c_char, words: *const RawString, count: usize) -> Vec<Vec<u8>> {
    // SAFETY: the caller's contract, here and below.
    let mut command = vec![unsafe { CStr::from_ptr(name) }.to_bytes().to_vec()];
    // SAFETY: as above.
    command.extend((0..count).map(|at| unsafe { bytes(words.add(at).read()) }.to_vec()));
    command
}

/// # Safety
/// A context of this server.
unsafe fn state<'a>(context: RawContext) -> &'a mut State {
    // SAFETY: the caller's contract; no function calls another that asks for it.
    unsafe { &mut *context.0.cast::<State>() }
}

/// # Safety
/// A key that `open_key` has opened.
unsafe fn open<'a>(key: Opaque) -> &'a mut Open {
    // SAFETY: the caller's contract.
    unsafe { &mut *key.cast::<Open>() }
}

impl Open {
    fn state(&mut self) -> &mut State {
        // SAFETY: a key is open no longer than its context lives.
        unsafe { &mut *self.state }
    }

    fn key(&mut self) -> Option<&mut Key> {
        let name = std::mem::take(&mut self.name);
        // SAFETY: as above.
        let found = unsafe { &mut *self.state }.keys.get_mut(&name);
        self.name = name;
        found
    }
}

unsafe extern "C" fn alloc(size: usize) -> *mut c_void {
    // Room for the size, which `release` needs.
    let mut block = vec![0_u64; size.div_ceil(8) + 1].into_boxed_slice();
    block[0] = size as u64;
    // SAFETY: behind the size, within the block.
    unsafe { Box::into_raw(block).cast::<u64>().add(1) }.cast()
}

unsafe extern "C" fn release(block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: a block of `alloc`, with its size in front.
    unsafe {
        let start = block.cast::<u64>().sub(1);
        let words = usize::try_from(start.read()).unwrap_or(0).div_ceil(8) + 1;
        drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, words)));
    }
}

unsafe extern "C" fn attribs(_: RawContext, _: *const c_char, _: c_int, _: c_int) {}

unsafe extern "C" fn create_command(
    context: RawContext,
    name: *const c_char,
    run: RawCommand,
    _flags: *const c_char,
    _first: c_int,
    _last: c_int,
    _step: c_int,
) -> c_int {
    // SAFETY: the context of a load; the name ends with a zero byte.
    let (state, name) = unsafe { (state(context), CStr::from_ptr(name)) };
    state.commands.insert(name.to_string_lossy().to_ascii_lowercase(), run);
    status::OK
}

/// Accepts what never comes.
unsafe extern "C" fn accept() -> c_int {
    status::OK
}

/// Says that it cannot be had.
unsafe extern "C" fn refuse() -> Opaque {
    null_mut()
}

unsafe extern "C" fn string_bytes(given: RawString, len: *mut usize) -> *const c_char {
    // SAFETY: a string of this server; the module asks for the length at a place of its own.
    unsafe {
        let bytes = bytes(given);
        len.write(bytes.len());
        bytes.as_ptr().cast()
    }
}

unsafe extern "C" fn create_string(_: RawContext, start: *const c_char, len: usize) -> RawString {
    // SAFETY: the module gives so many bytes.
    string(unsafe { std::slice::from_raw_parts(start.cast(), len) })
}

unsafe extern "C" fn free_string(_: RawContext, given: RawString) {
    free(given);
}

unsafe extern "C" fn log(
    context: RawContext,
    _level: *const c_char,
    _format: *const c_char,
    line: *const c_char,
) {
    // SAFETY: a context of this server; the line ends with a zero byte.
    let (state, line) = unsafe { (state(context), CStr::from_ptr(line)) };
    state.log.push(line.to_string_lossy().into_owned());
}

fn add(context: RawContext, reply: Reply) -> c_int {
    // SAFETY: replies come with the context of a call.
    unsafe { state(context) }.replies.add(reply);
    status::OK
}

/// # Safety
/// So many bytes.
unsafe fn lossy(start: *const c_char, len: usize) -> String {
    // SAFETY: the caller's contract.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(start.cast::<u8>(), len) })
        .into_owned()
}

/// # Safety
/// A text that ends with a zero byte.
unsafe fn owned(text: *const c_char) -> String {
    // SAFETY: the caller's contract.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

unsafe extern "C" fn wrong_arity(context: RawContext) -> c_int {
    // SAFETY: the context of a call.
    let name = unsafe { state(context) }.argv.first().cloned().unwrap_or_default();
    let name = String::from_utf8_lossy(&name).to_ascii_lowercase();
    add(
        context,
        Reply::Error(Error::err(format!("wrong number of arguments for '{name}' command"))),
    )
}

unsafe extern "C" fn reply_integer(context: RawContext, number: c_longlong) -> c_int {
    add(context, Reply::Integer(number))
}

unsafe extern "C" fn reply_double(context: RawContext, number: c_double) -> c_int {
    add(context, Reply::Double(number))
}

unsafe extern "C" fn reply_bool(context: RawContext, value: c_int) -> c_int {
    add(context, Reply::Bool(value != 0))
}

unsafe extern "C" fn reply_null(context: RawContext) -> c_int {
    add(context, Reply::Null)
}

unsafe extern "C" fn reply_null_array(context: RawContext) -> c_int {
    add(context, Reply::NullArray)
}

unsafe extern "C" fn reply_error(context: RawContext, text: *const c_char) -> c_int {
    // SAFETY: the text ends with a zero byte.
    add(context, Reply::Error(Error::Text(unsafe { owned(text) }.into())))
}

unsafe extern "C" fn reply_simple(context: RawContext, text: *const c_char) -> c_int {
    // SAFETY: as above.
    add(context, Reply::Simple(unsafe { owned(text) }.into()))
}

unsafe extern "C" fn reply_bytes(context: RawContext, start: *const c_char, len: usize) -> c_int {
    // SAFETY: the module gives so many bytes.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), len) };
    add(context, Reply::Bulk(bytes.to_vec()))
}

unsafe extern "C" fn reply_big_number(
    context: RawContext,
    start: *const c_char,
    len: usize,
) -> c_int {
    // SAFETY: as above.
    add(context, Reply::BigNumber(unsafe { lossy(start, len) }))
}

unsafe extern "C" fn reply_verbatim(
    context: RawContext,
    start: *const c_char,
    len: usize,
    format: *const [u8; 3],
) -> c_int {
    // SAFETY: as above; the format has three letters.
    let (text, format) = unsafe { (lossy(start, len), format.read()) };
    add(context, Reply::Verbatim(format, text))
}

fn begin(context: RawContext, kind: Kind, len: c_long) -> c_int {
    // SAFETY: replies come with the context of a call.
    unsafe { state(context) }.replies.begin(kind, usize::try_from(len).unwrap_or(0));
    status::OK
}

unsafe extern "C" fn reply_array(context: RawContext, len: c_long) -> c_int {
    begin(context, Kind::Array, len)
}

unsafe extern "C" fn reply_set(context: RawContext, len: c_long) -> c_int {
    begin(context, Kind::Set, len)
}

unsafe extern "C" fn reply_map(context: RawContext, len: c_long) -> c_int {
    begin(context, Kind::Map, len)
}

unsafe extern "C" fn replicate_verbatim(context: RawContext) -> c_int {
    // SAFETY: the context of a call.
    let state = unsafe { state(context) };
    state.propagated.push(state.argv.clone());
    status::OK
}

unsafe extern "C" fn replicate(
    context: RawContext,
    name: *const c_char,
    _: *const c_char,
    words: *const RawString,
    count: usize,
) -> c_int {
    // SAFETY: as above; the SDK always gives an array of strings and its length.
    let (state, command) = unsafe { (state(context), command(name, words, count)) };
    state.propagated.push(command);
    status::OK
}

unsafe extern "C" fn open_key(context: RawContext, name: RawString, _mode: c_int) -> Opaque {
    // SAFETY: a string of this server.
    let name = unsafe { bytes(name) }.to_vec();
    Box::into_raw(Box::new(Open { state: context.0.cast(), name, copy: Vec::new() })).cast()
}

unsafe extern "C" fn close_key(key: Opaque) {
    // SAFETY: opened by `open_key`, and closed once.
    drop(unsafe { Box::from_raw(key.cast::<Open>()) });
}

unsafe extern "C" fn kind_of_key(key: Opaque) -> c_int {
    // SAFETY: an open key, here and below.
    match unsafe { open(key) }.key().map(|key| &key.value) {
        None => key_type::EMPTY,
        Some(Value::String(_)) => key_type::STRING,
        Some(Value::Module { .. }) => key_type::MODULE,
    }
}

unsafe extern "C" fn delete_key(key: Opaque) -> c_int {
    // SAFETY: as above.
    let open = unsafe { open(key) };
    let name = open.name.clone();
    match open.state().keys.remove(&name) {
        Some(key) => {
            key.free();
            status::OK
        }
        None => status::ERR,
    }
}

unsafe extern "C" fn get_expire(key: Opaque) -> c_longlong {
    // SAFETY: as above.
    unsafe { open(key) }.key().map_or(NO_EXPIRE, |key| key.expires_in_ms)
}

unsafe extern "C" fn set_expire(key: Opaque, ms: c_longlong) -> c_int {
    // SAFETY: as above.
    match unsafe { open(key) }.key() {
        Some(key) => {
            key.expires_in_ms = ms;
            status::OK
        }
        None => status::ERR,
    }
}

unsafe extern "C" fn string_place(key: Opaque, len: *mut usize, _mode: c_int) -> *mut c_char {
    // SAFETY: as above.
    let open = unsafe { open(key) };
    open.copy = match open.key().map(|key| &key.value) {
        Some(Value::String(bytes)) => bytes.clone(),
        _ => Vec::new(),
    };
    // SAFETY: the module asks for the length at a place of its own.
    unsafe { len.write(open.copy.len()) };
    open.copy.as_mut_ptr().cast()
}

unsafe extern "C" fn set_string(key: Opaque, value: RawString) -> c_int {
    // SAFETY: as above; a string of this server.
    let (open, value) = unsafe { (open(key), bytes(value).to_vec()) };
    let name = open.name.clone();
    open.state().set(&name, Value::String(value));
    status::OK
}

/// Tests run side by side, each with a server of its own, while the module keeps one handle of each type.
static TYPES: Mutex<Vec<&'static Type>> = Mutex::new(Vec::new());

unsafe extern "C" fn create_type(
    _context: RawContext,
    name: *const c_char,
    version: c_int,
    given: *const TypeMethods,
) -> Opaque {
    let mut methods = TypeMethods::default();
    // SAFETY: the table is as long as its version says, which is its first field.
    unsafe {
        let bytes = methods_bytes(given.cast::<u64>().read());
        copy_nonoverlapping(given.cast::<u8>(), (&raw mut methods).cast(), bytes);
    }
    // SAFETY: the name ends with a zero byte.
    let name = unsafe { owned(name) };
    let mut types = TYPES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = types.iter().copied().find(|kind| kind.name == name);
    let kind = known.unwrap_or_else(|| {
        let kind: &'static Type = Box::leak(Box::new(Type { name, version, methods }));
        types.push(kind);
        kind
    });
    std::ptr::from_ref(kind).cast_mut().cast()
}

unsafe extern "C" fn set_value(key: Opaque, kind: Opaque, value: *mut c_void) -> c_int {
    // SAFETY: as above.
    let open = unsafe { open(key) };
    let name = open.name.clone();
    open.state().set(&name, Value::Module { kind: kind.cast_const().cast(), value });
    status::OK
}

unsafe extern "C" fn type_of_value(key: Opaque) -> Opaque {
    // SAFETY: as above.
    match unsafe { open(key) }.key().map(|key| &key.value) {
        Some(Value::Module { kind, .. }) => kind.cast_mut().cast(),
        _ => null_mut(),
    }
}

unsafe extern "C" fn value_of(key: Opaque) -> *mut c_void {
    // SAFETY: as above.
    match unsafe { open(key) }.key().map(|key| &key.value) {
        Some(Value::Module { value, .. }) => *value,
        _ => null_mut(),
    }
}

/// `GetApi`.
pub unsafe extern "C" fn get(name: *const c_char, slot: *mut c_void) -> c_int {
    // SAFETY: the name ends with a zero byte.
    let name = unsafe { owned(name) };
    let function = function(name.strip_prefix("RedisModule_").unwrap_or(&name));
    // SAFETY: the slot takes a pointer.
    unsafe { slot.cast::<*const ()>().write(function) };
    if function.is_null() { status::ERR } else { status::OK }
}

fn function(name: &str) -> *const () {
    match name {
        "TestServer"
        | "SetModuleOptions"
        | "SetCommandInfo"
        | "SetCommandACLCategories"
        | "IsModuleNameBusy"
        | "NotifyKeyspaceEvent"
        | "SubscribeToKeyspaceEvents"
        | "GetSelectedDb"
        | "GetContextFlags"
        | "RegisterBoolConfig"
        | "RegisterNumericConfig"
        | "RegisterStringConfig"
        | "RegisterEnumConfig"
        | "LoadConfigs"
        | "RegisterInfoFunc"
        | "InfoAddSection"
        | "InfoAddFieldCString"
        | "InfoAddFieldLongLong"
        | "InfoAddFieldULongLong"
        | "InfoAddFieldDouble"
        | "DigestAddStringBuffer"
        | "DigestAddLongLong"
        | "DigestEndSequence"
        | "FreeCallReply"
        | "CallReplyType"
        | "CallReplyInteger"
        | "CallReplyBool"
        | "UnblockClient" => accept as *const (),
        "GetCommand"
        | "Call"
        | "BlockClient"
        | "GetBlockedClientPrivateData"
        | "CreateTimer"
        | "CallReplyDouble"
        | "CallReplyBigNumber"
        | "CallReplyVerbatim"
        | "CallReplyStringPtr"
        | "CallReplyLength"
        | "CallReplyArrayElement"
        | "CallReplySetElement"
        | "CallReplyMapElement"
        | "Calloc"
        | "Realloc" => refuse as *const (),
        "Alloc" => alloc as *const (),
        "Free" => release as *const (),
        "SetModuleAttribs" => attribs as *const (),
        "CreateCommand" => create_command as *const (),
        "StringPtrLen" => string_bytes as *const (),
        "CreateString" => create_string as *const (),
        "FreeString" => free_string as *const (),
        "Log" => log as *const (),
        "ReplicateVerbatim" => replicate_verbatim as *const (),
        "Replicate" => replicate as *const (),
        "CreateDataType" => create_type as *const (),
        _ => key_function(name).unwrap_or_else(|| reply_function(name)),
    }
}

fn key_function(name: &str) -> Option<*const ()> {
    Some(match name {
        "OpenKey" => open_key as *const (),
        "CloseKey" => close_key as *const (),
        "KeyType" => kind_of_key as *const (),
        "DeleteKey" => delete_key as *const (),
        "GetExpire" => get_expire as *const (),
        "SetExpire" => set_expire as *const (),
        "StringDMA" => string_place as *const (),
        "StringSet" => set_string as *const (),
        "ModuleTypeSetValue" => set_value as *const (),
        "ModuleTypeGetType" => type_of_value as *const (),
        "ModuleTypeGetValue" => value_of as *const (),
        "IsIOError" => data::is_error as *const (),
        "SaveUnsigned" | "SaveSigned" => data::save_number as *const (),
        "LoadUnsigned" | "LoadSigned" => data::load_number as *const (),
        "SaveDouble" => data::save_double as *const (),
        "LoadDouble" => data::load_double as *const (),
        "SaveStringBuffer" => data::save_bytes as *const (),
        "LoadStringBuffer" => data::load_bytes as *const (),
        "EmitAOF" => data::emit as *const (),
        _ => return None,
    })
}

fn reply_function(name: &str) -> *const () {
    match name {
        "WrongArity" => wrong_arity as *const (),
        "ReplyWithLongLong" => reply_integer as *const (),
        "ReplyWithError" => reply_error as *const (),
        "ReplyWithSimpleString" => reply_simple as *const (),
        "ReplyWithArray" => reply_array as *const (),
        "ReplyWithMap" => reply_map as *const (),
        "ReplyWithSet" => reply_set as *const (),
        "ReplyWithStringBuffer" => reply_bytes as *const (),
        "ReplyWithVerbatimStringType" => reply_verbatim as *const (),
        "ReplyWithNull" => reply_null as *const (),
        "ReplyWithNullArray" => reply_null_array as *const (),
        "ReplyWithBool" => reply_bool as *const (),
        "ReplyWithDouble" => reply_double as *const (),
        "ReplyWithBigNumber" => reply_big_number as *const (),
        _ => std::ptr::null(),
    }
}
