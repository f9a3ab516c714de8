//! The quicksort of Bentley and McIlroy ("Engineering a Sort Function", 1993), stopped as soon as the first elements are in
//! order, as Redis sorts where only some are wanted: equal elements come out in the order that its clients know.

use std::cmp::Ordering;

/// Length up to which insertion is faster than partition.
const INSERTION_LEN_MAX: usize = 6;
/// Length from which the pivot is the median of three medians.
const NINTHER_LEN_MIN: usize = 41;

/// Brings the first `count` elements into their order, and the rest behind them. Input made to take quadratic time is
/// sorted otherwise.
pub fn partial_sort<T>(items: &mut [T], count: usize, compare: impl Fn(&T, &T) -> Ordering) {
    let levels = items.len().checked_ilog2().unwrap_or(0) as usize + 1;
    let budget = 32 * items.len() * levels;
    let mut sorter = Sorter { items: &mut *items, wanted: count, compare: &compare, budget };
    let end = sorter.items.len();
    if !sorter.sort(0, end) {
        items.sort_by(compare);
    }
}

struct Sorter<'a, T, F> {
    items: &'a mut [T],
    wanted: usize,
    compare: F,
    /// Comparisons that may still be made.
    budget: usize,
}

impl<T, F: Fn(&T, &T) -> Ordering> Sorter<'_, T, F> {
    fn compare(&mut self, left: usize, right: usize) -> Ordering {
        self.budget = self.budget.saturating_sub(1);
        (self.compare)(&self.items[left], &self.items[right])
    }

    /// Sorts the elements from `start` to before `end`; false if that takes too long.
    fn sort(&mut self, mut start: usize, end: usize) -> bool {
        loop {
            if end - start <= INSERTION_LEN_MAX {
                return self.insert_all(start, end);
            }
            let pivot = self.pivot(start, end);
            self.items.swap(start, pivot);
            let (below, above) = self.partition(start, end);
            if below > 1 && start < self.wanted && !self.sort(start, start + below) {
                return false;
            }
            let above_start = end - above;
            if above <= 1 || above_start >= self.wanted || self.budget == 0 {
                return self.budget > 0;
            }
            start = above_start;
        }
    }

    fn insert_all(&mut self, start: usize, end: usize) -> bool {
        for next in start + 1..end {
            let mut at = next;
            while at > start && self.compare(at - 1, at).is_gt() {
                self.items.swap(at - 1, at);
                at -= 1;
            }
            if self.budget == 0 {
                return false;
            }
        }
        true
    }

    fn pivot(&mut self, start: usize, end: usize) -> usize {
        let len = end - start;
        let (mut low, mut middle, mut high) = (start, start + len / 2, end - 1);
        if len == INSERTION_LEN_MAX + 1 {
            return middle;
        }
        if len >= NINTHER_LEN_MIN {
            let step = len / 8;
            low = self.median(low, low + step, low + 2 * step);
            middle = self.median(middle - step, middle, middle + step);
            high = self.median(high - 2 * step, high - step, high);
        }
        self.median(low, middle, high)
    }

    fn median(&mut self, a: usize, b: usize, c: usize) -> usize {
        if self.compare(a, b).is_lt() {
            match () {
                () if self.compare(b, c).is_lt() => b,
                () if self.compare(a, c).is_lt() => c,
                () => a,
            }
        } else {
            match () {
                () if self.compare(b, c).is_gt() => b,
                () if self.compare(a, c).is_lt() => a,
                () => c,
            }
        }
    }

    /// Partitions around the first element; how many are below it and how many above.
    fn partition(&mut self, start: usize, end: usize) -> (usize, usize) {
        // From both ends: equal ones, then those below or above, then those not looked at.
        let (mut equal_low, mut low) = (start + 1, start + 1);
        let (mut equal_high, mut high) = (end - 1, end - 1);
        loop {
            while low <= high {
                match self.compare(low, start) {
                    Ordering::Greater => break,
                    Ordering::Equal => {
                        self.items.swap(equal_low, low);
                        equal_low += 1;
                    }
                    Ordering::Less => {}
                }
                low += 1;
            }
            while low <= high {
                match self.compare(high, start) {
                    Ordering::Less => break,
                    Ordering::Equal => {
                        self.items.swap(high, equal_high);
                        equal_high -= 1;
                    }
                    Ordering::Greater => {}
                }
                high -= 1;
            }
            if low > high {
                break;
            }
            self.items.swap(low, high);
            low += 1;
            high -= 1;
        }
        // The equal ones go from the ends to the middle.
        let (below, above) = (low - equal_low, equal_high - high);
        self.swap_blocks(start, low, (equal_low - start).min(below));
        self.swap_blocks(low, end, above.min(end - 1 - equal_high));
        (below, above)
    }

    /// Exchanges `len` elements from `from` on with those before `to_end`.
    fn swap_blocks(&mut self, from: usize, to_end: usize, len: usize) {
        for index in 0..len {
            self.items.swap(from + index, to_end - len + index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::partial_sort;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_are_in_order(
            mut items in prop::collection::vec((0..60u32, any::<u32>()), 0..400),
            count in 0..400usize,
        ) {
            let mut expected: Vec<u32> = items.iter().map(|item| item.0).collect();
            expected.sort_unstable();
            let mut all = items.clone();
            partial_sort(&mut items, count, |left, right| left.0.cmp(&right.0));
            let count = count.min(items.len());
            let first: Vec<u32> = items[..count].iter().map(|item| item.0).collect();
            prop_assert_eq!(&first[..], &expected[..count]);
            items.sort_unstable();
            all.sort_unstable();
            prop_assert_eq!(items, all);
        }
    }

    #[test]
    fn long_runs_do_not_take_quadratic_time() {
        let mut items: Vec<u32> = (0..200_000).map(|n| (n % 100_000) ^ (n / 100_000)).collect();
        items.rotate_left(1000);
        partial_sort(&mut items, 10, Ord::cmp);
        assert_eq!(&items[..4], &[0, 0, 1, 1]);
    }
}
