//! The functions of the server, asked for by name when the module is loaded.

use std::ffi::{c_char, c_double, c_int, c_long, c_longlong, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use module_abi::command_info::CommandInfo;
use module_abi::{Opaque, TypeMethods};

use super::entry::{RawCommand, RawContext, RawEvent, RawInfo, RawString};

/// `RedisModule_GetApi`.
pub type GetApi = unsafe extern "C" fn(name: *const c_char, slot: *mut c_void) -> c_int;

macro_rules! api {
    ($($name:ident: $type:ty;)*) => {
        /// One field per function, called as the Module API calls it.
        #[allow(non_snake_case, reason = "the names of the Module API")]
        #[derive(Clone, Copy)]
        pub struct Api {
            $(pub $name: $type,)*
        }

        impl Api {
            /// Asks for all of them; the name of the first that the server lacks.
            ///
            /// # Safety
            /// `get` is the function that the server gave.
            unsafe fn ask(get: GetApi) -> Result<Api, &'static str> {
                Ok(Api {
                    $($name: {
                        let mut slot: *mut c_void = std::ptr::null_mut();
                        let name = concat!("RedisModule_", stringify!($name), "\0");
                        // SAFETY: the name ends with a zero byte, and the slot is one pointer long.
                        unsafe { get(name.as_ptr().cast(), (&raw mut slot).cast()) };
                        if slot.is_null() {
                            return Err(stringify!($name));
                        }
                        // SAFETY: the server's function of this name has this type.
                        unsafe { std::mem::transmute::<*mut c_void, $type>(slot) }
                    },)*
                })
            }
        }
    };
}

api! {
    Alloc: unsafe extern "C" fn(usize) -> *mut c_void;
    Calloc: unsafe extern "C" fn(usize, usize) -> *mut c_void;
    Realloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void;
    Free: unsafe extern "C" fn(*mut c_void);
    SetModuleAttribs: unsafe extern "C" fn(RawContext, *const c_char, c_int, c_int);
    IsModuleNameBusy: unsafe extern "C" fn(*const c_char) -> c_int;
    SetModuleOptions: unsafe extern "C" fn(RawContext, c_int);
    CreateCommand: unsafe extern "C" fn(RawContext, *const c_char, RawCommand, *const c_char, c_int, c_int, c_int) -> c_int;
    GetCommand: unsafe extern "C" fn(RawContext, *const c_char) -> Opaque;
    SetCommandInfo: unsafe extern "C" fn(Opaque, *const CommandInfo) -> c_int;
    SetCommandACLCategories: unsafe extern "C" fn(Opaque, *const c_char) -> c_int;
    StringPtrLen: unsafe extern "C" fn(RawString, *mut usize) -> *const c_char;
    CreateString: unsafe extern "C" fn(RawContext, *const c_char, usize) -> RawString;
    FreeString: unsafe extern "C" fn(RawContext, RawString);
    WrongArity: unsafe extern "C" fn(RawContext) -> c_int;
    ReplyWithLongLong: unsafe extern "C" fn(RawContext, c_longlong) -> c_int;
    ReplyWithError: unsafe extern "C" fn(RawContext, *const c_char) -> c_int;
    ReplyWithSimpleString: unsafe extern "C" fn(RawContext, *const c_char) -> c_int;
    ReplyWithArray: unsafe extern "C" fn(RawContext, c_long) -> c_int;
    ReplyWithMap: unsafe extern "C" fn(RawContext, c_long) -> c_int;
    ReplyWithSet: unsafe extern "C" fn(RawContext, c_long) -> c_int;
    ReplyWithStringBuffer: unsafe extern "C" fn(RawContext, *const c_char, usize) -> c_int;
    ReplyWithVerbatimStringType: unsafe extern "C" fn(RawContext, *const c_char, usize, *const c_char) -> c_int;
    ReplyWithNull: unsafe extern "C" fn(RawContext) -> c_int;
    ReplyWithNullArray: unsafe extern "C" fn(RawContext) -> c_int;
    ReplyWithBool: unsafe extern "C" fn(RawContext, c_int) -> c_int;
    ReplyWithDouble: unsafe extern "C" fn(RawContext, c_double) -> c_int;
    ReplyWithBigNumber: unsafe extern "C" fn(RawContext, *const c_char, usize) -> c_int;
    ReplicateVerbatim: unsafe extern "C" fn(RawContext) -> c_int;
    Replicate: unsafe extern "C" fn(RawContext, *const c_char, *const c_char, ...) -> c_int;
    NotifyKeyspaceEvent: unsafe extern "C" fn(RawContext, c_int, *const c_char, RawString) -> c_int;
    SubscribeToKeyspaceEvents: unsafe extern "C" fn(RawContext, c_int, RawEvent) -> c_int;
    GetSelectedDb: unsafe extern "C" fn(RawContext) -> c_int;
    GetContextFlags: unsafe extern "C" fn(RawContext) -> c_int;
    OpenKey: unsafe extern "C" fn(RawContext, RawString, c_int) -> Opaque;
    CloseKey: unsafe extern "C" fn(Opaque);
    KeyType: unsafe extern "C" fn(Opaque) -> c_int;
    DeleteKey: unsafe extern "C" fn(Opaque) -> c_int;
    GetExpire: unsafe extern "C" fn(Opaque) -> c_longlong;
    SetExpire: unsafe extern "C" fn(Opaque, c_longlong) -> c_int;
    StringDMA: unsafe extern "C" fn(Opaque, *mut usize, c_int) -> *mut c_char;
    StringSet: unsafe extern "C" fn(Opaque, RawString) -> c_int;
    CreateDataType: unsafe extern "C" fn(RawContext, *const c_char, c_int, *const TypeMethods) -> Opaque;
    ModuleTypeSetValue: unsafe extern "C" fn(Opaque, Opaque, *mut c_void) -> c_int;
    ModuleTypeGetType: unsafe extern "C" fn(Opaque) -> Opaque;
    ModuleTypeGetValue: unsafe extern "C" fn(Opaque) -> *mut c_void;
    IsIOError: unsafe extern "C" fn(Opaque) -> c_int;
    SaveUnsigned: unsafe extern "C" fn(Opaque, u64);
    LoadUnsigned: unsafe extern "C" fn(Opaque) -> u64;
    SaveSigned: unsafe extern "C" fn(Opaque, i64);
    LoadSigned: unsafe extern "C" fn(Opaque) -> i64;
    SaveDouble: unsafe extern "C" fn(Opaque, c_double);
    LoadDouble: unsafe extern "C" fn(Opaque) -> c_double;
    SaveStringBuffer: unsafe extern "C" fn(Opaque, *const c_char, usize);
    LoadStringBuffer: unsafe extern "C" fn(Opaque, *mut usize) -> *mut c_char;
    EmitAOF: unsafe extern "C" fn(Opaque, *const c_char, *const c_char, ...);
    DigestAddStringBuffer: unsafe extern "C" fn(Opaque, *const c_char, usize);
    DigestAddLongLong: unsafe extern "C" fn(Opaque, c_longlong);
    DigestEndSequence: unsafe extern "C" fn(Opaque);
    Call: unsafe extern "C" fn(RawContext, *const c_char, *const c_char, ...) -> Opaque;
    FreeCallReply: unsafe extern "C" fn(Opaque);
    CallReplyType: unsafe extern "C" fn(Opaque) -> c_int;
    CallReplyInteger: unsafe extern "C" fn(Opaque) -> c_longlong;
    CallReplyDouble: unsafe extern "C" fn(Opaque) -> c_double;
    CallReplyBool: unsafe extern "C" fn(Opaque) -> c_int;
    CallReplyBigNumber: unsafe extern "C" fn(Opaque, *mut usize) -> *const c_char;
    CallReplyVerbatim: unsafe extern "C" fn(Opaque, *mut usize, *mut *const c_char) -> *const c_char;
    CallReplyStringPtr: unsafe extern "C" fn(Opaque, *mut usize) -> *const c_char;
    CallReplyLength: unsafe extern "C" fn(Opaque) -> usize;
    CallReplyArrayElement: unsafe extern "C" fn(Opaque, usize) -> Opaque;
    CallReplySetElement: unsafe extern "C" fn(Opaque, usize) -> Opaque;
    CallReplyMapElement: unsafe extern "C" fn(Opaque, usize, *mut Opaque, *mut Opaque) -> c_int;
    Log: unsafe extern "C" fn(RawContext, *const c_char, *const c_char, ...);
    BlockClient: unsafe extern "C" fn(RawContext, RawCommand, Option<RawCommand>, Option<unsafe extern "C" fn(RawContext, *mut c_void)>, c_longlong) -> Opaque;
    UnblockClient: unsafe extern "C" fn(Opaque, *mut c_void) -> c_int;
    GetBlockedClientPrivateData: unsafe extern "C" fn(RawContext) -> *mut c_void;
    CreateTimer: unsafe extern "C" fn(RawContext, c_longlong, unsafe extern "C" fn(RawContext, *mut c_void), *mut c_void) -> u64;
    RegisterBoolConfig: unsafe extern "C" fn(RawContext, *const c_char, c_int, u32, Opaque, Opaque, Opaque, *mut c_void) -> c_int;
    RegisterNumericConfig: unsafe extern "C" fn(RawContext, *const c_char, c_longlong, u32, c_longlong, c_longlong, Opaque, Opaque, Opaque, *mut c_void) -> c_int;
    RegisterStringConfig: unsafe extern "C" fn(RawContext, *const c_char, *const c_char, u32, Opaque, Opaque, Opaque, *mut c_void) -> c_int;
    RegisterEnumConfig: unsafe extern "C" fn(RawContext, *const c_char, c_int, u32, *const *const c_char, *const c_int, c_int, Opaque, Opaque, Opaque, *mut c_void) -> c_int;
    LoadConfigs: unsafe extern "C" fn(RawContext) -> c_int;
    RegisterInfoFunc: unsafe extern "C" fn(RawContext, extern "C" fn(RawInfo, c_int)) -> c_int;
    InfoAddSection: unsafe extern "C" fn(RawInfo, *const c_char) -> c_int;
    InfoAddFieldCString: unsafe extern "C" fn(RawInfo, *const c_char, *const c_char) -> c_int;
    InfoAddFieldLongLong: unsafe extern "C" fn(RawInfo, *const c_char, c_longlong) -> c_int;
    InfoAddFieldULongLong: unsafe extern "C" fn(RawInfo, *const c_char, u64) -> c_int;
    InfoAddFieldDouble: unsafe extern "C" fn(RawInfo, *const c_char, c_double) -> c_int;
}

static API: OnceLock<Api> = OnceLock::new();
/// Whether memory comes from the server: not from one for tests, where much is allocated before the module is loaded.
static HAS_MEMORY: AtomicBool = AtomicBool::new(false);

/// The functions, once the module is being loaded by a server that gives memory.
#[inline]
pub fn with_memory() -> Option<&'static Api> {
    if HAS_MEMORY.load(Ordering::Relaxed) { API.get() } else { None }
}

/// The functions. Whoever has something of the server's in hand is past the load.
#[inline]
pub fn api() -> &'static Api {
    API.get().expect("the server has loaded the module")
}

/// Fills the table; the name of a function that the server lacks.
///
/// # Safety
/// `context` is what the server gave to the module's entry point.
pub unsafe fn fill(context: RawContext) -> Result<(), &'static str> {
    if API.get().is_some() {
        return Ok(());
    }
    // SAFETY: the first word of the context of a load is the address of this function.
    let get = unsafe { context.0.cast::<GetApi>().read() };
    // SAFETY: as above.
    let api = unsafe { Api::ask(get) }?;
    let mut mark: *mut c_void = std::ptr::null_mut();
    // SAFETY: as in `ask`; only `TestServer` knows this name.
    unsafe { get(c"RedisModule_TestServer".as_ptr(), (&raw mut mark).cast()) };
    // Tests may load at the same time: all tables of one server are equal.
    let _ = API.set(api);
    HAS_MEMORY.store(mark.is_null(), Ordering::Relaxed);
    Ok(())
}

/// A function that not every server has; null if this one lacks it.
///
/// # Safety
/// `context` is what the server gave to the module's entry point.
pub unsafe fn optional(context: RawContext, name: &std::ffi::CStr) -> *mut c_void {
    // SAFETY: the first word of the context of a load is the address of this function.
    let get = unsafe { context.0.cast::<GetApi>().read() };
    let mut slot: *mut c_void = std::ptr::null_mut();
    // SAFETY: the name ends with a zero byte, and the slot is one pointer long.
    unsafe { get(name.as_ptr(), (&raw mut slot).cast()) };
    slot
}

/// A text as C has it. Zero bytes, which would end it, are left out.
pub fn c_text(text: &str) -> std::ffi::CString {
    std::ffi::CString::new(text.replace('\0', "")).unwrap_or_default()
}
