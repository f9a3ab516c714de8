//! Making room: which keys go when memory is above `maxmemory`.
//!
//! As in Redis the choice is approximate: a few keys are looked at, and the best candidates seen are remembered for
//! the next time. It stops after a while, so that a lowered limit does not stop the server; the cron goes on.

use config::enums::MaxmemoryPolicy;
use keyspace::{KeyRecord, ResizePolicy};

use crate::access;
use crate::notify::class;
use crate::server_event::KeyGoes;
use crate::state::State;

/// Candidates that are remembered.
const POOL_SIZE: usize = 16;
/// Keys after which the time is looked at.
const KEYS_PER_LOOK: u32 = 16;
/// How long one call may take, in microseconds.
const BUDGET_US: u64 = 500;

/// A key that may go.
struct Candidate {
    /// The greater, the sooner it goes.
    score: u64,
    db: usize,
    key: Box<[u8]>,
}

/// The best candidates seen so far, the best last.
#[derive(Default)]
pub struct EvictionPool {
    candidates: Vec<Candidate>,
    policy: Option<MaxmemoryPolicy>,
    /// Where choosing at random goes on, so that all databases lose alike.
    next_db: usize,
}

impl EvictionPool {
    fn offer(&mut self, score: u64, db: usize, key: &[u8]) {
        let at = self.candidates.partition_point(|candidate| candidate.score < score);
        if self.candidates.len() >= POOL_SIZE {
            if at == 0 {
                return;
            }
            self.candidates.remove(0);
        }
        let known = |candidate: &Candidate| candidate.db == db && *candidate.key == *key;
        if let Some(before) = self.candidates.iter().position(known) {
            self.candidates.remove(before);
        }
        let at = self.candidates.partition_point(|candidate| candidate.score < score);
        self.candidates.insert(at, Candidate { score, db, key: key.into() });
    }
}

fn is_volatile(policy: MaxmemoryPolicy) -> bool {
    !matches!(
        policy,
        MaxmemoryPolicy::AllkeysLru
            | MaxmemoryPolicy::AllkeysLfu
            | MaxmemoryPolicy::AllkeysLrm
            | MaxmemoryPolicy::AllkeysRandom
    )
}

impl State {
    /// Whether more memory is in use than may be.
    pub fn is_over_memory(&self) -> bool {
        let limit = self.config.maxmemory;
        let exempt = self.is_replica() && self.config.replica_ignore_maxmemory;
        limit > 0 && !exempt && self.memory_for_limit() > limit
    }

    /// Memory in use as far as keys can do something about it: what slow replicas and the append-only file have still to
    /// be written does not make keys go, whose going would have to be written, too.
    fn memory_for_limit(&self) -> u64 {
        let used = (self.ports.memory_used_bytes)() as u64;
        used.saturating_sub(self.memory_not_counted())
    }

    pub(crate) fn memory_not_counted(&self) -> u64 {
        self.stream_surplus_bytes() + self.aof.buffered_bytes() as u64
    }

    /// Frees memory if there is too little, as far as that is done in a moment; false if nothing can go.
    pub(crate) fn evict(&mut self) -> bool {
        // A pause keeps the data set as it is, and what is loaded is loaded as it was saved.
        let keeps = self.is_loading() || self.feed.shutdown_deadline_ms.is_some();
        if self.pause.is_some() || keeps {
            return true;
        }
        let limit = self.config.maxmemory;
        let is_over = |state: &State| state.memory_for_limit() > limit;
        if limit == 0 || !is_over(self) {
            return true;
        }
        // Inside a command, keys must stay where they are.
        if self.config.maxmemory_policy == MaxmemoryPolicy::Noeviction || self.depth > 0 {
            return false;
        }
        let started = self.latency_start();
        let end_us = self.clock.monotonic_us_now() + BUDGET_US;
        // What others are told of keys that go takes memory for a moment, and is no reason to let more of them go.
        let wanted = self.memory_for_limit().saturating_sub(limit);
        let mut freed = 0;
        let mut evicted = 0;
        while freed < wanted {
            let Some((db, key)) = self.key_to_evict() else {
                self.latency_end(started, "eviction-cycle");
                return false;
            };
            freed += self.as_unit(|state| state.evict_key(db, &key));
            evicted += 1;
            if evicted % KEYS_PER_LOOK == 0 {
                // Another thread may have freed what this one has given it.
                let enough = self.config.lazyfree_lazy_eviction && !is_over(self);
                if enough || self.clock.monotonic_us_now() >= end_us {
                    break;
                }
            }
        }
        self.latency_end(started, "eviction-cycle");
        true
    }

    /// Lets a key go; the memory that this has freed.
    fn evict_key(&mut self, db: usize, key: &[u8]) -> u64 {
        let lazy = self.config.lazyfree_lazy_eviction;
        let started = self.latency_start();
        let before = (self.ports.memory_used_bytes)();
        self.remove_key(KeyGoes::Evicted, db, key, lazy);
        let freed = before.saturating_sub((self.ports.memory_used_bytes)());
        self.latency_end(started, "eviction-del");
        self.signal_removed(db, key);
        self.stats.evicted_keys += 1;
        self.notify(class::EVICTED, "evicted", db, key);
        let verb: &[u8] = if lazy { b"UNLINK" } else { b"DEL" };
        self.propagation.also_in_any_case(db, &[verb, key]);
        freed as u64
    }

    /// Before a command of a client that uses this database: its table grows only reluctantly where the larger one would
    /// cost keys their place.
    pub(crate) fn mind_growth(&mut self, db: usize) {
        if self.has_child() || self.debug.resizing_forbidden {
            return;
        }
        let fits = match self.databases[db].growth_bytes() {
            None => true,
            Some(bytes) => self.memory_for_limit() + bytes as u64 <= self.config.maxmemory,
        };
        let policy = if fits { ResizePolicy::Allow } else { ResizePolicy::Avoid };
        let database = &mut self.databases[db];
        if database.resize_policy() != policy {
            database.set_resize_policy(policy);
        }
    }

    fn key_to_evict(&mut self) -> Option<(usize, Box<[u8]>)> {
        let policy = self.config.maxmemory_policy;
        if matches!(policy, MaxmemoryPolicy::AllkeysRandom | MaxmemoryPolicy::VolatileRandom) {
            return self.random_key_to_evict(is_volatile(policy));
        }
        if self.evict_pool.policy != Some(policy) {
            self.evict_pool.candidates.clear();
            self.evict_pool.policy = Some(policy);
        }
        // A remembered key may be gone by now; a fresh look finds others as long as there are any.
        loop {
            let seen = self.look_for_candidates(policy);
            while let Some(candidate) = self.evict_pool.candidates.pop() {
                let record = self.databases[candidate.db].find(&candidate.key);
                let volatile = record.is_some_and(|record| record.expiry_ms().is_some());
                if record.is_some() && (volatile || !is_volatile(policy)) {
                    return Some((candidate.db, candidate.key));
                }
            }
            if !seen {
                return None;
            }
        }
    }

    /// Looks at some keys of each database; false if there are none that may go.
    fn look_for_candidates(&mut self, policy: MaxmemoryPolicy) -> bool {
        let count = usize::try_from(self.config.maxmemory_samples).unwrap_or(1).max(1);
        let State { databases, random, evict_pool, clock, config, .. } = self;
        let now_ms = clock.unix_ms();
        let decay_minutes = u32::try_from(config.lfu_decay_time).unwrap_or(u32::MAX);
        let mut random = || random.next_u64();
        let mut seen = false;
        for (db, database) in databases.iter().enumerate() {
            let visit = |record: &KeyRecord| {
                seen = true;
                let score = score(policy, record, now_ms, decay_minutes);
                evict_pool.offer(score, db, record.key());
            };
            if is_volatile(policy) {
                if database.expires_len() > 0 {
                    database.sample_volatile(count, &mut random, visit);
                }
            } else if !database.is_empty() {
                database.sample(count, &mut random, visit);
            }
        }
        seen
    }

    fn random_key_to_evict(&mut self, volatile: bool) -> Option<(usize, Box<[u8]>)> {
        let count = self.databases.len();
        for _ in 0..count {
            let db = self.evict_pool.next_db % count;
            self.evict_pool.next_db = db + 1;
            let State { databases, random, .. } = self;
            let mut random = || random.next_u64();
            let mut found: Option<Box<[u8]>> = None;
            if !volatile {
                found = databases[db].random(&mut random).map(|record| record.key().into());
            } else if databases[db].expires_len() > 0 {
                databases[db].sample_volatile(1, &mut random, |record| {
                    found = Some(record.key().into());
                });
            }
            if let Some(key) = found {
                return Some((db, key));
            }
        }
        None
    }
}

/// How much a key deserves to go.
fn score(policy: MaxmemoryPolicy, record: &KeyRecord, now_ms: i64, decay_minutes: u32) -> u64 {
    match policy {
        MaxmemoryPolicy::AllkeysLfu | MaxmemoryPolicy::VolatileLfu => {
            let frequency = access::decayed_frequency(record.access(), now_ms, decay_minutes);
            u64::from(u8::MAX - frequency)
        }
        MaxmemoryPolicy::VolatileTtl => {
            u64::MAX - record.expiry_ms().map_or(u64::MAX, i64::cast_unsigned)
        }
        _ => u64::try_from(access::idle_ms(record.access(), now_ms)).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::{EvictionPool, POOL_SIZE};

    #[test]
    fn the_pool_keeps_the_best() {
        let mut pool = EvictionPool::default();
        for score in [5u64, 1, 9, 3].into_iter().chain(20..40) {
            pool.offer(score, 0, score.to_string().as_bytes());
        }
        pool.offer(2, 0, b"2");
        assert_eq!(pool.candidates.len(), POOL_SIZE);
        assert_eq!(pool.candidates.last().map(|candidate| candidate.score), Some(39));
        assert!(pool.candidates.iter().all(|candidate| candidate.score >= 24));
        // A key that is seen again has its new score only.
        pool.offer(50, 0, b"30");
        assert_eq!(pool.candidates.iter().filter(|candidate| *candidate.key == *b"30").count(), 1);
    }
}
