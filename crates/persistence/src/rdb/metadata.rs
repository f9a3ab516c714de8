//! What modules have attached to a key: it stands before the type of the value, in payloads and in files.

use super::error::{RdbError, RdbResult};
use super::file::opcode;
use super::reader::Reader;
use super::value;
use super::writer::Writer;

/// Classes that can attach something to one key.
const CLASSES_MAX: u64 = 7;

/// What one class has attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Name, version and flags of the class.
    pub class: u32,
    /// What its module has written, with the word of the end.
    pub bytes: &'a [u8],
}

/// Reads what follows the word for metadata, and says how long it is.
pub(super) fn read<'a>(reader: &mut Reader<'a>) -> RdbResult<&'a [u8]> {
    let mut begin = reader.clone();
    skip(reader)?;
    begin.take(begin.remaining() - reader.remaining())
}

fn skip<'a>(reader: &mut Reader<'a>) -> RdbResult<Vec<Field<'a>>> {
    let count = reader.length()?;
    if count > CLASSES_MAX {
        return Err(RdbError::Corrupt("more metadata than a key can have"));
    }
    let mut fields = Vec::new();
    for _ in 0..count {
        let class = u32::from_le_bytes(reader.array()?);
        fields.push(Field { class, bytes: value::module_fields(reader)? });
    }
    Ok(fields)
}

/// The fields of what [`super::file::KeyItem`] has, or [`super::dump::split_metadata`] gives.
pub fn fields(saved: &[u8]) -> RdbResult<Vec<Field<'_>>> {
    skip(&mut Reader::new(saved))
}

/// The same as bytes; `None` if there are none.
pub fn saved(fields: &[(u32, Vec<u8>)]) -> Option<Vec<u8>> {
    if fields.is_empty() {
        return None;
    }
    let mut writer = Writer::default();
    writer.length(fields.len() as u64);
    for (class, bytes) in fields {
        writer.raw(&class.to_le_bytes());
        writer.raw(bytes);
    }
    Some(writer.take())
}

/// Writes it with the word before it.
pub(super) fn write(writer: &mut Writer, saved: &[u8]) {
    writer.byte(opcode::KEY_METADATA);
    writer.raw(saved);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back() {
        let [one, other] = [(7, vec![5, 1, b'a', 0]), (9, vec![0])];
        let bytes = saved(&[one.clone(), other.clone()]).expect("there are some");
        let read = fields(&bytes).expect("they can be read");
        let expected = [(one.0, one.1.as_slice()), (other.0, other.1.as_slice())];
        assert_eq!(read, expected.map(|(class, bytes)| Field { class, bytes }));
        assert_eq!(saved(&[]), None);
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        assert!(fields(&[8]).is_err(), "too many");
        assert!(fields(&[1, 0, 0, 0]).is_err(), "no class");
        assert!(fields(&[1, 0, 0, 0, 0]).is_err(), "no end");
        assert!(fields(&[1, 0, 0, 0, 0, 6]).is_err(), "no such word");
        assert!(fields(&[]).is_err());
    }
}
