//! INFO clients: connections and what they wait for.

use super::Lines;
use crate::client::client_flag;
use crate::state::State;

/// A client that said something so recently counts as active.
const ACTIVE_MS: i64 = 512;

pub fn write(state: &mut State, lines: &mut Lines) {
    let real = || state.clients.iter().map(|(_, client)| client).filter(|client| client.is_real());
    let count = |bits: u64| real().filter(|client| client.has(bits)).count();
    let (input, output) = state.clients.buffers.recent.largest(state.clock.unix_s());
    let pubsub =
        real().filter(|client| client.subscriptions() + client.shard_channels.len() > 0).count();
    lines.field("connected_clients", state.clients.connected() - count(client_flag::REPLICA));
    lines.field("cluster_connections", 0);
    lines.field("maxclients", state.config.maxclients);
    lines.field("client_recent_max_input_buffer", input);
    lines.field("client_recent_max_output_buffer", output);
    lines.field("blocked_clients", state.blocked_keys.clients);
    lines.field("tracking_clients", count(client_flag::TRACKING));
    lines.field("pubsub_clients", pubsub);
    lines.field("watching_clients", real().filter(|client| !client.watched.is_empty()).count());
    lines.field("clients_in_timeout_table", state.block_deadlines.len());
    let now_ms = state.clock.unix_ms();
    let active = real().filter(|client| now_ms - client.last_interaction_ms <= ACTIVE_MS).count();
    lines.field("active_clients", active);
    lines.field("total_watched_keys", state.watched.len());
    lines.field("total_blocking_keys", state.blocked_keys.keys());
    let heard_of = state.blocked_keys.keys_heard_of_when_gone(&state.clients);
    lines.field("total_blocking_keys_on_nokey", heard_of);
}
