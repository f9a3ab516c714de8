//! Strings of the Module API: bytes with a count of owners, always followed by a zero byte.

use std::cell::RefCell;
use std::ffi::{c_char, c_double, c_int, c_longlong, c_ulonglong};
use std::sync::atomic::{AtomicU32, Ordering};

use module_abi::status;

use crate::context::{Auto, Ctx};
use crate::ptr;
use crate::table::Table;

/// What a `RedisModuleString *` points to.
pub struct ModuleString {
    owners: AtomicU32,
    /// With a zero byte at the end, which modules rely on.
    data: Vec<u8>,
}

/// A `RedisModuleString *`.
pub type StringPtr = *mut ModuleString;

impl ModuleString {
    /// Makes a string with one owner.
    pub fn create(bytes: &[u8]) -> StringPtr {
        let mut data = Vec::with_capacity(bytes.len() + 1);
        data.extend_from_slice(bytes);
        data.push(0);
        Box::into_raw(Box::new(ModuleString { owners: AtomicU32::new(1), data }))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.data[..self.data.len() - 1]
    }

    fn replace(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        self.data.pop();
        change(&mut self.data);
        self.data.push(0);
    }
}

/// The bytes of a string; none for null.
pub fn bytes_of<'a>(string: *const ModuleString) -> &'a [u8] {
    match ptr::reference(string.cast_mut()) {
        Some(string) => string.as_bytes(),
        None => &[],
    }
}

/// One owner more.
pub fn retain(string: StringPtr) {
    if let Some(string) = ptr::reference(string) {
        string.owners.fetch_add(1, Ordering::Relaxed);
    }
}

/// One owner less; the last frees it.
pub fn release(string: StringPtr) {
    let Some(reference) = ptr::reference(string) else { return };
    if reference.owners.fetch_sub(1, Ordering::AcqRel) == 1 {
        drop(ptr::take_back(string));
    }
}

/// Strings that are put by for arguments to come, and the room that each may have.
const SPARE_STRINGS_MAX: usize = 32;
const SPARE_STRING_BYTES_MAX: usize = 128;

thread_local! {
    /// Arguments of calls that are over and that nobody has kept: a call needs no memory but what others have left.
    static SPARE: RefCell<Vec<StringPtr>> = const { RefCell::new(Vec::new()) };
}

/// A string with one owner for an argument of a command; [`put_by`] takes it back.
pub fn argument(bytes: &[u8]) -> StringPtr {
    let spare =
        if bytes.len() < SPARE_STRING_BYTES_MAX { SPARE.with_borrow_mut(Vec::pop) } else { None };
    let Some(spare) = spare else { return ModuleString::create(bytes) };
    let data = &mut ptr::required(spare).data;
    data.clear();
    data.extend_from_slice(bytes);
    data.push(0);
    spare
}

/// One owner less, as [`release`]; what has no other is kept for the next call.
pub fn put_by(string: StringPtr) {
    let is_spare = ptr::reference(string).is_some_and(|string| {
        string.owners.load(Ordering::Acquire) == 1
            && string.data.capacity() <= SPARE_STRING_BYTES_MAX
    });
    let is_kept = is_spare
        && SPARE.with_borrow_mut(|spare| {
            let has_room = spare.len() < SPARE_STRINGS_MAX;
            if has_room {
                spare.push(string);
            }
            has_room
        });
    if !is_kept {
        release(string);
    }
}

/// Moves a string with one owner as `judge` says; its new place if that is another.
pub fn relocate(string: StringPtr, judge: &mut keyspace::Judge<'_>) -> Option<StringPtr> {
    let inner = ptr::reference(string)?;
    if inner.owners.load(Ordering::Acquire) != 1 {
        return None;
    }
    if judge(inner.data.as_ptr() as usize) {
        inner.data = inner.data.clone();
    }
    if !judge(string as usize) {
        return None;
    }
    let whole = ptr::take_back(string)?;
    Some(Box::into_raw(Box::new(*whole)))
}

/// Makes a string that goes with the context if that manages memory by itself.
pub fn create_in(ctx: *mut Ctx, bytes: &[u8]) -> StringPtr {
    let string = ModuleString::create(bytes);
    if let Some(ctx) = ptr::reference(ctx) {
        ctx.keep(Auto::String(string));
    }
    string
}

extern "C" fn create_string(ctx: *mut Ctx, text: *const c_char, len: usize) -> StringPtr {
    create_in(ctx, ptr::bytes(text, len))
}

/// For the C shims.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_create_string(ctx: *mut Ctx, text: *const c_char, len: usize) -> StringPtr {
    create_string(ctx, text, len)
}

/// For the C shims.
#[unsafe(no_mangle)]
extern "C" fn bulkhead_string_bytes(string: StringPtr, len: *mut usize) -> *const c_char {
    string_ptr_len(string, len)
}

extern "C" fn create_string_from_long_long(ctx: *mut Ctx, value: c_longlong) -> StringPtr {
    create_in(ctx, value.to_string().as_bytes())
}

extern "C" fn create_string_from_unsigned(ctx: *mut Ctx, value: c_ulonglong) -> StringPtr {
    create_in(ctx, value.to_string().as_bytes())
}

extern "C" fn create_string_from_double(ctx: *mut Ctx, value: c_double) -> StringPtr {
    let mut text = Vec::new();
    resp::double::format(value, &mut text);
    create_in(ctx, &text)
}

extern "C" fn create_string_from_string(ctx: *mut Ctx, string: StringPtr) -> StringPtr {
    create_in(ctx, bytes_of(string))
}

/// `RedisModuleStreamID`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct StreamId {
    pub ms: u64,
    pub seq: u64,
}

extern "C" fn create_string_from_stream_id(ctx: *mut Ctx, id: *const StreamId) -> StringPtr {
    let id = ptr::required(id.cast_mut());
    create_in(ctx, format!("{}-{}", id.ms, id.seq).as_bytes())
}

extern "C" fn free_string(ctx: *mut Ctx, string: StringPtr) {
    if let Some(ctx) = ptr::reference(ctx) {
        ctx.forget(&Auto::String(string));
    }
    release(string);
}

extern "C" fn retain_string(ctx: *mut Ctx, string: StringPtr) {
    // Under automatic memory the context's share becomes the module's; otherwise there is one owner more.
    let handed_over = ptr::reference(ctx).is_some_and(|ctx| ctx.forget(&Auto::String(string)));
    if !handed_over {
        retain(string);
    }
}

extern "C" fn hold_string(ctx: *mut Ctx, string: StringPtr) -> StringPtr {
    retain(string);
    if let Some(ctx) = ptr::reference(ctx) {
        ctx.keep(Auto::String(string));
    }
    string
}

extern "C" fn string_ptr_len(string: *const ModuleString, len: *mut usize) -> *const c_char {
    const NONE: &[u8] = b"(NULL string reply referenced in module)\0";
    let Some(string) = ptr::reference(string.cast_mut()) else {
        ptr::put(len, NONE.len() - 1);
        return NONE.as_ptr().cast();
    };
    ptr::put(len, string.as_bytes().len());
    string.data.as_ptr().cast()
}

extern "C" fn string_to_long_long(string: *const ModuleString, value: *mut c_longlong) -> c_int {
    match stdx::number::parse_i64(bytes_of(string)) {
        Some(number) => {
            ptr::put(value, number);
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn string_to_unsigned(string: *const ModuleString, value: *mut c_ulonglong) -> c_int {
    let text = std::str::from_utf8(bytes_of(string)).unwrap_or("");
    let canonical = text.parse::<u64>().ok().filter(|number| number.to_string() == text);
    match canonical {
        Some(number) => {
            ptr::put(value, number);
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn string_to_double(string: *const ModuleString, value: *mut c_double) -> c_int {
    match stdx::number::parse_f64(bytes_of(string)) {
        Some(number) => {
            ptr::put(value, number);
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn string_to_stream_id(string: *const ModuleString, id: *mut StreamId) -> c_int {
    let text = String::from_utf8_lossy(bytes_of(string));
    let parsed = match &*text {
        "-" => Some(StreamId::default()),
        "+" => Some(StreamId { ms: u64::MAX, seq: u64::MAX }),
        text => {
            let (ms, seq) = text.split_once('-').unwrap_or((text, "0"));
            ms.parse().ok().zip(seq.parse().ok()).map(|(ms, seq)| StreamId { ms, seq })
        }
    };
    match parsed {
        Some(parsed) => {
            ptr::put(id, parsed);
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn string_append_buffer(
    _ctx: *mut Ctx,
    string: StringPtr,
    text: *const c_char,
    len: usize,
) -> c_int {
    let string = ptr::required(string);
    if string.owners.load(Ordering::Acquire) != 1 {
        return status::ERR;
    }
    string.replace(|data| data.extend_from_slice(ptr::bytes(text, len)));
    status::OK
}

extern "C" fn trim_string_allocation(string: StringPtr) {
    if let Some(string) = ptr::reference(string) {
        string.data.shrink_to_fit();
    }
}

extern "C" fn string_compare(first: *const ModuleString, second: *const ModuleString) -> c_int {
    bytes_of(first).cmp(bytes_of(second)) as c_int
}

extern "C" fn malloc_size_string(string: *const ModuleString) -> usize {
    ptr::reference(string.cast_mut())
        .map_or(0, |string| size_of::<ModuleString>() + string.data.capacity())
}

unsafe extern "C" {
    fn bulkhead_shim_CreateStringPrintf();
    fn bulkhead_shim_StringToLongDouble();
    fn bulkhead_shim_CreateStringFromLongDouble();
}

pub fn register(table: &mut Table) {
    table.add("CreateString", create_string as *const ());
    table.add("CreateStringFromLongLong", create_string_from_long_long as *const ());
    table.add("CreateStringFromULongLong", create_string_from_unsigned as *const ());
    table.add("CreateStringFromDouble", create_string_from_double as *const ());
    table.add("CreateStringFromLongDouble", bulkhead_shim_CreateStringFromLongDouble as *const ());
    table.add("CreateStringFromString", create_string_from_string as *const ());
    table.add("CreateStringFromStreamID", create_string_from_stream_id as *const ());
    table.add("CreateStringPrintf", bulkhead_shim_CreateStringPrintf as *const ());
    table.add("FreeString", free_string as *const ());
    table.add("RetainString", retain_string as *const ());
    table.add("HoldString", hold_string as *const ());
    table.add("StringPtrLen", string_ptr_len as *const ());
    table.add("StringToLongLong", string_to_long_long as *const ());
    table.add("StringToULongLong", string_to_unsigned as *const ());
    table.add("StringToDouble", string_to_double as *const ());
    table.add("StringToLongDouble", bulkhead_shim_StringToLongDouble as *const ());
    table.add("StringToStreamID", string_to_stream_id as *const ());
    table.add("StringAppendBuffer", string_append_buffer as *const ());
    table.add("TrimStringAllocation", trim_string_allocation as *const ());
    table.add("StringCompare", string_compare as *const ());
    table.add("MallocSizeString", malloc_size_string as *const ());
}
