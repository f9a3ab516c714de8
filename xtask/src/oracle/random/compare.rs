//! When two replies say the same: exactly, or as far as order, time and chance allow.

use testkit::Reply;

use super::generate::Words;

/// How the replies to a command are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Exact,
    /// Elements in any order.
    Unordered,
    /// Names and values in any order.
    UnorderedPairs,
    /// Numbers that depend on the moment may be so far apart.
    Near(i64),
    /// Times at the places where replies about streams have them may be apart.
    StreamTimes,
    /// The type, and the number of elements.
    Shape,
    /// A cursor and elements: in any order if both are at the end, else only the shape.
    Scan,
    ScanPairs,
    /// A cursor and elements, whatever they are.
    Cursor,
    /// Each reply by the mode of its command.
    Transaction,
    /// Not at all.
    Any,
}

/// A few seconds between the same command on the two servers, in seconds and in milliseconds.
const SECONDS: i64 = 5;
const MILLISECONDS: i64 = 5000;

/// The mode for a command.
pub fn mode(words: &Words) -> Mode {
    let Some(name) = words.first() else { return Mode::Exact };
    let name = String::from_utf8_lossy(name).to_lowercase();
    let has = |option: &str| words.iter().any(|word| word.eq_ignore_ascii_case(option.as_bytes()));
    match name.as_str() {
        "smembers" | "sinter" | "sunion" | "sdiff" | "keys" | "hkeys" | "hvals" | "spop" => {
            Mode::Unordered
        }
        "hgetall" => Mode::UnorderedPairs,
        // Elements of equal weight come as they lie in each server's own tables, unless the weights are numbers.
        "sort" | "sort_ro" if is_loose_sort(words) && has("limit") => Mode::Shape,
        "sort" | "sort_ro" if is_loose_sort(words) => Mode::Unordered,
        // From another place than the start only each server's own tables say what comes.
        "scan" if words.get(1).is_some_and(|cursor| cursor != b"0") => Mode::Cursor,
        "sscan" | "hscan" | "zscan" if words.get(2).is_some_and(|cursor| cursor != b"0") => {
            Mode::Cursor
        }
        "sscan" | "scan" => Mode::Scan,
        "hscan" if has("novalues") => Mode::Scan,
        "hscan" | "zscan" => Mode::ScanPairs,
        "ttl" | "httl" | "expiretime" | "hexpiretime" => Mode::Near(SECONDS),
        "pttl" | "hpttl" | "pexpiretime" | "hpexpiretime" => Mode::Near(MILLISECONDS),
        "object" => Mode::Near(1),
        "xinfo" | "xpending" | "xreadgroup" => Mode::StreamTimes,
        "srandmember" | "hrandfield" | "zrandmember" | "randomkey" => Mode::Shape,
        // Compared at the end of the batch, when it is known whether there is an order in it.
        "dump" => Mode::Shape,
        "exec" => Mode::Transaction,
        _ => Mode::Exact,
    }
}

/// Whether SORT leaves the order of some elements open.
pub fn is_loose_sort(words: &Words) -> bool {
    let has = |option: &str| words.iter().any(|word| word.eq_ignore_ascii_case(option.as_bytes()));
    // A pattern without a star gives all elements the same weight.
    let by = words.iter().position(|word| word.eq_ignore_ascii_case(b"by"));
    let pattern = by.and_then(|by| words.get(by + 1));
    let constant = pattern.is_some_and(|pattern| !pattern.contains(&b'*'));
    constant || by.is_some() && has("alpha")
}

/// Whether two replies are as good as equal.
pub fn same(theirs: &Reply, ours: &Reply, mode: Mode) -> bool {
    if theirs == ours {
        return true;
    }
    match mode {
        Mode::Exact | Mode::Transaction => false,
        Mode::Any => true,
        Mode::Unordered => same_kind(theirs, ours) && sorted(theirs) == sorted(ours),
        Mode::UnorderedPairs => same_kind(theirs, ours) && pairs(theirs) == pairs(ours),
        Mode::Near(distance) => near(theirs, ours, distance),
        Mode::StreamTimes => stream_times(theirs, ours),
        Mode::Shape => {
            same_kind(theirs, ours)
                && theirs.elements().map(<[Reply]>::len) == ours.elements().map(<[Reply]>::len)
        }
        Mode::Cursor | Mode::Scan | Mode::ScanPairs => scan(theirs, ours, mode),
    }
}

fn same_kind(theirs: &Reply, ours: &Reply) -> bool {
    !theirs.is_error() && std::mem::discriminant(theirs) == std::mem::discriminant(ours)
}

fn near(theirs: &Reply, ours: &Reply, distance: i64) -> bool {
    match (theirs, ours) {
        (Reply::Integer(theirs), Reply::Integer(ours)) => {
            // Answers that are no times (-1, -2) are small.
            let both_times = *theirs >= 0 && *ours >= 0;
            both_times && theirs.abs_diff(*ours) <= distance.unsigned_abs()
        }
        (Reply::Array(theirs), Reply::Array(ours)) => {
            theirs.len() == ours.len()
                && theirs
                    .iter()
                    .zip(ours)
                    .all(|(theirs, ours)| theirs == ours || near(theirs, ours, distance))
        }
        _ => false,
    }
}

/// What of a consumer goes with the clock.
const STREAM_TIMES: &[&[u8]] = &[b"idle", b"inactive", b"seen-time", b"active-time"];

/// The same replies about a stream, but for how long something is ago.
fn stream_times(theirs: &Reply, ours: &Reply) -> bool {
    let same = |theirs: &Reply, ours: &Reply, is_time: bool| {
        theirs == ours || is_time && near(theirs, ours, MILLISECONDS) || stream_times(theirs, ours)
    };
    let named = |reply: &Reply| matches!(reply, Reply::Bulk(name) if STREAM_TIMES.contains(&name.as_slice()));
    match (theirs, ours) {
        (Reply::Map(theirs), Reply::Map(ours)) => {
            theirs.len() == ours.len()
                && theirs.iter().zip(ours).all(|(theirs, ours)| {
                    theirs.0 == ours.0 && same(&theirs.1, &ours.1, named(&theirs.0))
                })
        }
        (Reply::Array(theirs), Reply::Array(ours)) => {
            let pending = pending_time(theirs);
            theirs.len() == ours.len()
                && theirs.iter().zip(ours).enumerate().all(|(at, (one, other))| {
                    let behind_name = at > 0 && named(&theirs[at - 1]);
                    same(one, other, behind_name || pending == Some(at))
                })
        }
        _ => theirs == ours,
    }
}

/// Where an entry that somebody has to acknowledge says when it was delivered: before the count at its end.
fn pending_time(entry: &[Reply]) -> Option<usize> {
    let [Reply::Bulk(id), .., Reply::Integer(_), Reply::Integer(_)] = entry else { return None };
    id.contains(&b'-').then_some(entry.len() - 2)
}

fn scan(theirs: &Reply, ours: &Reply, mode: Mode) -> bool {
    let (Some([their_cursor, theirs]), Some([our_cursor, ours])) =
        (theirs.elements(), ours.elements())
    else {
        return false;
    };
    let end = Reply::Bulk(b"0".to_vec());
    if mode == Mode::Cursor || *their_cursor != end || *our_cursor != end {
        return same_kind(their_cursor, our_cursor) && same_kind(theirs, ours);
    }
    let mode = if mode == Mode::Scan { Mode::Unordered } else { Mode::UnorderedPairs };
    same(theirs, ours, mode)
}

fn sorted(reply: &Reply) -> Vec<String> {
    let mut texts: Vec<String> =
        reply.elements().unwrap_or_default().iter().map(|item| format!("{item:?}")).collect();
    texts.sort();
    texts
}

fn pairs(reply: &Reply) -> Vec<String> {
    let mut texts: Vec<String> = match reply {
        Reply::Map(pairs) => pairs.iter().map(|pair| format!("{pair:?}")).collect(),
        other => {
            other.elements().unwrap_or_default().chunks(2).map(|pair| format!("{pair:?}")).collect()
        }
    };
    texts.sort();
    texts
}
