//! INFO replication: a primary without replicas, until replication comes.

use super::Lines;
use crate::state::State;

pub fn write(state: &mut State, lines: &mut Lines) {
    lines.field("role", "master");
    lines.field("connected_slaves", state.feed.replicas().len());
    lines.field("master_failover_state", "no-failover");
    lines.field("master_replid", &state.replication_id);
    lines.field("master_replid2", "0".repeat(40));
    lines.field("master_repl_offset", state.feed.offset);
    lines.field("second_repl_offset", -1);
    lines.field("repl_backlog_active", 0);
    lines.field("repl_backlog_size", state.config.repl_backlog_size);
    lines.field("repl_backlog_first_byte_offset", 0);
    lines.field("repl_backlog_histlen", 0);
}
