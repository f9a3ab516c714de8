//! Strings in a record: integer encoding, and growth in place.

use crate::database::KeyRecord;
use crate::value::Value;
use structures::{NewPayload, View, ViewMut};

/// Longest key and string together that OBJECT ENCODING calls embstr. Ours are in one allocation far
/// beyond that; the name tells clients what Redis would have done.
pub const EMBSTR_BYTES_MAX: usize = 41;
/// Longest string kept inside its record. A longer one gets an allocation of its own, so that
/// setting an expiry does not copy it.
pub const INLINE_BYTES_MAX: usize = 4096;
/// Longest string that grows inside its record, which copies it each time its size class changes.
const GROW_INLINE_BYTES_MAX: usize = 128;
/// Longest text of an `i64`.
const INTEGER_TEXT_MAX: usize = 20;

/// A string's bytes, with room for the text of an integer.
pub struct StringBuffer(itoa::Buffer);

impl StringBuffer {
    pub fn new() -> Self {
        Self(itoa::Buffer::new())
    }
}

impl Default for StringBuffer {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads an integer in the one form that an integer is printed in: no spaces, no plus sign, no
/// leading zeros, no minus zero.
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > INTEGER_TEXT_MAX {
        return None;
    }
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] => {}
        _ => return None,
    }
    let mut magnitude: u64 = 0;
    for &digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        magnitude = magnitude.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// The payload for a string, in the encoding that Redis would choose for a new one.
pub fn payload(bytes: &[u8]) -> NewPayload<'_, Value> {
    match parse_integer(bytes) {
        Some(integer) => NewPayload::Integer(integer),
        None => raw_payload(bytes, false),
    }
}

/// The payload for a string that is not to be read as an integer.
pub fn raw_payload(bytes: &[u8], raw: bool) -> NewPayload<'_, Value> {
    if bytes.len() <= INLINE_BYTES_MAX {
        NewPayload::Bytes { bytes, raw }
    } else {
        NewPayload::Value(Value::String(Box::new(bytes.to_vec())))
    }
}

/// The bytes of a string; `None` for another type.
#[inline]
pub fn bytes<'a>(record: &'a KeyRecord, buffer: &'a mut StringBuffer) -> Option<&'a [u8]> {
    match record.view() {
        View::Bytes { bytes, .. } => Some(bytes),
        View::Integer(integer) => Some(buffer.0.format(integer).as_bytes()),
        View::Value(Value::String(bytes)) => Some(bytes),
        View::Value(_) => None,
    }
}

/// The length of a string; `None` for another type.
pub fn len(record: &KeyRecord) -> Option<usize> {
    match record.view() {
        View::Bytes { bytes, .. } => Some(bytes.len()),
        View::Integer(integer) => Some(itoa::Buffer::new().format(integer).len()),
        View::Value(Value::String(bytes)) => Some(bytes.len()),
        View::Value(_) => None,
    }
}

/// The integer a string says; `None` if it says none or the type is another.
pub fn integer(record: &KeyRecord) -> Option<i64> {
    match record.view() {
        View::Integer(integer) => Some(integer),
        View::Bytes { bytes, .. } => parse_integer(bytes),
        View::Value(Value::String(bytes)) => parse_integer(bytes),
        View::Value(_) => None,
    }
}

/// Puts an integer into a string's place, keeping its expiry.
pub fn set_integer(record: &mut KeyRecord, integer: i64) {
    match record.view_mut() {
        ViewMut::Integer(place) => *place = integer,
        _ => drop(record.replace_payload(NewPayload::Integer(integer), true)),
    }
}

/// Makes a string `len` bytes long, zeros at the end of what was shorter, and returns its bytes
/// to change; it is raw from then on. `None` for another type.
pub fn resize(record: &mut KeyRecord, len: usize) -> Option<&mut [u8]> {
    make_raw(record, len);
    if matches!(record.view(), View::Bytes { .. }) {
        return record.resize_bytes(len);
    }
    match record.value_mut() {
        Some(Value::String(bytes)) => {
            bytes.resize(len, 0);
            Some(bytes)
        }
        _ => None,
    }
}

/// Appends to a string, which is raw from then on, and returns its length.
pub fn append(record: &mut KeyRecord, tail: &[u8]) -> Option<usize> {
    let old_len = len(record)?;
    let new_len = old_len + tail.len();
    make_raw(record, new_len);
    if let Some(Value::String(bytes)) = record.value_mut() {
        bytes.extend_from_slice(tail);
    } else {
        let bytes = record.resize_bytes(new_len)?;
        bytes.get_mut(old_len..)?.copy_from_slice(tail);
    }
    Some(new_len)
}

/// Overwrites a string from `offset` on, filling a gap with zeros, and returns its length.
pub fn set_range(record: &mut KeyRecord, offset: usize, part: &[u8]) -> Option<usize> {
    let end = offset.checked_add(part.len())?;
    let new_len = len(record)?.max(end);
    let bytes = resize(record, new_len)?;
    bytes.get_mut(offset..end)?.copy_from_slice(part);
    Some(new_len)
}

/// Changes a string, which is raw from then on, in whatever way. `None` for another type.
pub fn edit<R>(record: &mut KeyRecord, change: impl FnOnce(&mut Vec<u8>) -> R) -> Option<R> {
    if let Some(Value::String(bytes)) = record.value_mut() {
        return Some(change(bytes));
    }
    let mut buffer = StringBuffer::new();
    let mut edited = bytes(record, &mut buffer)?.to_vec();
    let result = change(&mut edited);
    let payload = if edited.len() > GROW_INLINE_BYTES_MAX {
        NewPayload::Value(Value::String(Box::new(edited)))
    } else {
        NewPayload::Bytes { bytes: &edited, raw: true }
    };
    drop(record.replace_payload(payload, true));
    Some(result)
}

/// Turns an integer into bytes, and bytes that are to become long into a growable string.
fn make_raw(record: &mut KeyRecord, len: usize) {
    let mut buffer = StringBuffer::new();
    let text;
    let payload = match record.view() {
        View::Integer(integer) => {
            text = buffer.0.format(integer).as_bytes();
            NewPayload::Bytes { bytes: text, raw: true }
        }
        // Growing beyond what is worth copying each time; shrinking or overwriting stays inline.
        View::Bytes { bytes, .. } if len > bytes.len() && len > GROW_INLINE_BYTES_MAX => {
            let mut grown = Vec::with_capacity(len);
            grown.extend_from_slice(bytes);
            NewPayload::Value(Value::String(Box::new(grown)))
        }
        _ => return,
    };
    record.replace_payload(payload, true);
    if len > GROW_INLINE_BYTES_MAX && matches!(record.view(), View::Bytes { .. }) {
        make_raw(record, len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::encoding_name;

    #[test]
    fn integers_have_one_form() {
        for text in ["0", "1", "-1", "9223372036854775807", "-9223372036854775808", "10"] {
            assert_eq!(parse_integer(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in
            ["", "-", "-0", "00", "01", "+1", " 1", "1 ", "9223372036854775808", "1a", "-01"]
        {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn strings_grow_in_place_and_out_of_line() {
        let mut record = KeyRecord::new(b"k", payload(b"12"), Some(5));
        assert_eq!(encoding_name(&record), "int");
        let mut model = b"12".to_vec();
        for round in 0..200 {
            let part = [round as u8; 7];
            if round % 3 == 0 {
                let offset = round * 4;
                model.resize(model.len().max(offset + 7), 0);
                model[offset..offset + 7].copy_from_slice(&part);
                assert_eq!(set_range(&mut record, offset, &part), Some(model.len()));
            } else {
                model.extend_from_slice(&part);
                assert_eq!(append(&mut record, &part), Some(model.len()));
            }
            assert_eq!(bytes(&record, &mut StringBuffer::new()), Some(&model[..]));
            assert_eq!(encoding_name(&record), "raw");
            assert_eq!(len(&record), Some(model.len()));
        }
        assert_eq!(record.expiry_ms(), Some(5));
        set_integer(&mut record, 7);
        assert_eq!((integer(&record), record.expiry_ms()), (Some(7), Some(5)));
    }

    #[test]
    fn encodings_are_those_of_redis() {
        let encoding = |bytes: &[u8]| encoding_name(&KeyRecord::new(b"k", payload(bytes), None));
        assert_eq!(encoding(b"12345"), "int");
        assert_eq!(encoding(b"+12345"), "embstr");
        assert_eq!(encoding(&[b'x'; 40]), "embstr");
        assert_eq!(encoding(&[b'x'; 41]), "raw");
        assert_eq!(encoding(&[b'x'; 10_000]), "raw");
    }
}
