//! Sessions that clients may take up again, bounded in number and in time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustls::server::StoresServerSessions;

/// Keys of taken sessions that may wait for their turn.
const ORDER_SLACK: usize = 64;

#[derive(Default)]
struct Stored {
    /// Value, and when it was put.
    sessions: HashMap<Vec<u8>, (Vec<u8>, u64)>,
    /// Keys in the order in which they were put; those of taken sessions go when they are met.
    order: VecDeque<(Vec<u8>, u64)>,
}

/// The sessions of one context.
pub struct Cache {
    stored: Mutex<Stored>,
    /// 0: any number.
    sessions_max: usize,
    timeout_ms: u64,
    now_ms: fn() -> u64,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The sessions are secrets.
        out.write_str("Cache")
    }
}

impl Cache {
    pub fn new(sessions_max: usize, timeout_s: u64, now_ms: fn() -> u64) -> Cache {
        let timeout_ms = timeout_s.saturating_mul(1000);
        Cache { stored: Mutex::default(), sessions_max, timeout_ms, now_ms }
    }

    fn stored(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_fresh(&self, put_ms: u64) -> bool {
        (self.now_ms)().saturating_sub(put_ms) < self.timeout_ms
    }
}

impl StoresServerSessions for Cache {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let now_ms = (self.now_ms)();
        let mut stored = self.stored();
        let stored = &mut *stored;
        stored.sessions.insert(key.clone(), (value, now_ms));
        stored.order.push_back((key, now_ms));
        while let Some((oldest, put_ms)) = stored.order.front() {
            let held = stored.sessions.get(oldest).is_some_and(|(_, held_ms)| held_ms == put_ms);
            let over = self.sessions_max > 0 && stored.sessions.len() > self.sessions_max;
            if held && !over && self.is_fresh(*put_ms) {
                break;
            }
            if held {
                stored.sessions.remove(oldest);
            }
            stored.order.pop_front();
        }
        // Keys of taken sessions behind one that stays.
        if stored.order.len() > 2 * stored.sessions.len() + ORDER_SLACK {
            let sessions = &stored.sessions;
            stored.order.retain(|(key, put_ms)| {
                sessions.get(key).is_some_and(|(_, held_ms)| held_ms == put_ms)
            });
        }
        true
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let stored = self.stored();
        let (value, put_ms) = stored.sessions.get(key)?;
        self.is_fresh(*put_ms).then(|| value.clone())
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        let (value, put_ms) = self.stored().sessions.remove(key)?;
        self.is_fresh(put_ms).then_some(value)
    }

    fn can_cache(&self) -> bool {
        self.timeout_ms > 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    static NOW_MS: AtomicU64 = AtomicU64::new(0);

    #[test]
    fn number_and_time() {
        let cache = Cache::new(2, 10, || NOW_MS.load(Ordering::Relaxed));
        for key in [b"a", b"b", b"c"] {
            assert!(cache.put(key.to_vec(), b"session".to_vec()));
        }
        assert_eq!(cache.get(b"a"), None);
        assert_eq!(cache.get(b"b"), Some(b"session".to_vec()));
        assert_eq!(cache.take(b"b"), Some(b"session".to_vec()));
        assert_eq!(cache.take(b"b"), None);
        NOW_MS.store(10_000, Ordering::Relaxed);
        assert_eq!(cache.get(b"c"), None);
        assert!(cache.put(b"d".to_vec(), Vec::new()));
        assert_eq!(cache.stored().order.len(), 1);
        for round in 0..1000_u32 {
            let key = round.to_ne_bytes();
            cache.put(key.to_vec(), Vec::new());
            cache.take(&key);
        }
        assert!(cache.stored().order.len() <= ORDER_SLACK + 3);
        assert!(!Cache::new(2, 0, || 0).can_cache());
    }
}
