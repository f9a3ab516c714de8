//! The table of API functions that this host has, and `GetApi`, which modules call to get at them by name.

use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use module_abi::{functions, status};

use crate::ptr;

/// Functions by their name without prefix. The addresses are those of `extern "C"` functions, the same for every module but
/// for those that take memory.
#[derive(Default)]
pub struct Table(HashMap<&'static str, usize>);

impl Table {
    /// Adds a function; its signature is the one the Module API gives to this name.
    pub fn add(&mut self, name: &'static str, function: *const ()) {
        let before = self.0.insert(name, function as usize);
        assert!(before.is_none(), "{name} is in the table twice");
    }

    /// Whether the function is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// The table, made at first use.
pub fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::default();
        for register in crate::AREAS {
            register(&mut table);
        }
        table
    })
}

/// The type of `GetApi`.
pub type GetApi = extern "C" fn(name: *const c_char, slot: *mut *mut c_void) -> c_int;

/// Puts the address of a function into the module's slot. A name of the API that is not there yet gets a function that
/// reports itself when called, so that no module ever jumps through null; the answer says that it is missing.
pub extern "C" fn get_api<const ACCOUNT: usize>(
    name: *const c_char,
    slot: *mut *mut c_void,
) -> c_int {
    let full_name = ptr::c_text(name);
    let Some(name) = functions::without_prefix(&full_name) else { return status::ERR };
    if let Some(own) = crate::memory::of_account::<ACCOUNT>(name) {
        ptr::put(slot, own.cast_mut().cast());
        return status::OK;
    }
    if let Some(address) = table().0.get(name) {
        ptr::put(slot, *address as *mut c_void);
        return status::OK;
    }
    if let Some(known) = functions::all().find(|known| *known == name) {
        ptr::put(slot, crate::missing::stub_address(known));
    }
    status::ERR
}
