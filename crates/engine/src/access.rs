//! The 24 bits of access time or frequency that every key carries, as Redis counts them.

/// Largest value of the LRU clock.
pub const LRU_CLOCK_MAX: u32 = (1 << 24) - 1;
/// Milliseconds of one tick of the LRU clock.
pub const LRU_CLOCK_RESOLUTION_MS: i64 = 1000;
/// The counter a new key starts with under LFU.
pub const LFU_INIT: u8 = 5;

/// How access is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPolicy {
    /// The time of the last access.
    Lru,
    /// The time of the last change.
    Lrm,
    /// A logarithmic counter that decays.
    Lfu { log_factor: u32, decay_minutes: u32 },
}

/// The LRU clock at a time.
pub fn lru_clock(now_ms: i64) -> u32 {
    (now_ms / LRU_CLOCK_RESOLUTION_MS) as u32 & LRU_CLOCK_MAX
}

/// Milliseconds since the access noted in `access`.
pub fn idle_ms(access: u32, now_ms: i64) -> i64 {
    let now = lru_clock(now_ms);
    let ticks = if now >= access { now - access } else { now + (LRU_CLOCK_MAX - access) };
    i64::from(ticks) * LRU_CLOCK_RESOLUTION_MS
}

fn minutes(now_ms: i64) -> u32 {
    (now_ms / 60_000) as u32 & 0xffff
}

/// The frequency counter after its decay.
pub fn decayed_frequency(access: u32, now_ms: i64, decay_minutes: u32) -> u8 {
    let last = access >> 8;
    let now = minutes(now_ms);
    let passed = if now >= last { now - last } else { 0xffff - last + now };
    let periods = passed.checked_div(decay_minutes).unwrap_or(0);
    (access as u8).saturating_sub(u8::try_from(periods).unwrap_or(u8::MAX))
}

impl AccessPolicy {
    pub fn is_lfu(self) -> bool {
        matches!(self, AccessPolicy::Lfu { .. })
    }

    /// The bits of a new key.
    pub fn initial(self, now_ms: i64) -> u32 {
        match self {
            AccessPolicy::Lru | AccessPolicy::Lrm => lru_clock(now_ms),
            AccessPolicy::Lfu { .. } => minutes(now_ms) << 8 | u32::from(LFU_INIT),
        }
    }

    /// The bits of a key that was last used `idle_s` seconds ago, or so often; `None` if this policy keeps the other.
    pub fn restored(self, now_ms: i64, idle_s: Option<i64>, frequency: Option<u8>) -> Option<u32> {
        match self {
            AccessPolicy::Lru | AccessPolicy::Lrm => idle_s.map(|idle_s| {
                let ticks = idle_s.saturating_mul(1000) / LRU_CLOCK_RESOLUTION_MS;
                let ticks = u32::try_from(ticks).unwrap_or(LRU_CLOCK_MAX).min(LRU_CLOCK_MAX);
                lru_clock(now_ms).wrapping_sub(ticks) & LRU_CLOCK_MAX
            }),
            AccessPolicy::Lfu { .. } => {
                frequency.map(|frequency| minutes(now_ms) << 8 | u32::from(frequency))
            }
        }
    }

    /// The bits after an access; `random` decides whether the counter grows.
    pub fn touched(self, access: u32, now_ms: i64, random: u64) -> u32 {
        match self {
            AccessPolicy::Lru => lru_clock(now_ms),
            AccessPolicy::Lrm => access,
            AccessPolicy::Lfu { log_factor, decay_minutes } => {
                let counter = decayed_frequency(access, now_ms, decay_minutes);
                let counter = incremented(counter, log_factor, random);
                minutes(now_ms) << 8 | u32::from(counter)
            }
        }
    }
}

/// Grows a counter with a probability that falls with its value.
fn incremented(counter: u8, log_factor: u32, random: u64) -> u8 {
    if counter == u8::MAX {
        return counter;
    }
    let base = f64::from(counter.saturating_sub(LFU_INIT));
    let probability = 1.0 / (base * f64::from(log_factor) + 1.0);
    let draw = (random >> 11) as f64 / (1u64 << 53) as f64;
    if draw < probability { counter + 1 } else { counter }
}
