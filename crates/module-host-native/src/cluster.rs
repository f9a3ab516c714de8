//! Cluster: slots of keys, and what a server that is no member of a cluster answers.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::OnceLock;

use module_abi::status;

use crate::context::Ctx;
use crate::ptr;
use crate::strings::{ModuleString, StringPtr, bytes_of};
use crate::table::Table;

/// Slots of a cluster.
const SLOTS: usize = 16384;

/// A short text for each slot that hashes to it, with its zero byte.
fn canonical_names() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let mut names = vec![String::new(); SLOTS];
        let mut left = SLOTS;
        let mut number = 0u32;
        while left > 0 {
            let name = format!("{number:x}");
            let place = &mut names[usize::from(stdx::crc16::slot(name.as_bytes()))];
            if place.is_empty() {
                *place = name + "\0";
                left -= 1;
            }
            number += 1;
        }
        names
    })
}

extern "C" fn cluster_key_slot(key: StringPtr) -> c_uint {
    c_uint::from(stdx::crc16::key_slot(bytes_of(key)))
}

extern "C" fn cluster_key_slot_c(key: *const c_char, len: usize) -> c_uint {
    c_uint::from(stdx::crc16::key_slot(ptr::bytes(key, len)))
}

extern "C" fn cluster_canonical_key_name_in_slot(slot: c_uint) -> *const c_char {
    canonical_names().get(slot as usize).map_or(std::ptr::null(), |name| name.as_ptr().cast())
}

extern "C" fn no_node_id() -> *const c_char {
    std::ptr::null()
}

extern "C" fn no_nodes() -> usize {
    0
}

extern "C" fn no_node_list(_ctx: *mut Ctx, count: *mut usize) -> *mut *mut c_char {
    ptr::put(count, 0);
    std::ptr::null_mut()
}

extern "C" fn nothing_to_free(_list: *mut c_void) {}

extern "C" fn refused() -> c_int {
    status::ERR
}

extern "C" fn ignored() {}

extern "C" fn can_access_keys_in_slot(_slot: c_int) -> c_int {
    1
}

extern "C" fn get_client_certificate(_ctx: *mut Ctx, _id: u64) -> *mut ModuleString {
    std::ptr::null_mut()
}

pub fn register(table: &mut Table) {
    table.add("ClusterKeySlot", cluster_key_slot as *const ());
    table.add("ClusterKeySlotC", cluster_key_slot_c as *const ());
    table.add("ClusterCanonicalKeyNameInSlot", cluster_canonical_key_name_in_slot as *const ());
    table.add("GetMyClusterID", no_node_id as *const ());
    table.add("GetClusterSize", no_nodes as *const ());
    table.add("GetClusterNodesList", no_node_list as *const ());
    table.add("FreeClusterNodesList", nothing_to_free as *const ());
    table.add("GetClusterNodeInfo", refused as *const ());
    table.add("SendClusterMessage", refused as *const ());
    table.add("RegisterClusterMessageReceiver", ignored as *const ());
    table.add("SetClusterFlags", ignored as *const ());
    table.add("ClusterCanAccessKeysInSlot", can_access_keys_in_slot as *const ());
    table.add("GetClientCertificate", get_client_certificate as *const ());
}
