//! INFO replication: whom the server follows and how that link stands, who follows it, and what it keeps for them.

use super::Lines;
use crate::client::ClientId;
use crate::primary_link::LinkStage;
use crate::state::State;

pub fn write(state: &mut State, lines: &mut Lines) {
    lines.field("role", if state.is_replica() { "slave" } else { "master" });
    if let Some((host, port)) = &state.config.replicaof.0 {
        write_link(state, &String::from_utf8_lossy(host), *port, lines);
    }
    lines.field("connected_slaves", state.feed.replicas().len());
    if state.config.min_replicas_to_write > 0 && state.config.min_replicas_max_lag > 0 {
        lines.field("min_slaves_good_slaves", state.good_replicas());
    }
    let now_ms = state.clock.unix_ms();
    for (index, client) in state.feed.replicas().iter().enumerate() {
        let Some(replica) = &state.clients[*client].replica else { continue };
        let stage = replica.stage.name();
        let lag_s = if replica.is_online() { (now_ms - replica.ack_ms) / 1000 } else { 0 };
        let line = format!(
            "ip={},port={},state={stage},offset={},lag={lag_s},io-thread=0",
            state.replica_address(*client),
            replica.listening_port,
            replica.ack_offset,
        );
        lines.field(&format!("slave{index}"), line);
    }
    lines.field("master_failover_state", "no-failover");
    lines.field("master_replid", &state.replication_id);
    let (old_id, old_end) = match &state.feed.previous_id {
        Some((id, end)) => (id.clone(), i64::try_from(*end).unwrap_or(i64::MAX)),
        None => ("0".repeat(40), -1),
    };
    lines.field("master_replid2", old_id);
    lines.field("master_repl_offset", state.feed.offset);
    lines.field("second_repl_offset", old_end);
    lines.field("repl_backlog_active", u8::from(state.feed.has_backlog()));
    lines.field("repl_backlog_size", state.config.repl_backlog_size);
    lines.field("repl_backlog_first_byte_offset", state.feed.first_offset());
    lines.field("repl_backlog_histlen", state.feed.backlog_len());
}

fn write_link(state: &State, host: &str, port: u16, lines: &mut Lines) {
    let link = &state.primary_link;
    let now_ms = state.clock.unix_ms();
    let seconds_since = |since_ms: i64| (now_ms - since_ms) / 1000;
    let up = link.stage == LinkStage::Connected;
    let syncing = link.stage == LinkStage::Sync;
    lines.field("master_host", host);
    lines.field("master_port", port);
    lines.field("master_link_status", if up { "up" } else { "down" });
    let last_io_s = if link.client.is_some() { seconds_since(link.last_io_ms) } else { -1 };
    lines.field("master_last_io_seconds_ago", last_io_s);
    lines.field("master_sync_in_progress", u8::from(syncing));
    lines.field("slave_read_repl_offset", state.feed.offset + state.primary_bytes_waiting());
    lines.field("slave_repl_offset", state.feed.offset);
    lines.field("replica_full_sync_buffer_size", 0);
    lines.field("replica_full_sync_buffer_peak", 0);
    lines.field("master_current_sync_attempts", link.attempts);
    lines.field("master_total_sync_attempts", link.attempts_total);
    if syncing {
        let total = link.transfer_bytes.unwrap_or(0);
        let read = link.transfer_read_bytes;
        let percent = if total > 0 { read as f64 / total as f64 * 100.0 } else { 0.0 };
        lines.field("master_sync_total_bytes", total);
        lines.field("master_sync_read_bytes", read);
        lines.field("master_sync_left_bytes", total.saturating_sub(read));
        lines.field("master_sync_perc", format!("{percent:.2}"));
        lines.field("master_sync_last_io_seconds_ago", seconds_since(link.last_io_ms));
    }
    if up {
        lines.field("master_link_up_since_seconds", seconds_since(link.up_since_ms));
        lines.field("master_client_io_thread", 0);
    } else {
        let since_s = link.down_since_ms.map_or(-1, seconds_since);
        lines.field("master_link_down_since_seconds", since_s);
    }
    lines.field("total_disconnect_time_sec", link.down_total_ms / 1000);
    lines.field("slave_priority", state.config.replica_priority);
    lines.field("slave_read_only", u8::from(state.config.replica_read_only));
    lines.field("replica_announced", u8::from(state.config.replica_announced));
}

impl State {
    /// What a replica is called: as it says, or as its connection does.
    pub fn replica_address(&self, client: ClientId) -> String {
        let Some(client) = self.clients.get(client) else { return String::new() };
        match &client.replica {
            Some(replica) if !replica.ip_address.is_empty() => replica.ip_address.clone(),
            _ => {
                let address = &client.peer.address;
                let host = address.rsplit_once(':').map_or(address.as_str(), |(host, _)| host);
                host.trim_matches(['[', ']']).to_owned()
            }
        }
    }
}
