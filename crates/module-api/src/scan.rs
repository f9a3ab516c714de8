//! Scanning the elements of a value.

use keyspace::Value;
use keyspace::element::ElementText;

/// Elements found by a scan: element, and value where there is one.
pub type Elements = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Adds the elements at a position and returns the next position; `None` for a type that cannot be scanned. Fields of a
/// hash that expire before `expired_before_ms` are left out. Scores are printed as replies have them.
pub fn elements(
    value: &Value,
    position: u64,
    expired_before_ms: i64,
    found: &mut Elements,
) -> Option<u64> {
    match value {
        Value::Hash(hash) => Some(hash.scan(position, |view| {
            if view.expiry_ms.is_none_or(|expiry_ms| expiry_ms >= expired_before_ms) {
                let field = ElementText::default().of(view.field).to_vec();
                let value = ElementText::default().of(view.value).to_vec();
                found.push((field, Some(value)));
            }
        })),
        Value::Set(set) => Some(set.scan(position, |element| {
            found.push((ElementText::default().of(element).to_vec(), None));
        })),
        Value::SortedSet(set) => Some(set.scan(position, |(element, score)| {
            let member = ElementText::default().of(element).to_vec();
            let mut text = Vec::new();
            stdx::double::format(score, &mut text);
            found.push((member, Some(text)));
        })),
        Value::String(_)
        | Value::List(_)
        | Value::Stream(_)
        | Value::Array(_)
        | Value::Module(_) => None,
    }
}
