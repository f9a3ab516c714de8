//! Memory for modules, from the server's allocator: it counts as the server's, and is counted for the module ([`accounts`]). What
//! a module takes from its own C library does neither count nor mix with it.

use std::ffi::{c_char, c_void};

use crate::context::{Auto, Ctx};
use crate::table::Table;
use crate::{accounts, ptr};

/// A module that is given no memory cannot go on, and by the API's word neither can the server, as in Redis. Only a reader
/// that has been led astray by the sizes in bad bytes is left.
fn must_be_there(pointer: *mut c_void, bytes: usize) {
    if pointer.is_null() {
        crate::reader_guard::leave("it asked for more memory than there is");
        panic!("out of memory: a module asked for {bytes} bytes");
    }
}

/// Allocates, or ends the process as Redis does when there is no memory.
pub fn allocate(bytes: usize) -> *mut c_void {
    // SAFETY: malloc takes any size.
    let pointer = unsafe { tikv_jemalloc_sys::malloc(bytes.max(1)) };
    must_be_there(pointer, bytes);
    pointer
}

/// Frees what `allocate` gave; null is ignored.
pub fn free(pointer: *mut c_void) {
    // SAFETY: the module hands back memory that this allocator gave out.
    unsafe { tikv_jemalloc_sys::free(pointer) }
}

/// A copy that the module frees.
pub fn duplicate(bytes: &[u8], terminated: bool) -> *mut c_char {
    let pointer = allocate(bytes.len() + usize::from(terminated)).cast::<u8>();
    // SAFETY: the memory was just made, long enough for the bytes and the zero.
    unsafe {
        pointer.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        if terminated {
            pointer.add(bytes.len()).write(0);
        }
    }
    pointer.cast()
}

/// Bytes that an allocation really takes.
pub fn usable_bytes(pointer: *mut c_void) -> usize {
    // SAFETY: the pointer is null or one that this allocator gave out.
    unsafe { tikv_jemalloc_sys::malloc_usable_size(pointer) }
}

extern "C" fn alloc<const ACCOUNT: usize>(bytes: usize) -> *mut c_void {
    let pointer = allocate(bytes);
    accounts::took(ACCOUNT, pointer);
    pointer
}

extern "C" fn try_alloc<const ACCOUNT: usize>(bytes: usize) -> *mut c_void {
    // SAFETY: malloc takes any size.
    let pointer = unsafe { tikv_jemalloc_sys::malloc(bytes.max(1)) };
    accounts::took(ACCOUNT, pointer);
    pointer
}

extern "C" fn calloc<const ACCOUNT: usize>(count: usize, bytes: usize) -> *mut c_void {
    let pointer = try_calloc::<ACCOUNT>(count, bytes);
    must_be_there(pointer, count.saturating_mul(bytes));
    pointer
}

extern "C" fn try_calloc<const ACCOUNT: usize>(count: usize, bytes: usize) -> *mut c_void {
    // SAFETY: calloc takes any sizes and checks their product.
    let pointer = unsafe { tikv_jemalloc_sys::calloc(count.max(1), bytes.max(1)) };
    accounts::took(ACCOUNT, pointer);
    pointer
}

extern "C" fn realloc<const ACCOUNT: usize>(pointer: *mut c_void, bytes: usize) -> *mut c_void {
    let new = try_realloc::<ACCOUNT>(pointer, bytes);
    must_be_there(new, bytes);
    new
}

extern "C" fn try_realloc<const ACCOUNT: usize>(pointer: *mut c_void, bytes: usize) -> *mut c_void {
    let before_bytes = accounts::bytes_of(pointer);
    // SAFETY: the pointer is null or one that this allocator gave out.
    let new = unsafe { tikv_jemalloc_sys::realloc(pointer, bytes.max(1)) };
    if !new.is_null() {
        accounts::resized(ACCOUNT, before_bytes, new);
    }
    new
}

extern "C" fn free_memory<const ACCOUNT: usize>(pointer: *mut c_void) {
    accounts::gives(ACCOUNT, pointer);
    free(pointer);
}

extern "C" fn strdup<const ACCOUNT: usize>(text: *const c_char) -> *mut c_char {
    let copy = duplicate(ptr::c_bytes(text), true);
    accounts::took(ACCOUNT, copy.cast());
    copy
}

/// The functions that take and free memory for one account.
pub fn of_account<const ACCOUNT: usize>(name: &str) -> Option<*const ()> {
    Some(match name {
        "Alloc" => alloc::<ACCOUNT> as *const (),
        "TryAlloc" => try_alloc::<ACCOUNT> as *const (),
        "Calloc" => calloc::<ACCOUNT> as *const (),
        "TryCalloc" => try_calloc::<ACCOUNT> as *const (),
        "Realloc" => realloc::<ACCOUNT> as *const (),
        "TryRealloc" => try_realloc::<ACCOUNT> as *const (),
        "Free" => free_memory::<ACCOUNT> as *const (),
        "Strdup" => strdup::<ACCOUNT> as *const (),
        _ => return None,
    })
}

extern "C" fn pool_alloc(ctx: *mut Ctx, bytes: usize) -> *mut c_void {
    let ctx = ptr::required(ctx);
    // SAFETY: calloc takes any size.
    let pointer = unsafe { tikv_jemalloc_sys::calloc(1, bytes.max(1)) };
    must_be_there(pointer, bytes);
    if let Some(module) = &ctx.module {
        module.account.took(pointer);
    }
    // Goes with the context, whether or not that manages memory by itself.
    ctx.pool.push(pointer);
    pointer
}

extern "C" fn auto_memory(ctx: *mut Ctx) {
    ptr::required(ctx).auto_memory = true;
}

extern "C" fn malloc_size(pointer: *mut c_void) -> usize {
    usable_bytes(pointer)
}

pub fn register(table: &mut Table) {
    // Each module is handed those of its own account.
    for name in
        ["Alloc", "TryAlloc", "Calloc", "TryCalloc", "Realloc", "TryRealloc", "Free", "Strdup"]
    {
        let function = of_account::<{ accounts::COMMON }>(name).expect("it is listed there");
        table.add(name, function);
    }
    table.add("PoolAlloc", pool_alloc as *const ());
    table.add("AutoMemory", auto_memory as *const ());
    table.add("MallocSize", malloc_size as *const ());
    table.add("MallocUsableSize", malloc_size as *const ());
}

/// Frees what a context kept by itself.
pub fn free_auto(auto: Auto) {
    match auto {
        Auto::String(string) => crate::strings::release(string),
        Auto::Reply(reply) => drop(ptr::take_back(reply)),
        Auto::Key(key) => crate::keys::close(key),
        Auto::Dict(dict) => drop(ptr::take_back(dict)),
        Auto::ServerInfo(info) => drop(ptr::take_back(info)),
        Auto::SlotRanges(array) => free(array),
    }
}
