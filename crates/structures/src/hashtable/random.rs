//! Random items: one with even chances, or several at once from one place.

use super::resize::ITEMS_PER_BUCKET;
use super::{HashTable, Item};

/// Draws before a sparse table is walked instead.
const DRAWS_MAX: usize = 128;

/// Chains up to this long are sampled without bias; longer ones are all but absent.
const FAIR_CHAIN_LEN: usize = ITEMS_PER_BUCKET * 5 / 2;

impl<T: Item> HashTable<T> {
    /// An item, each with the same probability.
    ///
    /// A bucket is drawn and then a place among `FAIR_CHAIN_LEN`; a place beyond the chain's end
    /// is a miss and both are drawn again. So an item's chance does not depend on its neighbours.
    pub fn random(&self, random: &mut impl FnMut() -> u64) -> Option<&T> {
        if self.len == 0 {
            return None;
        }
        let live = self.live_buckets();
        for _ in 0..DRAWS_MAX {
            // SAFETY: a live bucket is initialised and borrowed with the table.
            let bucket = unsafe { self.live_bucket(below(random(), live)).as_ref() };
            let len = bucket.chain_len();
            let place = below(random(), FAIR_CHAIN_LEN.max(len));
            if place < len {
                return Some(nth_in_chain(bucket, place));
            }
        }
        let start = below(random(), live);
        for k in (start..live).chain(0..start) {
            // SAFETY: a live bucket is initialised and borrowed with the table.
            let bucket = unsafe { self.live_bucket(k).as_ref() };
            let len = bucket.chain_len();
            if len != 0 {
                return Some(nth_in_chain(bucket, below(random(), len)));
            }
        }
        None
    }

    /// Visits about `count` different items from neighbouring buckets at a random place: quick,
    /// but neither independent nor evenly spread. For choosing what to evict or to expire.
    pub fn sample(
        &self,
        count: usize,
        random: &mut impl FnMut() -> u64,
        mut visit: impl FnMut(&T),
    ) -> usize {
        let live = self.live_buckets();
        if self.len == 0 || count == 0 {
            return 0;
        }
        let start = below(random(), live);
        let mut seen = 0;
        let buckets_max = count.saturating_mul(10).min(live);
        for k in (start..live).chain(0..start).take(buckets_max) {
            // SAFETY: a live bucket is initialised and borrowed with the table.
            let bucket = unsafe { self.live_bucket(k).as_ref() };
            bucket.for_each(|item| {
                if seen < count {
                    visit(item);
                    seen += 1;
                }
            });
            if seen >= count {
                break;
            }
        }
        seen
    }
}

fn nth_in_chain<T>(mut bucket: &super::Bucket<T>, mut place: usize) -> &T {
    loop {
        let here = bucket.presence().count_ones() as usize;
        if place < here {
            let slot = super::bits(bucket.presence()).nth(place).expect("place is below the count");
            return bucket.item(slot);
        }
        place -= here;
        bucket = bucket.child().expect("place is below the length of the chain");
    }
}

/// A number below `bound`, all but evenly spread, from 64 random bits.
fn below(random: u64, bound: usize) -> usize {
    ((u128::from(random) * bound as u128) >> 64) as usize
}
