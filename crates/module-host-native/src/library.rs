//! A shared library, opened by the dynamic loader.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_void};
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::path::Path;
use std::time::Duration;

use sys::crash::threads::{self, ThreadStack};

/// An open library; dropping it closes it.
pub struct Library {
    handle: *mut c_void,
    /// It stays in memory when this is dropped.
    is_kept: Cell<bool>,
}

/// How many ways to write a path are tried.
const SPELLINGS_MAX: usize = 64;
/// How long threads are given to say where they are.
const THREADS_TIMEOUT_MS: u64 = 1000;
/// How often they are looked at while it is not clear where one is, and the time between.
const LOOKS_MAX: usize = 50;
const LOOK_PAUSE: Duration = Duration::from_millis(2);
/// How the names of the server's own threads begin, which run no code of modules.
const OWN_THREADS: [&str; 2] = ["bio_", "watch"];

impl Library {
    /// Opens the file with all its symbols resolved; the loader's own words if that fails.
    pub fn open(path: &str) -> Result<Library, String> {
        let path = CString::new(path).map_err(|_| "the path contains a zero byte".to_owned())?;
        // SAFETY: the path is a C string. Opening runs the library's constructors: the probe has survived them.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            return Err(last_error());
        }
        Ok(Library { handle, is_kept: Cell::new(false) })
    }

    /// Opens the file beside one that is open under the same name, or is the same: with data of its own.
    pub fn open_apart(path: &str) -> Result<Library, String> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        match unused_spelling(folder, name) {
            Some(spelling) => Library::open(&spelling),
            None => open_copy(path, name),
        }
    }

    /// Whether an address is in the library that has this symbol.
    pub fn holds(symbol: *mut c_void, address: usize) -> bool {
        base_of(symbol.addr()) == base_of(address)
    }

    /// Lets the library stay in memory for good.
    pub fn keep(&self) {
        self.is_kept.set(true);
    }

    /// Whether other threads are in the code of the library that has this symbol, or will come back to it. One that does
    /// not answer may be.
    pub fn runs_threads(&self, symbol: *mut c_void) -> bool {
        let base = base_of(symbol.addr());
        for _ in 0..LOOKS_MAX {
            let threads = threads::others(THREADS_TIMEOUT_MS);
            let places: Vec<Place> = threads.iter().map(|thread| place_of(thread, base)).collect();
            if places.contains(&Place::Inside) {
                return true;
            }
            if !places.contains(&Place::Unclear) {
                return false;
            }
            std::thread::sleep(LOOK_PAUSE);
        }
        true
    }

    /// The address of a symbol; null if there is none.
    pub fn symbol(&self, name: &CStr) -> *mut c_void {
        // SAFETY: the handle is open and the name a C string.
        unsafe { libc::dlsym(self.handle, name.as_ptr()) }
    }
}

/// The loader knows what is open by the text of its path: one under which this file is not open, if it is not at all.
fn unused_spelling(folder: &str, name: &str) -> Option<String> {
    (1..=SPELLINGS_MAX).map(|slashes| format!("{folder}{}{name}", "/".repeat(slashes))).find(
        |path| {
            let Ok(path) = CString::new(path.as_str()) else { return false };
            let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD;
            // SAFETY: the path is a C string; nothing is loaded that is not, and what was found is let go again.
            unsafe {
                let handle = libc::dlopen(path.as_ptr(), flags);
                handle.is_null() || libc::dlclose(handle) > 0
            }
        },
    )
}

/// Opens what is in the file as a file of its own, that is in memory only.
fn open_copy(path: &str, name: &str) -> Result<Library, String> {
    let failed = |error: std::io::Error| format!("{path} cannot be opened twice: {error}");
    let bytes = std::fs::read(path).map_err(failed)?;
    let c_name = CString::new(name).map_err(|_| "the path contains a zero byte".to_owned())?;
    // SAFETY: the name is a C string; the descriptor is new and nobody else's.
    let mut file = unsafe {
        let descriptor = libc::memfd_create(c_name.as_ptr(), libc::MFD_CLOEXEC);
        if descriptor < 0 {
            return Err(failed(std::io::Error::last_os_error()));
        }
        std::fs::File::from_raw_fd(descriptor)
    };
    file.write_all(&bytes).map_err(failed)?;
    let spelling = unused_spelling("/proc/self/fd", &file.as_raw_fd().to_string());
    Library::open(&spelling.ok_or("it is open too often")?)
}

impl Drop for Library {
    fn drop(&mut self) {
        if !self.is_kept.get() {
            // SAFETY: the handle is open, and nothing of the library is registered any more when its module is dropped.
            unsafe { libc::dlclose(self.handle) };
        }
    }
}

/// Where a thread is, seen from a library.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Inside,
    Elsewhere,
    /// It has not come to the function yet for which it was made.
    Unclear,
}

fn place_of(thread: &ThreadStack, base: usize) -> Place {
    if OWN_THREADS.iter().any(|name| thread.name.starts_with(name)) {
        return Place::Elsewhere;
    }
    if thread.timed_out {
        // To be waited for only once, if it is not that it has ended meanwhile.
        let is_there = Path::new("/proc/self/task").join(thread.thread.to_string()).exists();
        return if is_there { Place::Inside } else { Place::Elsewhere };
    }
    let bases: Vec<usize> = thread.frames.iter().map(|frame| base_of(frame.address)).collect();
    if bases.contains(&base) {
        return Place::Inside;
    }
    // What answers for the thread is ours, what begins every thread is the C library's.
    let ours = base_of((base_of as fn(usize) -> usize as *const ()).addr());
    let of_libc = base_of((libc::usleep as *const ()).addr());
    let mut others = bases.iter().skip_while(|other| **other == ours);
    let is_known = others.any(|other| *other != 0 && *other != of_libc);
    if is_known { Place::Elsewhere } else { Place::Unclear }
}

/// Where the library begins that an address belongs to; 0: to none.
fn base_of(address: usize) -> usize {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: dladdr takes any address; what it writes to is as big as it wants, and all of it may be zero.
    unsafe {
        if libc::dladdr(address as *const c_void, info.as_mut_ptr()) == 0 {
            return 0;
        }
        info.assume_init().dli_fbase.addr()
    }
}

fn last_error() -> String {
    // SAFETY: dlerror returns null or a C string that stays until the next call.
    let text = unsafe { libc::dlerror() };
    if text.is_null() {
        return "unknown reason".to_owned();
    }
    // SAFETY: not null, so a C string as above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
