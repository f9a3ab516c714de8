//! The values that BY and GET patterns lead to.

use engine::State;
use keyspace::element::ElementText;
use keyspace::string::StringBuffer;
use keyspace::{KeyRecord, Value, View};

/// The value that `pattern` names for an element: `#` the element itself, `key*` a string key,
/// `key*->field` a field of a hash. `None` if there is no such value or the pattern has no star.
pub(super) fn value(
    state: &mut State,
    db: usize,
    pattern: &[u8],
    element: &[u8],
) -> Option<Vec<u8>> {
    if pattern == b"#" {
        return Some(element.to_vec());
    }
    let star = pattern.iter().position(|byte| *byte == b'*')?;
    let (before, after) = (&pattern[..star], &pattern[star + 1..]);
    let (after, field) = split_field(after);
    let key = [before, element, after].concat();
    let now_ms = state.expired_before_ms();
    let record = state.lookup_read(db, &key)?;
    match field {
        None => string(record),
        Some(field) => {
            let View::Value(Value::Hash(hash)) = record.view() else { return None };
            let found = hash.get(field)?;
            if found.expiry_ms.is_none_or(|expiry_ms| expiry_ms >= now_ms) {
                return Some(ElementText::default().of(found.value).to_vec());
            }
            state.expire_field(db, &key, field);
            None
        }
    }
}

fn string(record: &KeyRecord) -> Option<Vec<u8>> {
    keyspace::string::bytes(record, &mut StringBuffer::new()).map(<[u8]>::to_vec)
}

/// Splits off a field behind `->`; an empty one is part of the key.
fn split_field(after: &[u8]) -> (&[u8], Option<&[u8]>) {
    let arrow = after.windows(2).position(|pair| pair == b"->");
    match arrow {
        Some(at) if at + 2 < after.len() => (&after[..at], Some(&after[at + 2..])),
        _ => (after, None),
    }
}
