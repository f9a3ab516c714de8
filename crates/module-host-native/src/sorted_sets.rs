//! Sorted sets: changing elements, and walking ranges by score or by name.

use std::ffi::{c_double, c_int};

use engine::State;
use keyspace::element::ElementText;
use keyspace::sorted_set::SortedSet;
use keyspace::{Type, Value, View};
use module_abi::{status, zadd_flag};

use crate::keys::Key;
use crate::ptr;
use crate::strings::{StringPtr, bytes_of, create_in};
use crate::table::Table;

/// Where a walk over a range stands: ranks of the range, and the one it is at.
pub struct Range {
    first: usize,
    end: usize,
    at: Option<usize>,
}

/// Whether the key holds a sorted set, or nothing if that will do.
fn is_sorted_set(key: &Key, may_be_empty: bool) -> bool {
    match key.value_type() {
        Some(Type::SortedSet) => true,
        None => may_be_empty,
        _ => false,
    }
}

fn set_to_read<'a>(key: &Key) -> Option<&'a SortedSet> {
    match key.record()?.view() {
        View::Value(Value::SortedSet(set)) => Some(set),
        _ => None,
    }
}

fn set_to_write<'a>(key: &Key) -> Option<&'a mut SortedSet> {
    let state: &'a mut State = key.state();
    state.sorted_set_to_write(key.db, key.name()).ok().flatten()
}

/// Sets or adds to a score as the flags allow; the flags out, and the score that the element has then.
fn store(
    key: &mut Key,
    member: &[u8],
    amount: f64,
    flags: c_int,
    add: bool,
) -> Option<(c_int, f64)> {
    let has = |bit: c_int| flags & bit != 0;
    let old = set_to_read(key).and_then(|set| set.score(member));
    let refused = match old {
        None => has(zadd_flag::XX),
        Some(_) => has(zadd_flag::NX),
    };
    if refused {
        return Some((zadd_flag::NOP, old.unwrap_or(0.0)));
    }
    let score = if add { old.unwrap_or(0.0) + amount } else { amount };
    if score.is_nan() {
        return None;
    }
    let held_back = old.is_some_and(|old| {
        (has(zadd_flag::GT) && score <= old) || (has(zadd_flag::LT) && score >= old)
    });
    if held_back {
        return Some((zadd_flag::NOP, old.unwrap_or(0.0)));
    }
    let (db, name) = (key.db, key.name());
    let state = key.state();
    let limits = state.sorted_set_limits(db);
    let set = state
        .sorted_set_or_new(db, name, || SortedSet::for_members(1, member.len(), &limits))
        .ok()?;
    set.insert(member, score, &limits);
    let out = match old {
        None => zadd_flag::ADDED,
        Some(old) if old != score => zadd_flag::UPDATED,
        Some(_) => 0,
    };
    if out != 0 {
        key.touched();
    }
    Some((out, score))
}

fn add_or_increment(
    key: *mut Key,
    amount: f64,
    element: StringPtr,
    flags: *mut c_int,
    score: *mut c_double,
    add: bool,
) -> c_int {
    let key = ptr::required(key);
    let given = ptr::reference(flags).map_or(0, |flags| *flags);
    let conflict = (given & zadd_flag::NX != 0
        && given & (zadd_flag::XX | zadd_flag::GT | zadd_flag::LT) != 0)
        || given & (zadd_flag::GT | zadd_flag::LT) == zadd_flag::GT | zadd_flag::LT;
    if !key.is_writable() || !is_sorted_set(key, true) || amount.is_nan() || conflict {
        return status::ERR;
    }
    let Some((out, now)) = store(key, bytes_of(element), amount, given, add) else {
        ptr::put(flags, 0);
        return status::ERR;
    };
    ptr::put(flags, out);
    ptr::put(score, now);
    status::OK
}

extern "C" fn zset_add(
    key: *mut Key,
    score: c_double,
    element: StringPtr,
    flags: *mut c_int,
) -> c_int {
    add_or_increment(key, score, element, flags, std::ptr::null_mut(), false)
}

extern "C" fn zset_incrby(
    key: *mut Key,
    amount: c_double,
    element: StringPtr,
    flags: *mut c_int,
    score: *mut c_double,
) -> c_int {
    add_or_increment(key, amount, element, flags, score, true)
}

extern "C" fn zset_rem(key: *mut Key, element: StringPtr, deleted: *mut c_int) -> c_int {
    let key = ptr::required(key);
    if !key.is_writable() || !is_sorted_set(key, true) {
        return status::ERR;
    }
    let removed = set_to_write(key).and_then(|set| set.remove(bytes_of(element))).is_some();
    if removed {
        let (db, name) = (key.db, key.name());
        key.state().delete_if_empty(db, name);
        key.touched();
    }
    ptr::put(deleted, c_int::from(removed));
    status::OK
}

extern "C" fn zset_score(key: *mut Key, element: StringPtr, score: *mut c_double) -> c_int {
    let found = ptr::reference(key)
        .and_then(|key| set_to_read(key))
        .and_then(|set| set.score(bytes_of(element)));
    match found {
        Some(found) => {
            ptr::put(score, found);
            status::OK
        }
        None => status::ERR,
    }
}

extern "C" fn range_stop(key: *mut Key) {
    if let Some(key) = ptr::reference(key) {
        key.range = None;
    }
}

fn begin(key: *mut Key, bounds: impl Fn(&SortedSet) -> (usize, usize), from_last: bool) -> c_int {
    let key = ptr::required(key);
    let Some(set) = set_to_read(key) else { return status::ERR };
    let (first, end) = bounds(set);
    let at = match first < end {
        true if from_last => Some(end - 1),
        true => Some(first),
        false => None,
    };
    key.range = Some(Range { first, end, at });
    status::OK
}

fn by_score(key: *mut Key, min: f64, max: f64, exclude: (bool, bool), from_last: bool) -> c_int {
    let (exclude_min, exclude_max) = exclude;
    let bounds = |set: &SortedSet| {
        let first =
            set.count_leading(|score, _| if exclude_min { score <= min } else { score < min });
        let end =
            set.count_leading(|score, _| if exclude_max { score < max } else { score <= max });
        (first, end)
    };
    begin(key, bounds, from_last)
}

extern "C" fn first_in_score_range(
    key: *mut Key,
    min: c_double,
    max: c_double,
    exclude_min: c_int,
    exclude_max: c_int,
) -> c_int {
    by_score(key, min, max, (exclude_min != 0, exclude_max != 0), false)
}

extern "C" fn last_in_score_range(
    key: *mut Key,
    min: c_double,
    max: c_double,
    exclude_min: c_int,
    exclude_max: c_int,
) -> c_int {
    by_score(key, min, max, (exclude_min != 0, exclude_max != 0), true)
}

/// A bound by name: `-`, `+`, `[name`, `(name`.
enum Bound<'a> {
    Lowest,
    Highest,
    Included(&'a [u8]),
    Excluded(&'a [u8]),
}

fn bound(text: &[u8]) -> Option<Bound<'_>> {
    match text {
        b"-" => Some(Bound::Lowest),
        b"+" => Some(Bound::Highest),
        [b'[', name @ ..] => Some(Bound::Included(name)),
        [b'(', name @ ..] => Some(Bound::Excluded(name)),
        _ => None,
    }
}

fn by_name(key: *mut Key, min: StringPtr, max: StringPtr, from_last: bool) -> c_int {
    let (Some(min), Some(max)) = (bound(bytes_of(min)), bound(bytes_of(max))) else {
        return status::ERR;
    };
    let bounds = |set: &SortedSet| {
        let first = set.count_leading(|_, member| match min {
            Bound::Lowest => false,
            Bound::Highest => true,
            Bound::Included(name) => member < name,
            Bound::Excluded(name) => member <= name,
        });
        let end = set.count_leading(|_, member| match max {
            Bound::Lowest => false,
            Bound::Highest => true,
            Bound::Included(name) => member <= name,
            Bound::Excluded(name) => member < name,
        });
        (first, end)
    };
    begin(key, bounds, from_last)
}

extern "C" fn first_in_lex_range(key: *mut Key, min: StringPtr, max: StringPtr) -> c_int {
    by_name(key, min, max, false)
}

extern "C" fn last_in_lex_range(key: *mut Key, min: StringPtr, max: StringPtr) -> c_int {
    by_name(key, min, max, true)
}

extern "C" fn range_current_element(key: *mut Key, score: *mut c_double) -> StringPtr {
    let key = ptr::required(key);
    let at = key.range.as_ref().and_then(|range| range.at);
    let found = at.and_then(|rank| set_to_read(key)?.at(rank));
    match found {
        Some((element, found)) => {
            ptr::put(score, found);
            create_in(key.ctx, ElementText::default().of(element))
        }
        None => std::ptr::null_mut(),
    }
}

fn step(key: *mut Key, forward: bool) -> c_int {
    let Some(range) = ptr::required(key).range.as_mut() else { return 0 };
    let Some(at) = range.at else { return 0 };
    range.at = if forward {
        Some(at + 1).filter(|next| *next < range.end)
    } else {
        at.checked_sub(1).filter(|next| *next >= range.first)
    };
    c_int::from(range.at.is_some())
}

extern "C" fn range_next(key: *mut Key) -> c_int {
    step(key, true)
}

extern "C" fn range_prev(key: *mut Key) -> c_int {
    step(key, false)
}

extern "C" fn range_end_reached(key: *mut Key) -> c_int {
    let at_end = ptr::required(key).range.as_ref().is_none_or(|range| range.at.is_none());
    c_int::from(at_end)
}

pub fn register(table: &mut Table) {
    table.add("ZsetAdd", zset_add as *const ());
    table.add("ZsetIncrby", zset_incrby as *const ());
    table.add("ZsetRem", zset_rem as *const ());
    table.add("ZsetScore", zset_score as *const ());
    table.add("ZsetRangeStop", range_stop as *const ());
    table.add("ZsetFirstInScoreRange", first_in_score_range as *const ());
    table.add("ZsetLastInScoreRange", last_in_score_range as *const ());
    table.add("ZsetFirstInLexRange", first_in_lex_range as *const ());
    table.add("ZsetLastInLexRange", last_in_lex_range as *const ());
    table.add("ZsetRangeCurrentElement", range_current_element as *const ());
    table.add("ZsetRangeNext", range_next as *const ());
    table.add("ZsetRangePrev", range_prev as *const ());
    table.add("ZsetRangeEndReached", range_end_reached as *const ());
}
