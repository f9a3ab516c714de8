//! INFO memory, and the figures that MEMORY STATS and DOCTOR share with it.

use super::{Lines, human_bytes, ratio};
use crate::host::AllocatorFigures;
use crate::state::State;

/// Memory by what it is used for, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryFigures {
    pub used: u64,
    pub peak: u64,
    pub startup: u64,
    pub resident: u64,
    pub clients_normal: u64,
    pub clients_replicas: u64,
    /// What is kept of the replication stream, and what of that is the backlog.
    pub stream: u64,
    pub backlog: u64,
    pub aof_buffer: u64,
    pub not_counted: u64,
    pub overhead_main: u64,
    pub overhead_expires: u64,
    pub rehashing: u64,
    pub rehashing_databases: u64,
    pub overhead: u64,
    pub dataset: u64,
    pub keys: u64,
    pub allocator: AllocatorFigures,
}

impl MemoryFigures {
    /// Share of the data set in what was allocated since the start, in percent.
    pub fn dataset_percent(&self) -> f64 {
        ratio(self.dataset, self.used.saturating_sub(self.startup)) * 100.0
    }

    /// Resident memory per used memory.
    pub fn fragmentation(&self) -> f64 {
        ratio(self.resident, self.used)
    }

    /// Memory the allocator holds for what is in use, since that is spread over pages.
    pub fn allocator_fragmentation(&self) -> f64 {
        1.0 + self.allocator.fragmented_percent() / 100.0
    }
}

impl State {
    /// Measures the memory in use.
    pub fn memory_figures(&mut self) -> MemoryFigures {
        let used = (self.ports.memory_used_bytes)() as u64;
        self.stats.peak_memory_bytes = self.stats.peak_memory_bytes.max(used);
        let slow_replicas = if self.feed.is_empty() { 0 } else { self.stream_surplus_bytes() };
        let mut figures = MemoryFigures {
            used,
            peak: self.stats.peak_memory_bytes,
            startup: self.host.facts.startup_memory_bytes,
            resident: (self.host.port.process)().resident_bytes,
            allocator: (self.host.port.allocator)(),
            stream: self.feed.memory_bytes(),
            backlog: self.feed.memory_bytes() - slow_replicas,
            clients_replicas: slow_replicas,
            aof_buffer: self.aof.buffered_bytes() as u64,
            not_counted: self.memory_not_counted(),
            ..MemoryFigures::default()
        };
        for (_, client) in self.clients.iter().filter(|(_, client)| client.is_real()) {
            let part = if client.is_replica() {
                &mut figures.clients_replicas
            } else {
                &mut figures.clients_normal
            };
            *part += client.memory_bytes() as u64;
        }
        for database in &self.databases {
            figures.keys += database.len() as u64;
            figures.overhead_main += database.overhead_main_bytes() as u64;
            figures.overhead_expires += database.overhead_expires_bytes() as u64;
            figures.rehashing_databases += u64::from(database.is_rehashing());
        }
        figures.overhead = figures.startup
            + figures.clients_normal
            + figures.clients_replicas
            + figures.backlog
            + figures.aof_buffer
            + figures.overhead_main
            + figures.overhead_expires;
        figures.dataset = used.saturating_sub(figures.overhead);
        figures
    }
}

pub fn write(state: &mut State, lines: &mut Lines) {
    let figures = state.memory_figures();
    let process = (state.host.port.process)();
    lines.bytes("used_memory", figures.used);
    lines.bytes("used_memory_rss", figures.resident);
    lines.bytes("used_memory_peak", figures.peak);
    lines.field("used_memory_peak_time", state.clock.unix_s());
    lines.field(
        "used_memory_peak_perc",
        format!("{:.2}%", ratio(figures.used, figures.peak) * 100.0),
    );
    lines.field("used_memory_overhead", figures.overhead);
    lines.field("used_memory_startup", figures.startup);
    lines.field("used_memory_dataset", figures.dataset);
    lines.field("used_memory_dataset_perc", format!("{:.2}%", figures.dataset_percent()));
    lines.field("allocator_allocated", figures.allocator.allocated);
    lines.field("allocator_active", figures.allocator.active);
    lines.field("allocator_resident", figures.allocator.resident);
    lines.field("allocator_muzzy", figures.allocator.muzzy);
    lines.bytes("total_system_memory", process.total_memory_bytes);
    write_scripts(state, lines);
    lines.bytes("maxmemory", state.config.maxmemory);
    lines.field("maxmemory_policy", state.config.maxmemory_policy.name());
    write_fragmentation(&figures, lines);
    write_parts(&figures, lines);
    lines.field("mem_allocator", allocator_name(state));
    lines.field("mem_overhead_db_hashtable_rehashing", figures.rehashing);
    lines.field("active_defrag_running", state.defrag.running_percent());
    lines.field("lazyfree_pending_objects", state.lazyfree.pending_objects());
    lines.field("lazyfreed_objects", state.lazyfree.freed_objects());
}

fn allocator_name(state: &State) -> &'static str {
    match state.host.facts.allocator_name {
        "" => "libc",
        name => name,
    }
}

fn write_scripts(state: &State, lines: &mut Lines) {
    let figures = state.script_figures();
    let vm_bytes = (figures.eval_vm_bytes + figures.function_vm_bytes) as u64;
    lines.field("used_memory_lua", figures.eval_vm_bytes);
    lines.field("used_memory_vm_eval", figures.eval_vm_bytes);
    lines.field("used_memory_lua_human", human_bytes(figures.eval_vm_bytes as u64));
    lines.field("used_memory_scripts_eval", figures.script_bytes);
    lines.field("number_of_cached_scripts", figures.scripts);
    lines.field("number_of_functions", figures.functions);
    lines.field("number_of_libraries", figures.libraries);
    lines.field("used_memory_vm_functions", figures.function_vm_bytes);
    lines.field("used_memory_vm_total", vm_bytes);
    lines.field("used_memory_vm_total_human", human_bytes(vm_bytes));
    lines.field("used_memory_functions", figures.function_bytes);
    lines.field("used_memory_hash_templates", state.templates.memory_bytes());
    lines.bytes("used_memory_scripts", (figures.script_bytes + figures.function_bytes) as u64);
}

fn write_fragmentation(figures: &MemoryFigures, lines: &mut Lines) {
    let allocator = &figures.allocator;
    let difference = |more: u64, less: u64| i128::from(more) - i128::from(less);
    let two = |value: f64| format!("{value:.2}");
    lines.field("allocator_frag_ratio", two(figures.allocator_fragmentation()));
    lines.field("allocator_frag_bytes", allocator.fragmented);
    lines.field("allocator_rss_ratio", two(ratio(allocator.resident, allocator.active)));
    lines.field("allocator_rss_bytes", difference(allocator.resident, allocator.active));
    lines.field("rss_overhead_ratio", two(ratio(figures.resident, allocator.resident)));
    lines.field("rss_overhead_bytes", difference(figures.resident, allocator.resident));
    lines.field("mem_fragmentation_ratio", two(figures.fragmentation()));
    lines.field("mem_fragmentation_bytes", difference(figures.resident, figures.used));
}

fn write_parts(figures: &MemoryFigures, lines: &mut Lines) {
    lines.field("mem_not_counted_for_evict", figures.not_counted);
    lines.field("mem_replication_backlog", figures.backlog);
    lines.field("mem_total_replication_buffers", figures.stream);
    lines.field("mem_replica_full_sync_buffer", 0);
    lines.field("mem_clients_slaves", figures.clients_replicas);
    lines.field("mem_clients_normal", figures.clients_normal);
    lines.field("mem_clients_normal_shared", 0);
    lines.field("mem_clients_normal_unshared", 0);
    for name in [
        "mem_cluster_slot_migration_output_buffer",
        "mem_cluster_slot_migration_input_buffer",
        "mem_cluster_slot_migration_input_buffer_peak",
        "mem_cluster_links",
    ] {
        lines.field(name, 0);
    }
    lines.field("mem_aof_buffer", figures.aof_buffer);
}
