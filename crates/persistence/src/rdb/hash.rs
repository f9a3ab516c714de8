//! Hashes, with field expiries and without.

use keyspace::Hash;
use keyspace::element::ElementText;
use keyspace::hash::{HashEncoding, HashLimits};
use structures::listpack::Element;

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use super::type_code;
use super::value::{Form, element_text, listpack};
use super::writer::Writer;
use super::{template, ziplist, zipmap};

const REPEATED: RdbError = RdbError::Corrupt("Hash integrity check failed: a field stands twice.");
const ODD: RdbError = RdbError::Corrupt("Hash integrity check failed: a field without a value.");
const REPEATED_IN_LISTPACK: RdbError =
    RdbError::Corrupt("Hash integrity check failed: listpack with dup elements.");
const DAMAGED_ZIPLIST: RdbError = RdbError::Corrupt("Hash ziplist integrity check failed.");
const DAMAGED_ZIPMAP: RdbError = RdbError::Corrupt("Zipmap integrity check failed.");
const REPEATED_IN_ZIPMAP: RdbError =
    RdbError::Corrupt("Hash zipmap with dup elements, or a field without a value.");
const DISORDERED: RdbError = RdbError::Corrupt(
    "Hash integrity check failed: fields are not in the order of their expiries.",
);
/// The latest time a field can expire: 48 bits are kept for it.
const EXPIRY_MAX_MS: i64 = (1 << 48) - 2;
const BAD_EXPIRY: RdbError =
    RdbError::Corrupt("Hash integrity check failed: an expiry out of range.");

pub(super) fn type_code_of(hash: &Hash, form: Form) -> u8 {
    match hash.encoding() {
        HashEncoding::Listpack => type_code::HASH_LISTPACK,
        _ if matches!(form, Form::OlderFile(_)) => type_code::HASH,
        HashEncoding::ListpackEx => type_code::HASH_LISTPACK_EX,
        HashEncoding::Hashtable if hash.next_expiry_ms().is_some() => type_code::HASH_METADATA,
        HashEncoding::Hashtable => type_code::HASH,
        HashEncoding::TemplateListpack | HashEncoding::TemplateArray => {
            template::type_code_of(hash, form)
        }
    }
}

pub(super) fn write(writer: &mut Writer, hash: &Hash, form: Form) {
    if matches!(form, Form::OlderFile(_)) && hash.encoding() != HashEncoding::Listpack {
        return write_fields(writer, hash, None);
    }
    if let Some(template) = hash.template() {
        return template::write(writer, hash, template, form);
    }
    let next_ms = hash.next_expiry_ms();
    if let Some(bytes) = hash.listpack_bytes() {
        if hash.encoding() == HashEncoding::ListpackEx {
            writer.raw(&next_ms.unwrap_or(0).to_le_bytes());
        }
        writer.string(bytes);
        return;
    }
    if let Some(next_ms) = next_ms {
        writer.raw(&next_ms.to_le_bytes());
    }
    write_fields(writer, hash, next_ms);
}

/// The fields one by one, with what they expire behind the first that does.
fn write_fields(writer: &mut Writer, hash: &Hash, next_ms: Option<i64>) {
    writer.length(hash.len() as u64);
    for view in hash.iter() {
        if let Some(next_ms) = next_ms {
            let above = |expiry_ms: i64| expiry_ms.saturating_sub(next_ms).max(0) as u64 + 1;
            writer.length(view.expiry_ms.map_or(0, above));
        }
        for element in [view.field, view.value] {
            let mut text = ElementText::default();
            writer.string(text.of(element));
        }
    }
}

/// A hash in the making.
struct Builder<'l> {
    hash: Hash,
    limits: &'l HashLimits,
}

impl Builder<'_> {
    fn add(&mut self, field: &[u8], value: &[u8], expiry_ms: Option<i64>) -> RdbResult<()> {
        if !self.hash.set(field, value, false, self.limits) {
            return Err(REPEATED);
        }
        if expiry_ms.is_some() {
            self.hash.set_expiry(field, expiry_ms);
        }
        Ok(())
    }

    fn add_elements(&mut self, elements: &[Element<'_>], with_expiries: bool) -> RdbResult<()> {
        let per_field = if with_expiries { 3 } else { 2 };
        // Those that expire stand in front, the earliest first.
        let mut last_ms = 0;
        self.hash.expect_fields(elements.len() / per_field, self.limits);
        let mut groups = elements.chunks_exact(per_field);
        for group in &mut groups {
            let expiry_ms = match group.get(2) {
                None | Some(Element::Integer(0)) => None,
                Some(Element::Integer(ms)) if (1..=EXPIRY_MAX_MS).contains(ms) => Some(*ms),
                Some(_) => return Err(BAD_EXPIRY),
            };
            let order_ms = expiry_ms.unwrap_or(i64::MAX);
            if order_ms < std::mem::replace(&mut last_ms, order_ms) {
                return Err(DISORDERED);
            }
            self.add(&element_text(group[0]), &element_text(group[1]), expiry_ms)?;
        }
        if groups.remainder().is_empty() { Ok(()) } else { Err(ODD) }
    }

    /// Pairs of strings, each with an expiry before it if there is a way to read that.
    fn add_strings(
        &mut self,
        reader: &mut Reader<'_>,
        read_expiry: impl Fn(&mut Reader<'_>) -> RdbResult<Option<i64>>,
    ) -> RdbResult<()> {
        let count = reader.length()?;
        // A field takes two bytes at least.
        let sure = usize::try_from(count).unwrap_or(usize::MAX).min(reader.remaining() / 2);
        self.hash.expect_fields(sure, self.limits);
        for _ in 0..count {
            let expiry_ms = read_expiry(reader)?;
            if expiry_ms.is_some_and(|ms| ms > EXPIRY_MAX_MS) {
                return Err(BAD_EXPIRY);
            }
            let (field, value) = (reader.string()?, reader.string()?);
            self.add(&field, &value, expiry_ms)?;
        }
        Ok(())
    }
}

/// Reads a hash of the given type.
pub(super) fn read(reader: &mut Reader<'_>, code: u8, limits: &HashLimits) -> RdbResult<Hash> {
    // What was stored in a compact form keeps it whatever the length of its strings.
    let compact = [
        type_code::HASH_ZIPLIST,
        type_code::HASH_LISTPACK,
        type_code::HASH_LISTPACK_EX_EARLY,
        type_code::HASH_LISTPACK_EX,
    ];
    let mut limits = *limits;
    if compact.contains(&code) {
        limits.listpack_value_bytes_max = usize::MAX;
    }
    let limits = &limits;
    let mut builder = Builder { hash: Hash::new(), limits };
    match code {
        type_code::HASH => builder.add_strings(reader, |_| Ok(None))?,
        type_code::HASH_ZIPMAP => {
            let bytes = reader.string()?;
            let elements = zipmap::elements(&bytes).map_err(|_| DAMAGED_ZIPMAP)?;
            let elements: Vec<_> = elements.into_iter().map(Element::Bytes).collect();
            builder.add_elements(&elements, false).map_err(|_| REPEATED_IN_ZIPMAP)?;
        }
        type_code::HASH_ZIPLIST => {
            let bytes = reader.string()?;
            let elements = ziplist::elements(&bytes).map_err(|_| DAMAGED_ZIPLIST)?;
            builder.add_elements(&elements, false)?;
        }
        type_code::HASH_LISTPACK => builder.add_listpack(&reader.string()?, false)?,
        type_code::HASH_LISTPACK_EX_EARLY => builder.add_listpack(&reader.string()?, true)?,
        type_code::HASH_LISTPACK_EX => {
            reader.i64_le()?;
            builder.add_listpack(&reader.string()?, true)?;
        }
        type_code::HASH_METADATA_EARLY => builder.add_strings(reader, |reader| {
            let ms = reader.length()?;
            i64::try_from(ms).map(|ms| (ms > 0).then_some(ms)).map_err(|_| BAD_EXPIRY)
        })?,
        _ => {
            let earliest_ms = reader.i64_le()?;
            builder.add_strings(reader, |reader| match reader.length()? {
                0 => Ok(None),
                above => earliest_ms
                    .checked_add_unsigned(above - 1)
                    .filter(|ms| *ms >= 0)
                    .map(Some)
                    .ok_or(BAD_EXPIRY),
            })?;
        }
    }
    if matches!(code, type_code::HASH_LISTPACK_EX | type_code::HASH_LISTPACK_EX_EARLY) {
        // It stays what it was, though none of its fields may expire.
        builder.hash.expect_expiry(limits);
    }
    if builder.hash.is_empty() { Err(RdbError::Empty) } else { Ok(builder.hash) }
}

impl Builder<'_> {
    fn add_listpack(&mut self, bytes: &[u8], with_expiries: bool) -> RdbResult<()> {
        let mut listpack = listpack(bytes)?;
        if !with_expiries {
            match Hash::of_listpack(listpack, self.limits) {
                Ok(hash) => {
                    self.hash = hash;
                    return Ok(());
                }
                // What is wrong with it shows as its fields are set one by one.
                Err(given_back) => listpack = given_back,
            }
        }
        let elements: Vec<_> = listpack.iter().map(|(_, element)| element).collect();
        self.add_elements(&elements, with_expiries).map_err(|error| match error {
            REPEATED => REPEATED_IN_LISTPACK,
            other => other,
        })
    }
}
