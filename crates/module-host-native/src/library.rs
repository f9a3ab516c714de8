//! A shared library, opened by the dynamic loader.

use std::ffi::{CStr, CString, c_void};

/// An open library; dropping it closes it.
pub struct Library(*mut c_void);

impl Library {
    /// Opens the file with all its symbols resolved; the loader's own words if that fails.
    pub fn open(path: &str) -> Result<Library, String> {
        let path = CString::new(path).map_err(|_| "the path contains a zero byte".to_owned())?;
        // SAFETY: the path is a C string. Opening runs the library's constructors: the probe has survived them.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            return Err(last_error());
        }
        Ok(Library(handle))
    }

    /// The address of a symbol; null if there is none.
    pub fn symbol(&self, name: &CStr) -> *mut c_void {
        // SAFETY: the handle is open and the name a C string.
        unsafe { libc::dlsym(self.0, name.as_ptr()) }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nothing of the library is registered any more when its module is dropped.
        unsafe { libc::dlclose(self.0) };
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
