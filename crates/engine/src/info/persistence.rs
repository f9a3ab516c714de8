//! INFO persistence: the state of saving and loading.

use super::Lines;
use crate::loading::LoadingFrom;
use crate::state::State;

pub fn write(state: &mut State, lines: &mut Lines) {
    let saving = state.saving;
    lines.field("loading", i32::from(state.is_loading()));
    lines.field("async_loading", 0);
    let children = state.saving.children;
    let report = children.report();
    lines.field("current_cow_peak", report.cow_peak_bytes);
    lines.field("current_cow_size", report.cow_bytes);
    lines.field("current_cow_size_age", children.report_age_s(state.clock.unix_ms()));
    lines.field("current_fork_perc", format!("{:.2}", children.percent()));
    lines.field("current_save_keys_processed", report.keys);
    lines.field("current_save_keys_total", children.keys_total);
    lines.field("rdb_changes_since_last_save", state.dirty);
    lines.field("rdb_bgsave_in_progress", i32::from(saving.child().is_some()));
    lines.field("rdb_last_save_time", saving.last_save_s);
    lines.field("rdb_last_bgsave_status", if saving.last_succeeded { "ok" } else { "err" });
    lines.field("rdb_last_bgsave_time_sec", saving.last_duration_s);
    lines.field("rdb_current_bgsave_time_sec", saving.current_duration_s(state.clock.unix_s()));
    lines.field("rdb_saves", saving.saves);
    lines.field("rdb_saves_consecutive_failures", saving.failures_in_row);
    lines.field("rdb_last_cow_size", children.save_cow_bytes);
    lines.field("rdb_last_load_keys_expired", saving.loaded.expired);
    lines.field("rdb_last_load_keys_loaded", saving.loaded.loaded);
    // While its file is read nothing is written.
    let from_aof = saving.loading.is_some_and(|loading| loading.from == LoadingFrom::Aof);
    let has_aof = state.aof.mode != crate::aof::Mode::Off;
    lines.field("aof_enabled", i32::from(has_aof && !from_aof));
    let status = |good: bool| if good { "ok" } else { "err" };
    let aof = &state.aof;
    lines.field("aof_rewrite_in_progress", i32::from(aof.child().is_some()));
    lines.field("aof_rewrite_scheduled", i32::from(aof.scheduled));
    lines.field("aof_last_rewrite_time_sec", aof.last_rewrite_duration_s);
    lines.field("aof_current_rewrite_time_sec", aof.current_duration_s(state.clock.unix_s()));
    lines.field("aof_last_bgrewrite_status", status(aof.last_rewrite_succeeded));
    lines.field("aof_rewrites", aof.rewrites);
    lines.field("aof_rewrites_consecutive_failures", aof.failures_in_row);
    lines.field("aof_last_write_status", status(aof.write_error().is_none()));
    lines.field("aof_last_cow_size", children.rewrite_cow_bytes);
    lines.field("backup_in_progress", i32::from(state.aof.backup.in_progress()));
    lines.field("module_fork_in_progress", i32::from(children.guest().is_some()));
    lines.field("module_fork_last_cow_size", children.guest_cow_bytes);
    let aof = &state.aof;
    if has_aof || from_aof {
        lines.field("aof_current_size", aof.current_bytes);
        lines.field("aof_base_size", aof.base_bytes);
        lines.field("aof_pending_rewrite", i32::from(aof.scheduled));
        lines.field("aof_buffer_length", aof.buffered_bytes());
        lines.field("aof_pending_bio_fsync", i32::from(aof.sync_pending()));
        lines.field("aof_delayed_fsync", aof.delayed_syncs);
    }
    if let Some(loading) = saving.loading {
        lines.field("loading_start_time", loading.started_s);
        lines.field("loading_total_bytes", loading.total_bytes);
        lines.field("loading_rdb_used_mem", loading.saved_memory_bytes);
        lines.field("loading_loaded_bytes", loading.loaded_bytes);
        lines.field("loading_loaded_perc", format!("{:.2}", loading.percent()));
        lines.field("loading_eta_seconds", loading.remaining_s(state.clock.monotonic_us()));
    }
}
