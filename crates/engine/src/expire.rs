//! Active expiry: keys whose time has come are deleted even if nobody asks for them.

use keyspace::{KeyRecord, Value};

use crate::state::State;

/// Keys looked at per database in one round.
const KEYS_PER_ROUND: usize = 20;
/// Share of expired among the sampled from which another round follows, in percent.
const ACCEPTABLE_STALE_PERCENT: usize = 10;
/// Share of a cron period that the slow cycle may take, in percent.
const SLOW_TIME_PERCENT: u64 = 25;
/// Longest fast cycle, in microseconds.
const FAST_DURATION_US: u64 = 1000;
/// Time between two looks at the producers of streams.
const PRODUCERS_PERIOD_US: u64 = 1_000_000;

impl State {
    /// Before each wait of the event loop: a short cycle, only if the last slow one did not finish.
    pub(crate) fn active_expire_fast(&mut self) {
        if self.active_expire.timed_out {
            let now_us = self.clock.monotonic_us_now();
            if now_us >= self.active_expire.next_fast_us {
                self.active_expire.next_fast_us = now_us + 2 * FAST_DURATION_US;
                self.active_expire_cycle(FAST_DURATION_US);
            }
        }
    }

    /// From cron.
    pub(crate) fn active_expire_slow(&mut self) {
        let hz = u64::try_from(self.config.hz).unwrap_or(10).max(1);
        self.active_expire_cycle(1_000_000 * SLOW_TIME_PERCENT / hz / 100);
        self.expire_own();
    }

    /// From cron, once a second: streams forget what producers added too long ago. It is no change of the data.
    pub(crate) fn expire_producers(&mut self) {
        let now_us = self.clock.monotonic_us_now();
        if now_us < self.active_expire.next_producers_us {
            return;
        }
        self.active_expire.next_producers_us = now_us + PRODUCERS_PERIOD_US;
        let now_ms = self.clock.unix_ms();
        for database in &mut self.databases {
            for key in database.streams_with_producers() {
                let record = database.find_mut(&key);
                if let Some(Value::Stream(stream)) = record.and_then(KeyRecord::value_mut) {
                    stream.expire_producers(now_ms);
                }
                database.stream_changed(&key);
            }
        }
    }

    fn active_expire_cycle(&mut self, budget_us: u64) {
        if !self.active_expire_enabled || !self.may_delete_expired() {
            return;
        }
        let started_us = self.clock.monotonic_us_now();
        self.active_expire.timed_out = false;
        let count = self.databases.len();
        for _ in 0..count {
            let db = self.active_expire.next_db % count;
            self.active_expire.next_db = db + 1;
            while self.expire_round(db) {
                let passed_us = self.clock.monotonic_us_now() - started_us;
                if passed_us > budget_us {
                    self.active_expire.timed_out = true;
                    self.stats.expired_time_cap_reached_count += 1;
                    break;
                }
            }
            if !self.active_expire_fields(db, started_us + budget_us) {
                self.active_expire.timed_out = true;
            }
            if self.active_expire.timed_out {
                break;
            }
        }
        let passed_us = self.clock.monotonic_us_now() - started_us;
        self.stats.expire_cycle_cpu_us += passed_us;
        self.note_latency("expire-cycle", passed_us / 1000);
        self.commit();
        self.wake_blocked();
    }

    fn is_there_but_expired(&self, db: usize, key: &[u8]) -> bool {
        self.databases[db].find(key).is_some_and(|record| self.is_expired(record))
    }

    /// Samples once; `true` if many of the sampled were expired.
    fn expire_round(&mut self, db: usize) -> bool {
        if self.databases[db].expires_len() == 0 {
            return false;
        }
        let now_ms = self.clock.unix_ms();
        let sample = self.databases[db].sample_expired(now_ms, KEYS_PER_ROUND);
        let found = sample.expired.len();
        for key in sample.expired {
            // Guests that heard of one key may have changed another.
            if self.has_event_listeners() && !self.is_there_but_expired(db, &key) {
                continue;
            }
            self.stats.expired_keys_active += 1;
            self.as_unit(|state| state.delete_expired(db, &key));
        }
        !sample.wrapped && found * 100 > sample.sampled * ACCEPTABLE_STALE_PERCENT
    }
}

/// Where the cycle stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct ActiveExpire {
    pub next_db: usize,
    pub timed_out: bool,
    pub next_fast_us: u64,
    /// When streams forget producers next.
    pub next_producers_us: u64,
}
