//! Active defragmentation: what lies scattered over half-empty pages is moved together, a little at a time.
//!
//! The cron decides whether and how hard; a timer does the work in slices between commands. A pass goes through all
//! databases by cursor, as SCAN does; values of many elements wait in a queue and are gone through piece by piece.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use keyspace::module::Place;
use keyspace::{Judge, KeyRecord, RelocateCursor, Value};

use crate::host::AllocatorFigures;
use crate::state::State;

/// Microseconds a slice works at least, and may work at most.
const SLICE_MIN_US: u64 = 500;
const SLICE_MAX_US: u64 = 10_000;
/// Shortest pause between two slices; the wait for events cannot be told shorter ones.
const PAUSE_MIN_US: u64 = 1000;
/// How long a measure of the fragmentation is good for.
const MEASURE_GOOD_FOR_US: u64 = 100_000;
/// A pass that gains less than so many points of a hundred lets the next one work less.
const GAIN_MIN_PERCENT: f64 = 2.0;
/// By how much less.
const EFFORT_DECAY: f64 = 0.9;

/// A value that is gone through piece by piece.
struct BigValue {
    db: usize,
    key: Box<[u8]>,
    cursor: RelocateCursor,
    /// Where its module stands in a value of its own.
    guest_cursor: u64,
}

/// Through what a pass goes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Keys,
    Expires,
    Slots,
    Channels,
    Scripts,
    Guests,
    End,
}

/// Where the pass stands.
#[derive(Default)]
struct Pass {
    stage: Stage,
    db: usize,
    /// While it goes through slots.
    slot: usize,
    cursor: u64,
    /// While modules move what belongs to no key: which one.
    guest: usize,
    big: VecDeque<BigValue>,
    /// Fragmentation at its begin, in percent.
    percent_before: f64,
}

/// What INFO tells, reset by CONFIG RESETSTAT.
#[derive(Clone, Copy, Default)]
pub struct DefragStats {
    /// Allocations moved, and those looked at and left.
    pub hits: u64,
    pub misses: u64,
    /// Keys of which something moved, and of which nothing.
    pub key_hits: u64,
    pub key_misses: u64,
    pub total_us: u64,
    /// Decisions of the cron for which an earlier measure was good enough.
    pub measures_spared: u64,
}

/// See the module text.
#[derive(Default)]
pub struct Defrag {
    pass: Option<Pass>,
    /// Share of the processor, in percent; 0 while nothing is done.
    percent: u32,
    /// The parameters of that share.
    bounds: (i32, i32, i32, i32),
    effort: f64,
    started_us: u64,
    measured: Option<(u64, AllocatorFigures)>,
    /// Whether the next slice has been asked for.
    is_due: bool,
    /// When it was last seen to while loading.
    seen_to_us: u64,
    pub stats: DefragStats,
}

impl Defrag {
    pub fn running_percent(&self) -> u32 {
        self.percent
    }

    /// How long the work that is under way has lasted.
    pub fn running_us(&self, now_us: u64) -> u64 {
        if self.percent == 0 { 0 } else { now_us.saturating_sub(self.started_us) }
    }
}

/// Asks the allocator of each allocation, and counts.
struct Counter {
    is_worth_moving: fn(usize) -> bool,
    hits: Cell<u64>,
    misses: Cell<u64>,
}

impl Counter {
    fn judge(&self, address: usize) -> bool {
        let moves = (self.is_worth_moving)(address);
        let counter = if moves { &self.hits } else { &self.misses };
        counter.set(counter.get() + 1);
        moves
    }
}

impl State {
    /// Starts, adjusts or ends the work. From cron.
    pub(crate) fn defrag_cron(&mut self) {
        if !self.config.activedefrag {
            self.end_defrag();
            return;
        }
        let config = &self.config;
        let bounds = (
            config.active_defrag_cycle_min,
            config.active_defrag_cycle_max,
            config.active_defrag_threshold_lower,
            config.active_defrag_threshold_upper,
        );
        let figures = self.measure_fragmentation();
        let percent = figures.fragmented_percent();
        let too_little = percent < f64::from(bounds.2)
            || figures.fragmented < self.config.active_defrag_ignore_bytes as u64;
        if self.defrag.percent == 0 && (too_little || self.saving.child().is_some()) {
            return;
        }
        if self.defrag.effort == 0.0 {
            self.defrag.effort = 1.0;
        }
        let wanted = share(percent, bounds, self.defrag.effort);
        // What has begun goes on at its pace, although there is less and less to gain.
        if wanted > self.defrag.percent || bounds != self.defrag.bounds {
            self.defrag.percent = wanted;
            self.defrag.bounds = bounds;
        }
        if self.defrag.pass.is_none() {
            self.defrag.pass = Some(Pass { percent_before: percent, ..Pass::default() });
            self.defrag.started_us = self.clock.monotonic_us();
            self.tell_defrag_pass(true);
            self.defrag_slice();
        }
    }

    /// The figures of the allocator, at most a tenth of a second old.
    fn measure_fragmentation(&mut self) -> AllocatorFigures {
        let now_us = self.clock.monotonic_us();
        if let Some((at_us, figures)) = self.defrag.measured
            && now_us < at_us + MEASURE_GOOD_FOR_US
        {
            self.defrag.stats.measures_spared += 1;
            return figures;
        }
        let figures = (self.host.port.allocator)();
        self.defrag.measured = Some((now_us, figures));
        figures
    }

    fn tell_defrag_pass(&mut self, begins: bool) {
        if let Some(host) = self.guests.modules.clone() {
            host.defrag_pass(self, begins);
        }
    }

    fn end_defrag(&mut self) {
        if self.defrag.pass.take().is_some() {
            self.tell_defrag_pass(false);
        }
        self.defrag.percent = 0;
        self.defrag.effort = 1.0;
        self.defrag.measured = None;
    }

    /// Sees to it while a file is loaded and no timers run, for the same share of the time.
    pub(crate) fn defrag_while_loading(&mut self) {
        if !self.config.activedefrag {
            return;
        }
        let now_us = self.clock.monotonic_us_now();
        let passed_us = now_us.saturating_sub(self.defrag.seen_to_us);
        if passed_us < PAUSE_MIN_US {
            return;
        }
        self.defrag_cron();
        let percent = u64::from(self.defrag.percent.min(99));
        if percent > 0 {
            let busy_us = passed_us * percent / (100 - percent);
            self.defrag_for(busy_us.clamp(SLICE_MIN_US, SLICE_MAX_US));
        }
        self.defrag.seen_to_us = self.clock.monotonic_us_now();
        self.note_latency("while-blocked-cron", (self.defrag.seen_to_us - now_us) / 1000);
    }

    /// Works for a while, and sets the timer for the next time.
    fn defrag_slice(&mut self) {
        self.defrag.is_due = false;
        if !self.config.activedefrag || self.defrag.percent == 0 {
            return;
        }
        let percent = u64::from(self.defrag.percent.min(99));
        let busy_us = (PAUSE_MIN_US * percent / (100 - percent)).clamp(SLICE_MIN_US, SLICE_MAX_US);
        let pause_us = (busy_us * (100 - percent) / percent).max(PAUSE_MIN_US);
        self.defrag_for(busy_us);
        if self.defrag.pass.is_some() && !self.defrag.is_due {
            let due_us = self.clock.monotonic_us_now() + pause_us;
            self.timers.add(due_us, Rc::new(State::defrag_slice));
            self.defrag.is_due = true;
        }
    }

    /// Works for so long, if it may.
    fn defrag_for(&mut self, busy_us: u64) {
        // While a child writes the data, pages that are left alone need not be copied.
        if self.saving.child().is_some() {
            return;
        }
        let started_us = self.clock.monotonic_us_now();
        let mut passed_us = 0;
        (self.host.port.thread_cache)(false);
        while self.defrag_piece() {
            passed_us = self.clock.monotonic_us_now() - started_us;
            if passed_us >= busy_us {
                break;
            }
        }
        (self.host.port.thread_cache)(true);
        self.defrag.stats.total_us += passed_us;
        self.note_latency("active-defrag-cycle", passed_us / 1000);
        let pass = self.defrag.pass.as_ref();
        if pass.is_none_or(|pass| pass.stage == Stage::End && pass.big.is_empty()) {
            self.end_defrag_pass();
        }
    }

    /// The cron begins another pass if it did not suffice.
    fn end_defrag_pass(&mut self) {
        let Some(pass) = self.defrag.pass.take() else { return };
        self.tell_defrag_pass(false);
        self.defrag.percent = 0;
        self.defrag.measured = None;
        let gained = pass.percent_before - (self.host.port.allocator)().fragmented_percent();
        self.defrag.effort =
            if gained < GAIN_MIN_PERCENT { self.defrag.effort * EFFORT_DECAY } else { 1.0 };
    }

    /// Does the next little piece of work; false if none is left.
    fn defrag_piece(&mut self) -> bool {
        let counter = Counter {
            is_worth_moving: self.host.port.is_worth_moving,
            hits: Cell::new(0),
            misses: Cell::new(0),
        };
        let Some(mut pass) = self.defrag.pass.take() else { return false };
        if !pass.big.is_empty() {
            self.defrag_big_value(&mut pass, &counter);
        } else {
            match pass.stage {
                Stage::Keys => self.defrag_keys(&mut pass, &counter),
                Stage::Expires => {
                    let judge: &mut Judge<'_> = &mut |address| counter.judge(address);
                    let next = self
                        .databases
                        .get_mut(pass.db)
                        .map(|database| database.relocate_expires(pass.cursor, judge));
                    self.next_in_database(&mut pass, next.unwrap_or(0));
                }
                Stage::Slots => self.defrag_slots(&mut pass, &counter),
                Stage::Channels => {
                    let judge: &mut Judge<'_> = &mut |address| counter.judge(address);
                    let index = usize::try_from(pass.cursor).unwrap_or(usize::MAX);
                    if self.relocate_channel(index, judge) {
                        pass.cursor += 1;
                    } else {
                        pass.cursor = 0;
                        pass.stage = Stage::Scripts;
                    }
                }
                Stage::Scripts => {
                    let judge: &mut Judge<'_> = &mut |address| counter.judge(address);
                    let index = usize::try_from(pass.cursor).unwrap_or(usize::MAX);
                    let scripts = self.guests.scripts.as_ref();
                    if scripts.is_some_and(|scripts| scripts.relocate_text(index, judge)) {
                        pass.cursor += 1;
                    } else {
                        pass.cursor = 0;
                        pass.stage = Stage::Guests;
                    }
                }
                Stage::Guests => self.defrag_guests(&mut pass, &counter),
                Stage::End => {}
            }
        }
        let goes_on = pass.stage != Stage::End || !pass.big.is_empty();
        self.defrag.pass = Some(pass);
        self.defrag.stats.hits += counter.hits.get();
        self.defrag.stats.misses += counter.misses.get();
        goes_on
    }

    /// Through the keys of all databases, then through their expiry indexes, then on to the slots.
    fn next_in_database(&mut self, pass: &mut Pass, cursor: u64) {
        pass.cursor = cursor;
        if cursor != 0 {
            return;
        }
        pass.db += 1;
        if pass.db < self.databases.len() {
            return;
        }
        pass.db = 0;
        pass.stage = match pass.stage {
            Stage::Keys => Stage::Expires,
            _ => Stage::Slots,
        };
    }

    /// What a cluster's node keeps of the slots of its only database.
    fn defrag_slots(&mut self, pass: &mut Pass, counter: &Counter) {
        let judge: &mut Judge<'_> = &mut |address| counter.judge(address);
        let database = self.databases.first_mut();
        match database.and_then(|database| database.relocate_slot(pass.slot, pass.cursor, judge)) {
            None => {
                pass.cursor = 0;
                pass.stage = Stage::Channels;
            }
            Some(0) => {
                pass.cursor = 0;
                pass.slot += 1;
            }
            Some(cursor) => pass.cursor = cursor,
        }
    }

    fn defrag_keys(&mut self, pass: &mut Pass, counter: &Counter) {
        let elements_max = usize::try_from(self.config.active_defrag_max_scan_fields);
        let elements_max = elements_max.unwrap_or(usize::MAX);
        let db = pass.db;
        let State { databases, defrag, .. } = self;
        let Some(database) = databases.get_mut(db) else { return };
        let judge: &mut Judge<'_> = &mut |address| counter.judge(address);
        // Empty tables are passed at once.
        let next = if database.is_empty() {
            0
        } else {
            let mut hits_before = counter.hits.get();
            database.relocate(pass.cursor, judge, |record, judge| {
                relocate_value(record, db, judge, elements_max, |key| {
                    let cursor = RelocateCursor::default();
                    pass.big.push_back(BigValue { db, key, cursor, guest_cursor: 0 });
                });
                let moved = counter.hits.get() > hits_before;
                hits_before = counter.hits.get();
                let stats = &mut defrag.stats;
                let keys = if moved { &mut stats.key_hits } else { &mut stats.key_misses };
                *keys += 1;
            })
        };
        self.next_in_database(pass, next);
    }

    fn defrag_big_value(&mut self, pass: &mut Pass, counter: &Counter) {
        let Some(big) = pass.big.front_mut() else { return };
        let judge: &mut Judge<'_> = &mut |address| counter.judge(address);
        let database = self.databases.get_mut(big.db);
        let record = database.and_then(|database| database.find_mut(&big.key));
        let value = record.and_then(KeyRecord::value_mut);
        // It may have gone since, or have become another.
        let more = match value {
            Some(Value::Module(object)) => {
                let place = Place { db: Some(big.db), key: &big.key };
                object.0.relocate(place, Some(&mut big.guest_cursor), judge)
            }
            Some(value) => value.relocate(&mut big.cursor, judge),
            None => false,
        };
        if !more {
            pass.big.pop_front();
        }
    }

    /// What modules keep that belongs to no key.
    fn defrag_guests(&mut self, pass: &mut Pass, counter: &Counter) {
        let judge: &mut Judge<'_> = &mut |address| counter.judge(address);
        let host = self.guests.modules.clone();
        match host.and_then(|host| host.relocate_globals(pass.guest, &mut pass.cursor, judge)) {
            Some(true) => {}
            Some(false) => {
                pass.cursor = 0;
                pass.guest += 1;
            }
            None => pass.stage = Stage::End,
        }
    }
}

/// Moves a value at once if it has few elements; else its key goes to `defer`.
fn relocate_value(
    record: &mut KeyRecord,
    db: usize,
    judge: &mut Judge<'_>,
    elements_max: usize,
    defer: impl FnOnce(Box<[u8]>),
) {
    let Some(value) = record.value_mut() else { return };
    if value.free_effort() > elements_max {
        defer(record.key().into());
        return;
    }
    let mut cursor = RelocateCursor::default();
    while value.relocate(&mut cursor, judge) {}
    if matches!(value, Value::Module(_)) {
        let key: Box<[u8]> = record.key().into();
        if let Some(Value::Module(object)) = record.value_mut() {
            object.0.relocate(Place { db: Some(db), key: &key }, None, judge);
        }
    }
}

/// Percent of the processor for a fragmentation: between the least and the most, as it lies between the thresholds.
fn share(percent: f64, (least, most, lower, upper): (i32, i32, i32, i32), effort: f64) -> u32 {
    let (least, most) = (f64::from(least), f64::from(most));
    let (lower, upper) = (f64::from(lower), f64::from(upper));
    let part = if upper > lower { (percent - lower) / (upper - lower) } else { 1.0 };
    let wanted = (least + (most - least) * part.clamp(0.0, 1.0)) * effort;
    // Whoever sets the least above the most means the least.
    wanted.min(most).max(least) as u32
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn the_share_grows_with_the_fragmentation() {
        let bounds = (1, 25, 10, 100);
        assert_eq!(share(5.0, bounds, 1.0), 1);
        assert_eq!(share(55.0, bounds, 1.0), 13);
        assert_eq!(share(500.0, bounds, 1.0), 25);
        assert_eq!(share(500.0, bounds, 0.1), 2);
        assert_eq!(share(500.0, (1, 1, 1, 1), 1.0), 1);
        assert_eq!(share(50.0, (65, 75, 5, 5), 1.0), 75);
    }
}
