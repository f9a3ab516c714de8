//! What is done `hz` times per second: the engine's own cron, clients looked at in turn, memory figures.

use engine::{ClientId, client_flag};

use crate::event_loop::Shell;
use crate::limits::CLIENTS_PER_CRON_MIN;
use crate::log::log;
use crate::port::EnginePort as _;

/// When the cron runs next, and where it stands with the clients.
#[derive(Debug, Default)]
pub struct Cron {
    due_us: u64,
    /// Number of the client looked at next.
    next_client: usize,
    runs: u64,
}

impl Cron {
    pub fn due_us(&self) -> u64 {
        self.due_us
    }

    /// Lets the next turn of the loop run the cron.
    pub fn make_due(&mut self) {
        self.due_us = 0;
    }
}

/// With more clients than this per call the frequency doubles, while `dynamic-hz` is on.
const CLIENTS_PER_CALL: usize = 200;
const HZ_MAX: u32 = 500;

impl Shell {
    /// Runs the cron when its time has come.
    pub fn run_cron_if_due(&mut self) {
        let now_us = self.engine.monotonic_us();
        if now_us < self.cron.due_us {
            return;
        }
        if self.engine.state.debug.cron_paused {
            self.cron.due_us = now_us + 10_000;
            return;
        }
        let hz = self.effective_hz();
        self.cron.due_us = now_us + 1_000_000 / u64::from(hz);
        self.cron.runs += 1;
        crate::allocator::renew();
        self.engine.cron();
        self.clients_cron(hz);
        self.primary_cron();
        self.shutdown_cron();
        self.reap_children();
        self.sync_cron();
    }

    fn effective_hz(&self) -> u32 {
        let mut hz = u32::try_from(self.engine.config().hz).unwrap_or(1).clamp(1, HZ_MAX);
        if self.engine.config().dynamic_hz {
            while self.connections.len() / hz as usize > CLIENTS_PER_CALL && hz < HZ_MAX {
                hz = (hz * 2).min(HZ_MAX);
            }
        }
        hz
    }

    /// Looks at a share of the clients, so that each is seen about once per second.
    fn clients_cron(&mut self, hz: u32) {
        let slots = self.connections.slots();
        let share = (self.connections.len() / hz as usize).max(CLIENTS_PER_CRON_MIN).min(slots);
        let mut seen = 0;
        for _ in 0..slots {
            if seen >= share {
                break;
            }
            if self.cron.next_client >= slots {
                self.cron.next_client = 0;
            }
            let id = ClientId(u32::try_from(self.cron.next_client).unwrap_or(u32::MAX));
            self.cron.next_client += 1;
            if self.connections.get(id).is_some() {
                seen += 1;
                self.client_cron(id);
            }
        }
    }

    fn client_cron(&mut self, id: ClientId) {
        if self.close_if_idle(id) || self.check_output_limit(id) {
            return;
        }
        let now_ms = self.engine.unix_ms();
        let (Some(connection), Some(client)) =
            (self.connections.get_mut(id), self.engine.client_mut(id))
        else {
            return;
        };
        if connection.has_own_buffer() {
            connection.shrink_query(now_ms - client.last_interaction_ms);
            self.engine.note_query_buffer(id, connection);
        }
        self.engine.state.client_cron(id);
    }

    /// Closes a client that has not said a word for longer than `timeout`.
    fn close_if_idle(&mut self, id: ClientId) -> bool {
        const EXEMPT: u64 =
            client_flag::REPLICA | client_flag::MASTER | client_flag::BLOCKED | client_flag::PUBSUB;
        let timeout_s = i64::from(self.engine.config().timeout);
        if timeout_s == 0 || self.engine.client_flags(id) & EXEMPT != 0 {
            return false;
        }
        let now_ms = self.engine.unix_ms();
        let Some(client) = self.engine.client_mut(id) else { return false };
        if (now_ms - client.last_interaction_ms) / 1000 <= timeout_s {
            return false;
        }
        log!(Verbose, "Closing idle client");
        self.close(id);
        true
    }
}
