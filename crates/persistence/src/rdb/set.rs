//! Sets as RDB writes them.

use keyspace::Set;
use keyspace::element::ElementText;
use keyspace::set::{SetEncoding, SetLimits};

use super::error::{RdbError, RdbResult};
use super::intset;
use super::reader::Reader;
use super::type_code;
use super::value::{Form, element_text, listpack};
use super::writer::Writer;
use crate::version::RDB_VERSION_7_0;

const DAMAGED_INTSET: RdbError = RdbError::Corrupt("Intset integrity check failed.");
const REPEATED: RdbError = RdbError::Corrupt("Set with dup elements: a member stands twice.");

/// Sets of few members that are no integers had no form of their own.
fn is_spelled_out(set: &Set, form: Form) -> bool {
    form == Form::OlderFile(RDB_VERSION_7_0) && set.encoding() == SetEncoding::Listpack
}

pub(super) fn type_code_of(set: &Set, form: Form) -> u8 {
    match set.encoding() {
        _ if is_spelled_out(set, form) => type_code::SET,
        SetEncoding::Intset => type_code::SET_INTSET,
        SetEncoding::Listpack => type_code::SET_LISTPACK,
        SetEncoding::Hashtable => type_code::SET,
    }
}

pub(super) fn write(writer: &mut Writer, set: &Set, form: Form) {
    let compact = set.intset_bytes().or_else(|| set.listpack_bytes());
    if let Some(bytes) = compact.filter(|_| !is_spelled_out(set, form)) {
        writer.string(bytes);
        return;
    }
    writer.length(set.len() as u64);
    set.for_each(|member| writer.string(ElementText::default().of(member)));
}

/// Reads a set of the given type.
pub(super) fn read(reader: &mut Reader<'_>, code: u8, limits: &SetLimits) -> RdbResult<Set> {
    let set = match code {
        type_code::SET => read_members(reader, limits)?,
        type_code::SET_INTSET => {
            let integers = intset::integers(&reader.string()?).map_err(|_| DAMAGED_INTSET)?;
            let mut set = Set::new_intset();
            set.expect(integers.len(), limits);
            for integer in integers {
                set.add(itoa::Buffer::new().format(integer).as_bytes(), limits);
            }
            set
        }
        _ => {
            // Long members do not matter in what was stored in this form.
            let limits = &SetLimits { listpack_value_bytes_max: usize::MAX, ..*limits };
            let members = listpack(&reader.string()?)?;
            let mut set = Set::new_listpack();
            set.expect(members.len(), limits);
            for (_, member) in members.iter() {
                add(&mut set, &element_text(member), limits)?;
            }
            set
        }
    };
    if set.is_empty() { Err(RdbError::Empty) } else { Ok(set) }
}

fn read_members(reader: &mut Reader<'_>, limits: &SetLimits) -> RdbResult<Set> {
    let count = reader.length()?;
    let mut set = None;
    for _ in 0..count {
        let member = reader.string()?;
        let set = set.get_or_insert_with(|| {
            // A member takes a byte at least.
            let sure = usize::try_from(count).unwrap_or(usize::MAX).min(reader.remaining() + 1);
            Set::for_members(&member, sure, limits)
        });
        add(set, &member, limits)?;
    }
    set.ok_or(RdbError::Empty)
}

fn add(set: &mut Set, member: &[u8], limits: &SetLimits) -> RdbResult<()> {
    if set.add(member, limits) { Ok(()) } else { Err(REPEATED) }
}
