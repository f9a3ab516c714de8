//! INFO stats, threads and debug: what the server has counted of itself.

use super::Lines;
use crate::state::State;

pub fn write_threads(state: &mut State, lines: &mut Lines) {
    lines.field(
        "io_thread_0",
        format!(
            "clients={},reads={},writes={}",
            state.clients.connected(),
            state.stats.reads_processed,
            state.stats.writes_processed
        ),
    );
}

pub fn write(state: &mut State, lines: &mut Lines) {
    write_traffic(state, lines);
    write_keys(state, lines);
    write_features(state, lines);
    write_loop(state, lines);
    write_access(state, lines);
}

fn write_traffic(state: &State, lines: &mut Lines) {
    let stats = &state.stats;
    let two = |value: f64| format!("{value:.2}");
    lines.field("total_connections_received", stats.connections_received);
    lines.field("total_commands_processed", stats.commands_processed);
    lines.field("instantaneous_ops_per_sec", stats.ops_per_sec);
    lines.field("total_net_input_bytes", stats.net_input_bytes);
    lines.field("total_net_output_bytes", stats.net_output_bytes);
    lines.field("total_net_repl_input_bytes", 0);
    lines.field("total_net_repl_output_bytes", 0);
    lines.field("instantaneous_input_kbps", two(stats.input_kbps));
    lines.field("instantaneous_output_kbps", two(stats.output_kbps));
    lines.field("instantaneous_input_repl_kbps", "0.00");
    lines.field("instantaneous_output_repl_kbps", "0.00");
    lines.field("rejected_connections", stats.rejected_connections);
    lines.field("sync_full", stats.sync_full);
    lines.field("sync_partial_ok", stats.sync_partial_ok);
    lines.field("sync_partial_err", stats.sync_partial_err);
}

fn write_keys(state: &State, lines: &mut Lines) {
    let stats = &state.stats;
    lines.field("expired_subkeys", stats.expired_subkeys);
    lines.field("expired_subkeys_active", stats.expired_subkeys_active);
    lines.field("expired_keys", stats.expired_keys);
    lines.field("expired_keys_active", stats.expired_keys_active);
    lines.field("expired_stale_perc", format!("{:.2}", stats.expired_stale_percent));
    lines.field("expired_time_cap_reached_count", stats.expired_time_cap_reached_count);
    lines.field("expire_cycle_cpu_milliseconds", stats.expire_cycle_cpu_us / 1000);
    lines.field("evicted_keys", stats.evicted_keys);
    lines.field("evicted_clients", stats.evicted_clients);
    lines.field("evicted_scripts", stats.evicted_scripts);
    lines.field("total_eviction_exceeded_time", 0);
    lines.field("current_eviction_exceeded_time", 0);
    lines.field("keyspace_hits", stats.keyspace_hits);
    lines.field("keyspace_misses", stats.keyspace_misses);
    lines.field("pubsub_channels", state.pubsub.channels.len());
    lines.field("pubsub_patterns", state.pubsub.patterns.len());
    lines.field("pubsubshard_channels", state.pubsub.shard_channels.len());
}

fn write_features(state: &State, lines: &mut Lines) {
    lines.field("latest_fork_usec", state.saving.latest_fork_us);
    lines.field("total_forks", state.saving.forks);
    lines.field("migrate_cached_sockets", state.links.len());
    lines.field("slave_expires_tracked_keys", state.primary_link.own_expiries.len());
    let defrag = &state.defrag.stats;
    lines.field("active_defrag_hits", defrag.hits);
    lines.field("active_defrag_misses", defrag.misses);
    lines.field("active_defrag_key_hits", defrag.key_hits);
    lines.field("active_defrag_key_misses", defrag.key_misses);
    let running_us = state.defrag.running_us(state.clock.monotonic_us());
    lines.field("total_active_defrag_time", defrag.total_us / 1000);
    lines.field("current_active_defrag_time", running_us / 1000);
    lines.field("tracking_total_keys", state.tracking.keys());
    lines.field("tracking_total_items", state.tracking.items());
    lines.field("tracking_total_prefixes", state.tracking.prefixes());
    lines.field("unexpected_error_replies", state.stats.unexpected_error_replies);
    lines.field("total_error_replies", state.stats.total_error_replies);
    lines.field("dump_payload_sanitizations", 0);
}

fn write_loop(state: &State, lines: &mut Lines) {
    let stats = &state.stats;
    let event_loop = &stats.event_loop;
    lines.field("total_reads_processed", stats.reads_processed);
    lines.field("total_writes_processed", stats.writes_processed);
    lines.field("io_threaded_reads_processed", 0);
    lines.field("io_threaded_writes_processed", 0);
    lines.field("io_threaded_total_prefetch_batches", stats.prefetch_batches);
    lines.field("io_threaded_total_prefetch_entries", stats.prefetch_entries);
    lines.field(
        "client_query_buffer_limit_disconnections",
        stats.client_query_buffer_limit_disconnections,
    );
    lines.field(
        "client_output_buffer_limit_disconnections",
        stats.client_output_buffer_limit_disconnections,
    );
    lines.field("reply_buffer_shrinks", stats.reply_buffer_shrinks);
    lines.field("reply_buffer_expands", stats.reply_buffer_expands);
    lines.field("eventloop_cycles", event_loop.cycles);
    lines.field("eventloop_duration_sum", event_loop.duration_us);
    lines.field("eventloop_duration_cmd_sum", event_loop.commands_us);
    lines.field("instantaneous_eventloop_cycles_per_sec", event_loop.cycles_per_sec.round());
    lines.field("instantaneous_eventloop_duration_usec", event_loop.duration_us_per_cycle.round());
    lines.field("eventloop_cycles_with_clients_processing", event_loop.cycles_with_commands);
    lines.field("total_client_processing_events", stats.reads_processed);
    lines.field("avg_pipeline_length_sum", stats.commands_processed);
    lines.field("avg_pipeline_length_cnt", stats.reads_processed);
    let reads = stats.reads_processed.max(1);
    let average = stats.commands_processed as f64 / reads as f64;
    lines.field("avg_pipeline_length", format!("{average:.2}"));
}

fn write_access(state: &State, lines: &mut Lines) {
    let stats = &state.stats;
    let slowlog = &state.slowlog;
    lines.field("slowlog_commands_count", slowlog.total);
    lines.field("slowlog_commands_time_ms_max", format!("{:.2}", slowlog.max_us as f64 / 1e3));
    lines.field("slowlog_commands_time_ms_sum", format!("{:.2}", slowlog.sum_us as f64 / 1e3));
    lines.field("hash_templates", state.templates.len());
    lines.field("hash_template_keys", state.templates.keys());
    lines.field("acl_access_denied_auth", stats.acl_access_denied_auth);
    lines.field("acl_access_denied_cmd", stats.acl_access_denied_cmd);
    lines.field("acl_access_denied_key", stats.acl_access_denied_key);
    lines.field("acl_access_denied_channel", stats.acl_access_denied_channel);
    lines.field("acl_access_denied_tls_cert", stats.acl_access_denied_tls_cert);
    if state.looks_at_compatibility() {
        lines.field("cluster_incompatible_ops", stats.cluster_incompatible_ops);
    }
}

/// Nothing, as long as nobody has asked for hot keys.
pub fn write_hotkeys(state: &mut State, lines: &mut Lines) {
    if let Some(hotkeys) = state.hotkeys.as_deref() {
        lines.field("hotkeys-tracking-active", u8::from(hotkeys.active));
        lines.field("hotkeys-cmd-cpu-time", 0);
    }
}

pub fn write_debug(state: &mut State, lines: &mut Lines) {
    let event_loop = &state.stats.event_loop;
    lines.field("eventloop_duration_aof_sum", 0);
    lines.field("eventloop_duration_cron_sum", event_loop.cron_us);
    lines.field("eventloop_duration_max", event_loop.duration_max_us);
    lines.field("eventloop_cmd_per_cycle_max", event_loop.commands_per_cycle_max);
    for name in [
        "allocator_allocated_lua",
        "allocator_active_lua",
        "allocator_resident_lua",
        "allocator_frag_bytes_lua",
    ] {
        lines.field(name, 0);
    }
}
