//! Growing and shrinking, a few buckets at a time.

use super::bucket::{Bucket, SLOTS, bits};
use super::bucket_array::BucketArray;
use super::{HashTable, Item, add_to_chain};

/// Items per bucket at which a table grows: as many as Redis has per 64 bytes of its tables, so that both double at the same
/// lengths and ours is the smaller one at every length. Every second bucket has a child then, and one lookup in six reads it.
pub(super) const ITEMS_PER_BUCKET: usize = 8;
/// Tables up to this many buckets move at once: a step would cost more than it saves.
const MOVE_AT_ONCE_BUCKETS: usize = 4;
/// Buckets moved by each insertion and removal.
const BUCKETS_PER_WRITE: usize = 1;
/// Under `Avoid`, how many times fuller or emptier than usual a table must be to be resized.
const AVOID_RATIO: usize = 4;
/// A table shrinks when fewer than one in this many slots is taken.
const SHRINK_RATIO: usize = 8;
/// Arrays from this size on are worth freeing elsewhere: it takes a microsecond for some pages.
const RETIRE_BYTES_MIN: usize = 1 << 20;
/// Largest bucket count that can be asked for.
const BUCKETS_MAX: usize = 1 << 40;

/// Whether the table may be resized, in the words of Redis's `dict-resizing`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResizePolicy {
    Allow,
    /// Only when it is badly needed: a forked child shares our memory.
    Avoid,
    Forbid,
}

/// The empty array that a resize left behind; dropping it frees its memory, which takes its time.
pub struct Retired<T> {
    array: BucketArray<T>,
}

impl<T> Retired<T> {
    pub fn size_bytes(&self) -> usize {
        self.array.size_bytes()
    }
}

impl<T: Item> HashTable<T> {
    /// From now on big arrays are not freed at the end of a resize but kept for `take_retired`.
    pub fn keep_retired(&mut self) {
        self.retires = true;
    }

    /// The array of the last resize, to be freed where it does not disturb.
    pub fn take_retired(&mut self) -> Option<Retired<T>> {
        self.retired.take()
    }

    pub fn set_resize_policy(&mut self, policy: ResizePolicy) {
        self.policy = policy;
    }

    pub fn resize_policy(&self) -> ResizePolicy {
        self.policy
    }

    /// What a table that is seven eighths full will take when it grows.
    pub fn growth_bytes(&self) -> Option<usize> {
        let full = self.current.len() * ITEMS_PER_BUCKET;
        let near = !self.is_rehashing() && self.len >= full - full / 8;
        near.then(|| 2 * self.current.size_bytes())
    }

    pub fn is_rehashing(&self) -> bool {
        self.next.len() != 0
    }

    /// Makes room for `items` in all, so that inserting them does not grow the table again.
    /// Refused by the policy `Forbid` and while the table is being resized.
    pub fn expand_to(&mut self, items: usize) -> bool {
        let wanted = buckets_for(items);
        if self.policy == ResizePolicy::Forbid
            || self.is_rehashing()
            || wanted <= self.current.len()
        {
            return false;
        }
        self.start_resize(wanted);
        true
    }

    /// Makes room for `additional` more items.
    pub fn reserve(&mut self, additional: usize) {
        self.expand_to(self.len.saturating_add(additional));
    }

    /// Moves up to `budget` buckets; true while there are more to move.
    pub fn rehash_step(&mut self, budget: usize) -> bool {
        for _ in 0..budget {
            if !self.is_rehashing() || !self.may_move() {
                break;
            }
            self.move_bucket();
        }
        self.is_rehashing()
    }

    /// Starts growing if the table is full, which the policy may have prevented when it became so,
    /// or shrinking if it is sparse; for cron. True if it did.
    pub fn resize_if_needed(&mut self) -> bool {
        let full = self.len > self.current.len() * ITEMS_PER_BUCKET;
        if !self.is_rehashing() && full {
            self.grow();
            return self.is_rehashing();
        }
        self.shrink_if_sparse()
    }

    /// Starts shrinking if the table is sparse; for cron. True if it did.
    pub fn shrink_if_sparse(&mut self) -> bool {
        let slots = self.current.len() * SLOTS;
        let ratio = match self.policy {
            ResizePolicy::Allow => SHRINK_RATIO,
            ResizePolicy::Avoid => SHRINK_RATIO * AVOID_RATIO,
            ResizePolicy::Forbid => return false,
        };
        if self.is_rehashing() || self.current.len() <= 1 || self.len * ratio >= slots {
            return false;
        }
        // Half full afterwards, so that the next few insertions do not turn it round.
        let wanted = buckets_for(self.len * 2);
        if wanted >= self.current.len() {
            return false;
        }
        self.start_resize(wanted);
        true
    }

    /// Grows if it is time, and moves some buckets.
    #[inline]
    pub(super) fn before_insert(&mut self) {
        if self.is_rehashing() {
            self.rehash_step(BUCKETS_PER_WRITE);
        } else if self.len >= self.current.len() * ITEMS_PER_BUCKET {
            self.grow();
        }
    }

    /// Shrinks if it is time, and moves some buckets.
    #[inline]
    pub(super) fn after_remove(&mut self) {
        if self.is_rehashing() {
            self.rehash_step(BUCKETS_PER_WRITE);
        } else if self.len * SHRINK_RATIO < self.current.len() * SLOTS {
            self.shrink_if_sparse();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let allowed = match self.policy {
            _ if self.current.len() == 0 => true,
            ResizePolicy::Allow => true,
            ResizePolicy::Avoid => self.len >= self.current.len() * ITEMS_PER_BUCKET * AVOID_RATIO,
            ResizePolicy::Forbid => false,
        };
        if allowed {
            self.start_resize(buckets_for(self.len + 1).max(self.current.len() * 2).max(1));
        }
    }

    fn start_resize(&mut self, buckets: usize) {
        debug_assert!(!self.is_rehashing());
        let at_once = self.len == 0 || self.current.len().max(buckets) <= MOVE_AT_ONCE_BUCKETS;
        if self.current.len() == 0 {
            // The first table of any size: its buckets must all exist before the first lookup.
            self.current = BucketArray::with_len(buckets);
            for index in 0..buckets {
                self.current.init(index);
            }
            return;
        }
        self.next = BucketArray::with_len(buckets);
        while at_once && self.is_rehashing() {
            self.move_bucket();
        }
    }

    /// Under `Avoid` only a resize by a large factor goes on, as in Redis.
    fn may_move(&self) -> bool {
        let (small, large) = if self.current.len() < self.next.len() {
            (self.current.len(), self.next.len())
        } else {
            (self.next.len(), self.current.len())
        };
        match self.policy {
            ResizePolicy::Allow => true,
            ResizePolicy::Avoid => large >= small * AVOID_RATIO,
            ResizePolicy::Forbid => false,
        }
    }

    /// Moves the chain at `rehash_index` and ends the resize after the last one.
    fn move_bucket(&mut self) {
        let from = self.rehash_index;
        self.init_targets(from);
        self.prefetch_bucket(from + 1);
        let mut freed = 0;
        let mut grown = 0;
        // SAFETY: every bucket of `current` is initialised.
        let mut bucket = std::mem::replace(unsafe { self.current.get_mut(from) }, Bucket::empty());
        loop {
            for slot in bits(bucket.presence()) {
                let item = bucket.take(slot);
                let hash = item.hash(&self.seed);
                let to = self.next.index_of(hash);
                debug_assert!(self.current.index_of(hash) == from);
                // SAFETY: init_targets has initialised every bucket that hashes of this chain name.
                let target = unsafe { self.next.get_mut(to) };
                add_to_chain(target, hash, item, &mut grown);
            }
            match bucket.take_child() {
                Some(child) => bucket = *child,
                None => break,
            }
            freed += 1;
        }
        self.child_buckets = self.child_buckets + grown - freed;
        self.rehash_index += 1;
        if self.rehash_index == self.current.len() {
            self.end_resize();
        }
    }

    fn end_resize(&mut self) {
        let next = std::mem::replace(&mut self.next, BucketArray::none());
        let array = std::mem::replace(&mut self.current, next);
        self.rehash_index = 0;
        if self.retires && array.size_bytes() >= RETIRE_BYTES_MIN {
            self.retired = Some(Retired { array });
        }
    }

    /// Initialises the buckets of `next` that receive the items of bucket `from`.
    fn init_targets(&mut self, from: usize) {
        // When shrinking, a bucket of `next` is initialised by the first that moves there.
        let mut to = from;
        while to < self.next.len() {
            self.next.init(to);
            to += self.current.len();
        }
    }

    /// Asks for the items that will be moved next: their keys must be hashed again.
    fn prefetch_bucket(&self, index: usize) {
        if index < self.current.len() {
            // SAFETY: every bucket of `current` is initialised.
            let bucket = unsafe { self.current.get(index) };
            for slot in bits(bucket.presence()) {
                bucket.item(slot).prefetch();
            }
        }
        crate::prefetch::read(self.current.place((index + 1).min(self.current.len() - 1)));
    }
}

/// The power of two of buckets that holds `items` at the usual load.
fn buckets_for(items: usize) -> usize {
    items.div_ceil(ITEMS_PER_BUCKET).clamp(1, BUCKETS_MAX).next_power_of_two()
}
