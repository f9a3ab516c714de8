//! Cluster: slots of keys, and what a node knows of its cluster.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::sync::OnceLock;

use module_abi::status;

use crate::context::{Auto, Ctx};
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

/// What the node knows of its cluster; none if it is in none.
fn view<'a>() -> Option<&'a cluster::View> {
    crate::host::state_in_use().cluster.as_ref().map(|cluster| &cluster.view)
}

/// A text that the module may keep: the names of nodes are few, and stay.
fn kept(text: &str) -> *const c_char {
    crate::commands::keep_text(&format!("{text}\0")).as_ptr().cast()
}

extern "C" fn get_my_cluster_id() -> *const c_char {
    view().map_or(std::ptr::null(), |view| kept(&view.myself().id))
}

extern "C" fn get_cluster_size() -> usize {
    view().map_or(0, |view| view.nodes().len())
}

extern "C" fn get_cluster_nodes_list(_ctx: *mut Ctx, count: *mut usize) -> *mut *const c_char {
    let Some(view) = view() else {
        ptr::put(count, 0);
        return std::ptr::null_mut();
    };
    let mut list: Vec<*const c_char> = view.nodes().iter().map(|node| kept(&node.id)).collect();
    ptr::put(count, list.len());
    list.push(std::ptr::null());
    let bytes = list.iter().flat_map(|pointer| (*pointer as usize).to_ne_bytes());
    crate::memory::duplicate(&bytes.collect::<Vec<u8>>(), false).cast()
}

extern "C" fn free_cluster_nodes_list(list: *mut c_void) {
    crate::memory::free(list);
}

/// Writes bytes where a module has room for them, if it has.
fn put_bytes(to: *mut c_char, bytes: impl Iterator<Item = u8>) {
    if to.is_null() {
        return;
    }
    for (index, byte) in bytes.enumerate() {
        ptr::put(to.wrapping_add(index), byte as c_char);
    }
}

extern "C" fn get_cluster_node_info(
    _ctx: *mut Ctx,
    id: *const c_char,
    ip: *mut c_char,
    primary: *mut c_char,
    port: *mut c_int,
    flags: *mut c_int,
) -> c_int {
    /// Room that modules have for addresses, and for names, which no zero ends; those of nobody are zeros.
    const IP_BYTES: usize = 46;
    const NAME_BYTES: usize = 40;
    let Some(node) = view().and_then(|view| view.node(&ptr::c_text(id))) else {
        return status::ERR;
    };
    put_bytes(ip, node.ip.bytes().take(IP_BYTES - 1).chain([0]));
    let name = node.primary.as_deref().unwrap_or("");
    put_bytes(primary, name.bytes().chain(std::iter::repeat(0)).take(NAME_BYTES));
    ptr::put(port, c_int::from(node.port));
    let known = ["myself", "master", "slave", "fail?", "fail", "nofailover"];
    let bits = known.iter().enumerate().filter(|(_, name)| node.is(name));
    ptr::put(flags, bits.fold(0, |flags, (bit, _)| flags | 1 << bit));
    status::OK
}

/// Valkey's: the same, with the address that the client of this number would reach the node by. There is one address.
extern "C" fn get_cluster_node_info_for_client(
    ctx: *mut Ctx,
    client: u64,
    id: *const c_char,
    ip: *mut c_char,
    primary: *mut c_char,
    port: *mut c_int,
    flags: *mut c_int,
) -> c_int {
    if crate::host::state_in_use().clients.by_number(client).is_none() {
        return status::ERR;
    }
    get_cluster_node_info(ctx, id, ip, primary, port, flags)
}

/// `RedisModuleSlotRangeArray`: a number and so many pairs.
fn range_array(ctx: *mut Ctx, ranges: &[(u16, u16)]) -> *mut c_void {
    let mut bytes = (ranges.len() as i32).to_ne_bytes().to_vec();
    for (first, last) in ranges {
        bytes.extend_from_slice(&first.to_ne_bytes());
        bytes.extend_from_slice(&last.to_ne_bytes());
    }
    let array = crate::memory::duplicate(&bytes, false).cast();
    if let Some(ctx) = ptr::reference(ctx) {
        ctx.keep(Auto::SlotRanges(array));
    }
    array
}

extern "C" fn get_cluster_node_slot_ranges(ctx: *mut Ctx, id: *const c_char) -> *mut c_void {
    let node = view().and_then(|view| view.node(&ptr::c_text(id)));
    range_array(ctx, &node.map_or_else(Vec::new, |node| node.slots.ranges()))
}

extern "C" fn cluster_get_local_slot_ranges(ctx: *mut Ctx) -> *mut c_void {
    let Some(view) = view() else {
        // Whoever is in no cluster has all slots.
        return range_array(ctx, &[(0, SLOTS as u16 - 1)]);
    };
    let myself = view.myself();
    let primary = myself.primary.as_ref().and_then(|id| view.node(id));
    range_array(ctx, &primary.unwrap_or(myself).slots.ranges())
}

extern "C" fn cluster_free_slot_ranges(ctx: *mut Ctx, array: *mut c_void) {
    if let Some(ctx) = ptr::reference(ctx) {
        ctx.forget(&Auto::SlotRanges(array));
    }
    crate::memory::free(array);
}

/// There is no bus, so nobody can be told anything; a node that knows of no other has told all of them.
extern "C" fn send_cluster_message(_ctx: *mut Ctx, target: *const c_char) -> c_int {
    let alone = view().is_some_and(|view| view.nodes().len() == 1);
    if target.is_null() && alone { status::OK } else { status::ERR }
}

/// Without a bus no message comes.
extern "C" fn register_receiver() {}

/// Commands are served whatever the slots of their keys, and nobody is sent to another node.
const NO_REDIRECTION: u64 = 1 << 2;

/// The other flag forbids failovers, of which there are none.
extern "C" fn set_cluster_flags(_ctx: *mut Ctx, flags: u64) {
    if let Some(cluster) = &mut crate::host::state_in_use().cluster {
        cluster.serves_every_slot = flags & NO_REDIRECTION != 0;
    }
}

extern "C" fn cluster_can_access_keys_in_slot(slot: c_int) -> c_int {
    let mine = match (view(), u16::try_from(slot)) {
        (Some(view), Ok(slot)) => view.is_mine(slot),
        (None, _) => true,
        (Some(_), Err(_)) => false,
    };
    c_int::from(mine)
}

/// Slots move between nodes over the cluster bus, which this version has not: there is nothing to trim, and no migration that
/// a module could add to.
extern "C" fn trim_setting() -> c_int {
    status::OK
}

extern "C" fn propagate_for_slot_migration() -> c_int {
    crate::errno::fail(libc::EBADF)
}

extern "C" fn get_client_certificate(_ctx: *mut Ctx, _id: u64) -> *mut ModuleString {
    std::ptr::null_mut()
}

pub fn register(table: &mut Table) {
    table.add("ClusterKeySlot", cluster_key_slot as *const ());
    table.add("ClusterKeySlotC", cluster_key_slot_c as *const ());
    table.add("ClusterCanonicalKeyNameInSlot", cluster_canonical_key_name_in_slot as *const ());
    table.add("GetMyClusterID", get_my_cluster_id as *const ());
    table.add("GetClusterSize", get_cluster_size as *const ());
    table.add("GetClusterNodesList", get_cluster_nodes_list as *const ());
    table.add("FreeClusterNodesList", free_cluster_nodes_list as *const ());
    table.add("GetClusterNodeInfo", get_cluster_node_info as *const ());
    table.add("GetClusterNodeInfoForClient", get_cluster_node_info_for_client as *const ());
    table.add("GetClusterNodeSlotRanges", get_cluster_node_slot_ranges as *const ());
    table.add("ClusterGetLocalSlotRanges", cluster_get_local_slot_ranges as *const ());
    table.add("ClusterFreeSlotRanges", cluster_free_slot_ranges as *const ());
    table.add("ClusterDisableTrim", trim_setting as *const ());
    table.add("ClusterEnableTrim", trim_setting as *const ());
    table.add("ClusterPropagateForSlotMigration", propagate_for_slot_migration as *const ());
    table.add("SendClusterMessage", send_cluster_message as *const ());
    table.add("RegisterClusterMessageReceiver", register_receiver as *const ());
    table.add("SetClusterFlags", set_cluster_flags as *const ());
    table.add("ClusterCanAccessKeysInSlot", cluster_can_access_keys_in_slot as *const ());
    table.add("GetClientCertificate", get_client_certificate as *const ());
}
