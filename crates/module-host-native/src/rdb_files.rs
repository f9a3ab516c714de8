//! RDB files as modules save and load them, beside those of the server itself.

use std::ffi::{OsStr, c_char, c_int};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use engine::State;
use engine::effect::LogLevel;
use engine::host::FileInput;
use module_abi::status;

use crate::context::Ctx;
use crate::errno::{fail, set_errno};
use crate::ptr;
use crate::table::Table;

/// What a `RedisModuleRdbStream *` points to.
pub struct RdbStream {
    path: PathBuf,
}

extern "C" fn stream_create_from_file(name: *const c_char) -> *mut RdbStream {
    let path = PathBuf::from(OsStr::from_bytes(ptr::c_bytes(name)));
    Box::into_raw(Box::new(RdbStream { path }))
}

extern "C" fn stream_free(stream: *mut RdbStream) {
    drop(ptr::take_back(stream));
}

/// The number of what went wrong.
fn number_of(error: &io::Error) -> c_int {
    error.raw_os_error().unwrap_or(libc::EIO)
}

extern "C" fn rdb_save(ctx: *mut Ctx, stream: *mut RdbStream, flags: c_int) -> c_int {
    let Some(stream) = ptr::reference(stream).filter(|_| flags == 0) else {
        return fail(libc::EINVAL);
    };
    let state = match ptr::reference(ctx) {
        Some(ctx) => ctx.state(),
        None => crate::host::state_in_use(),
    };
    match save(state, &stream.path) {
        Ok(()) => {
            set_errno(0);
            status::OK
        }
        Err(error) => {
            let text = format!("A module could not save {}: {error}", stream.path.display());
            crate::host::log(LogLevel::Warning, &text);
            fail(number_of(&error))
        }
    }
}

/// The file is there as a whole, or as it was before.
fn save(state: &State, path: &Path) -> io::Result<()> {
    // In the same folder: the other end of a rename must be on the same file system.
    let beside = path.with_file_name(format!("temp-module-{}.rdb", sys::process::pid()));
    let write = || {
        let mut file = std::fs::File::create(&beside)?;
        let left_out = state.write_dataset(&mut |bytes| file.write_all(bytes))?;
        if left_out > 0 {
            let text = format!("{left_out} keys of module types could not be saved");
            crate::host::log(LogLevel::Warning, &text);
        }
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        // It may never have been made.
        let _ = std::fs::remove_file(&beside);
    })
}

extern "C" fn rdb_load(ctx: *mut Ctx, stream: *mut RdbStream, flags: c_int) -> c_int {
    let Some(stream) = ptr::reference(stream).filter(|_| flags == 0) else {
        return fail(libc::EINVAL);
    };
    let state = ptr::required(ctx).state();
    if state.is_replica() {
        return fail(libc::ENOTSUP);
    }
    // From within the turns of a load.
    if state.is_loading() {
        return fail(libc::EBUSY);
    }
    let opened = std::fs::File::open(&stream.path);
    let input = match opened.and_then(|file| file.metadata().map(|facts| (file, facts.len()))) {
        Ok((file, length)) => FileInput { reader: Box::new(file), length },
        Err(error) => return fail(number_of(&error)),
    };
    // A module's child would go on with data that is not there any more.
    crate::fork::end_child(state);
    match state.replace_dataset(input) {
        Ok(()) => {
            set_errno(0);
            status::OK
        }
        // The reason is in the log.
        Err(_) => fail(libc::EIO),
    }
}

/// The secret that the nodes of a cluster know; only in cluster mode. It stays where it is.
extern "C" fn get_internal_secret(ctx: *mut Ctx, len: *mut usize) -> *const c_char {
    let Some(cluster) = &ptr::required(ctx).state().cluster else { return std::ptr::null() };
    ptr::put(len, cluster.secret.len());
    cluster.secret.as_ptr().cast()
}

pub fn register(table: &mut Table) {
    table.add("RdbStreamCreateFromFile", stream_create_from_file as *const ());
    table.add("RdbStreamFree", stream_free as *const ());
    table.add("RdbSave", rdb_save as *const ());
    table.add("RdbLoad", rdb_load as *const ());
    table.add("GetInternalSecret", get_internal_secret as *const ());
}
