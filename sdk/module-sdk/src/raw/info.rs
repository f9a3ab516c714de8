//! What the module adds to INFO.

use super::api::{api, c_text};
use super::entry::RawInfo;

/// Sections and fields, in the order in which they are added. Names are prefixed with the module's by the server.
#[derive(Debug)]
pub struct Info {
    to: RawInfo,
}

impl Info {
    pub(crate) fn new(to: RawInfo) -> Info {
        Info { to }
    }

    /// Begins a section; the fields that follow belong to it. Without a name it is the module's own.
    pub fn section(&mut self, name: Option<&str>) {
        let name = name.map(c_text);
        let name = name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr());
        // SAFETY: the server's handle of INFO; the name ends with a zero byte.
        unsafe { (api().InfoAddSection)(self.to, name) };
    }

    pub fn text(&mut self, name: &str, value: &str) {
        let (name, value) = (c_text(name), c_text(value));
        // SAFETY: as above.
        unsafe { (api().InfoAddFieldCString)(self.to, name.as_ptr(), value.as_ptr()) };
    }

    pub fn integer(&mut self, name: &str, value: i64) {
        let name = c_text(name);
        // SAFETY: as above.
        unsafe { (api().InfoAddFieldLongLong)(self.to, name.as_ptr(), value) };
    }

    pub fn count(&mut self, name: &str, value: u64) {
        let name = c_text(name);
        // SAFETY: as above.
        unsafe { (api().InfoAddFieldULongLong)(self.to, name.as_ptr(), value) };
    }

    pub fn double(&mut self, name: &str, value: f64) {
        let name = c_text(name);
        // SAFETY: as above.
        unsafe { (api().InfoAddFieldDouble)(self.to, name.as_ptr(), value) };
    }
}
