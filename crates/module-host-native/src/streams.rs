//! Streams: adding and deleting entries, trimming, and walking a range of IDs.

use std::ffi::{c_int, c_long, c_longlong};

use keyspace::element;
use keyspace::stream::{References, Stream, StreamId, Trim, TrimTo};
use keyspace::{Type, Value, View};
use module_abi::status;

use crate::errno::{fail, set_errno};
use crate::keys::Key;
use crate::ptr;
use crate::strings::{self, StringPtr, bytes_of, create_in};
use crate::table::Table;

/// Flag of StreamAdd: the server chooses the ID.
const ADD_AUTO_ID: c_int = 1;
/// Flags of StreamIteratorStart.
const ITERATE_EXCLUSIVE: c_int = 1 << 0;
const ITERATE_REVERSE: c_int = 1 << 1;
/// Flag of trimming: whole nodes only.
const TRIM_APPROXIMATELY: c_int = 1;
/// Entries that one approximate trim deletes at most, whatever the size of nodes.
const TRIM_LIMIT_MAX: u64 = 1_000_000;
/// The same if nodes have no limit of entries.
const TRIM_LIMIT_UNBOUND: u64 = 10_000;
/// Nodes that one approximate trim deletes.
const TRIM_NODES: u64 = 100;

type Pair = (Vec<u8>, Vec<u8>);

/// Where a walk over a range of IDs stands. It holds IDs only: entries are found again at each step.
pub struct Walk {
    start: StreamId,
    end: StreamId,
    reverse: bool,
    /// Nothing is left.
    done: bool,
    current: Option<StreamId>,
    /// Fields of the current entry that were not asked for yet; read with the first.
    fields: Option<std::vec::IntoIter<Pair>>,
}

fn id_of(id: strings::StreamId) -> StreamId {
    StreamId::new(id.ms, id.seq)
}

fn put_id(to: *mut strings::StreamId, id: StreamId) {
    ptr::put(to, strings::StreamId { ms: id.ms, seq: id.seq });
}

fn to_read<'a>(key: &Key) -> Option<&'a Stream> {
    match key.record()?.view() {
        View::Value(Value::Stream(stream)) => Some(stream),
        _ => None,
    }
}

fn to_write<'a>(key: &Key) -> Option<&'a mut Stream> {
    key.state().stream_to_write(key.db, key.name()).ok().flatten()
}

/// The key if it is one that holds a stream and may be changed; otherwise errno says why not.
fn writable_stream<'a>(key: *mut Key) -> Result<&'a mut Key, c_int> {
    let key = ptr::reference(key).ok_or(libc::EINVAL)?;
    if key.value_type() != Some(Type::Stream) {
        return Err(libc::ENOTSUP);
    }
    if key.is_writable() { Ok(key) } else { Err(libc::EBADF) }
}

/// The key with its walk; otherwise errno says what is missing.
fn walked<'a>(key: *mut Key) -> Result<(&'a mut Key, Walk), c_int> {
    let key = ptr::reference(key).ok_or(libc::EINVAL)?;
    if key.value_type() != Some(Type::Stream) {
        return Err(libc::ENOTSUP);
    }
    let walk = key.walk.take().ok_or(libc::EBADF)?;
    Ok((key, walk))
}

extern "C" fn stream_add(
    key: *mut Key,
    flags: c_int,
    id: *mut strings::StreamId,
    argv: *const StringPtr,
    pairs: i64,
) -> c_int {
    let automatic = flags & ADD_AUTO_ID != 0;
    let Some(key) = ptr::reference(key) else { return fail(libc::EINVAL) };
    let words = usize::try_from(pairs).ok().and_then(|pairs| pairs.checked_mul(2));
    let Some(words) = words.filter(|words| *words > 0 && !argv.is_null()) else {
        return fail(libc::EINVAL);
    };
    if flags & !ADD_AUTO_ID != 0 || (!automatic && id.is_null()) {
        return fail(libc::EINVAL);
    }
    if !matches!(key.value_type(), None | Some(Type::Stream)) {
        return fail(libc::ENOTSUP);
    }
    if !key.is_writable() {
        return fail(libc::EBADF);
    }
    let fields: Vec<&[u8]> = ptr::slice(argv, words).iter().map(|word| bytes_of(*word)).collect();
    let given = ptr::reference(id).filter(|_| !automatic).map(|id| id_of(*id));
    match append(key, given, &fields) {
        Ok(added) => {
            put_id(id, added);
            status::OK
        }
        Err(errno) => fail(errno),
    }
}

/// Adds an entry; its ID, or what errno shall be.
fn append(key: &mut Key, given: Option<StreamId>, fields: &[&[u8]]) -> Result<StreamId, c_int> {
    if !Stream::takes(fields) {
        return Err(libc::ERANGE);
    }
    let state = key.state();
    let last = to_read(key).map_or(StreamId::MIN, |stream| stream.last_id);
    if last == StreamId::MAX {
        return Err(libc::EFBIG);
    }
    if given.is_some_and(|id| id.is_zero() || id <= last) {
        return Err(libc::EDOM);
    }
    let (limits, empty, now_ms) =
        (state.stream_limits(), state.new_stream(), state.clock.unix_ms());
    let stream = state.stream_or_new(key.db, key.name(), || empty).map_err(|_| libc::ENOTSUP)?;
    let id = given.or_else(|| stream.next_id(now_ms)).ok_or(libc::EFBIG)?;
    stream.append(id, fields, &limits);
    key.touched();
    Ok(id)
}

fn delete(key: &mut Key, id: StreamId) -> c_int {
    if to_write(key).is_some_and(|stream| stream.delete(id)) {
        key.touched();
        status::OK
    } else {
        fail(libc::ENOENT)
    }
}

extern "C" fn stream_delete(key: *mut Key, id: *mut strings::StreamId) -> c_int {
    let Some(id) = ptr::reference(id) else { return fail(libc::EINVAL) };
    match writable_stream(key) {
        Ok(key) if key.walk.is_some() => fail(libc::EBADF),
        Ok(key) => delete(key, id_of(*id)),
        Err(errno) => fail(errno),
    }
}

extern "C" fn iterator_start(
    key: *mut Key,
    flags: c_int,
    start: *mut strings::StreamId,
    end: *mut strings::StreamId,
) -> c_int {
    let Some(key) = ptr::reference(key) else { return fail(libc::EINVAL) };
    if flags & !(ITERATE_EXCLUSIVE | ITERATE_REVERSE) != 0 {
        return fail(libc::EINVAL);
    }
    if key.value_type() != Some(Type::Stream) {
        return fail(libc::ENOTSUP);
    }
    if key.walk.is_some() {
        return fail(libc::EBADF);
    }
    let mut first = ptr::reference(start).map_or(Some(StreamId::MIN), |id| Some(id_of(*id)));
    let mut last = ptr::reference(end).map_or(Some(StreamId::MAX), |id| Some(id_of(*id)));
    if flags & ITERATE_EXCLUSIVE != 0 {
        first = if start.is_null() { first } else { first.and_then(StreamId::next) };
        last = if end.is_null() { last } else { last.and_then(StreamId::prev) };
    }
    let (Some(start), Some(end)) = (first, last) else { return fail(libc::EDOM) };
    let reverse = flags & ITERATE_REVERSE != 0;
    key.walk = Some(Walk { start, end, reverse, done: false, current: None, fields: None });
    status::OK
}

extern "C" fn iterator_stop(key: *mut Key) -> c_int {
    walked(key).map_or_else(fail, |_| status::OK)
}

/// Goes to the next entry; its ID and how many fields it has.
fn advance(key: &Key, walk: &mut Walk) -> Option<(StreamId, usize)> {
    (walk.current, walk.fields) = (None, None);
    if walk.done {
        return None;
    }
    let stream = to_read(key)?;
    let entry = if walk.reverse {
        stream.range_back(walk.start, walk.end).next()
    } else {
        stream.range(walk.start, walk.end).next()
    };
    let Some(entry) = entry else {
        walk.done = true;
        return None;
    };
    let rest = if walk.reverse { entry.id.prev() } else { entry.id.next() };
    match rest {
        Some(rest) if walk.reverse => walk.end = rest,
        Some(rest) => walk.start = rest,
        None => walk.done = true,
    }
    walk.current = Some(entry.id);
    Some((entry.id, entry.len()))
}

/// Takes a step of the key's walk: the key and what was found, or what errno shall be.
fn step<'a, T>(
    key: *mut Key,
    take: impl FnOnce(&Key, &mut Walk) -> Option<T>,
) -> Result<(&'a mut Key, T), c_int> {
    let (key, mut walk) = walked(key)?;
    let found = take(key, &mut walk);
    key.walk = Some(walk);
    found.map(|found| (key, found)).ok_or(libc::ENOENT)
}

extern "C" fn iterator_next_id(
    key: *mut Key,
    id: *mut strings::StreamId,
    pairs: *mut c_long,
) -> c_int {
    let (found, len) = match step(key, advance) {
        Ok((_, found)) => found,
        Err(errno) => return fail(errno),
    };
    put_id(id, found);
    ptr::put(pairs, c_long::try_from(len).unwrap_or(c_long::MAX));
    status::OK
}

/// The next field of the current entry with its value.
fn next_field(key: &Key, walk: &mut Walk) -> Option<Pair> {
    let current = walk.current?;
    if walk.fields.is_none() {
        let entry = to_read(key)?.get(current)?;
        let to_pair = |(name, content)| (element::to_vec(name), element::to_vec(content));
        let pairs: Vec<Pair> = entry.fields().map(to_pair).collect();
        walk.fields = Some(pairs.into_iter());
    }
    walk.fields.as_mut()?.next()
}

extern "C" fn iterator_next_field(
    key: *mut Key,
    field: *mut StringPtr,
    value: *mut StringPtr,
) -> c_int {
    let (key, (name, content)) = match step(key, next_field) {
        Ok(found) => found,
        Err(errno) => return fail(errno),
    };
    if !field.is_null() {
        ptr::put(field, create_in(key.ctx, &name));
    }
    if !value.is_null() {
        ptr::put(value, create_in(key.ctx, &content));
    }
    status::OK
}

extern "C" fn iterator_delete(key: *mut Key) -> c_int {
    if let Err(errno) = writable_stream(key) {
        return fail(errno);
    }
    let current = step(key, |_, walk| {
        walk.fields = None;
        walk.current.take()
    });
    match current {
        Ok((key, id)) => delete(key, id),
        Err(errno) => fail(errno),
    }
}

fn trim(key: *mut Key, flags: c_int, to: TrimTo) -> c_longlong {
    let key = match writable_stream(key) {
        Ok(key) if flags & !TRIM_APPROXIMATELY == 0 => key,
        Ok(_) => return fail_trim(libc::EINVAL),
        Err(errno) => return fail_trim(errno),
    };
    let approximate = flags & TRIM_APPROXIMATELY != 0;
    let per_node = key.state().stream_limits().entries_max as u64;
    let limit = match per_node.saturating_mul(TRIM_NODES) {
        _ if !approximate => 0,
        0 => TRIM_LIMIT_UNBOUND,
        limit => limit.min(TRIM_LIMIT_MAX),
    };
    let how = Trim { to, approximate, limit, references: References::Keep };
    let removed = to_write(key).map_or(0, |stream| stream.trim(&how));
    if removed > 0 {
        key.touched();
    }
    c_longlong::try_from(removed).unwrap_or(c_longlong::MAX)
}

fn fail_trim(errno: c_int) -> c_longlong {
    set_errno(errno);
    -1
}

extern "C" fn trim_by_length(key: *mut Key, flags: c_int, len: c_longlong) -> c_longlong {
    match u64::try_from(len) {
        Ok(len) => trim(key, flags, TrimTo::MaxLen(len)),
        Err(_) => fail_trim(libc::EINVAL),
    }
}

extern "C" fn trim_by_id(key: *mut Key, flags: c_int, id: *mut strings::StreamId) -> c_longlong {
    match ptr::reference(id) {
        Some(id) => trim(key, flags, TrimTo::MinId(id_of(*id))),
        None => fail_trim(libc::EINVAL),
    }
}

pub fn register(table: &mut Table) {
    table.add("StreamAdd", stream_add as *const ());
    table.add("StreamDelete", stream_delete as *const ());
    table.add("StreamIteratorStart", iterator_start as *const ());
    table.add("StreamIteratorStop", iterator_stop as *const ());
    table.add("StreamIteratorNextID", iterator_next_id as *const ());
    table.add("StreamIteratorNextField", iterator_next_field as *const ());
    table.add("StreamIteratorDelete", iterator_delete as *const ());
    table.add("StreamTrimByLength", trim_by_length as *const ());
    table.add("StreamTrimByID", trim_by_id as *const ());
}
