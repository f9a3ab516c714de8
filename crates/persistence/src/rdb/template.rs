//! Hashes with templates: with the names of their fields in a payload, in a file with the number of names written once.

use std::borrow::Cow;
use std::collections::HashMap;

use keyspace::Hash;
use keyspace::hash::{HashLimits, HeldTemplate, Template, Templates, order};
use structures::listpack::{Element, Listpack};

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use super::type_code;
use super::value::{Form, Source, element_text};
use super::writer::Writer;

/// How names stand in a payload.
const NAMES_LISTPACK: u64 = 0;
const NAMES_APART: u64 = 1;

const NAMES_DAMAGED: RdbError = RdbError::Corrupt("template field blob integrity check failed.");
const NO_NAMES: RdbError = RdbError::Corrupt("template with zero fields");
const DISORDERED: RdbError = RdbError::Corrupt("template fields not strictly sorted");
const NO_NAMES_IN_FILE: RdbError =
    RdbError::Corrupt("RDB hash template has zero fields; it should have some");
const DISORDERED_IN_FILE: RdbError =
    RdbError::Corrupt("RDB hash template fields are not strictly sorted");
const VALUES_DAMAGED: RdbError = RdbError::Corrupt("template-listpack integrity check failed.");
const NO_VALUES: RdbError = RdbError::Corrupt("template-listpack is empty.");
const NO_NUMBER: RdbError = RdbError::Corrupt("template-listpack first entry is not an integer.");

/// The templates of a file, by their numbers in it.
pub type FileTemplates = HashMap<u64, HeldTemplate>;

/// The type byte of a hash with a template.
pub(super) fn type_code_of(hash: &Hash, form: Form) -> u8 {
    match (form, hash.template_listpack().is_some()) {
        (Form::Payload, true) => type_code::HASH_TEMPLATE_LISTPACK,
        (_, true) => type_code::HASH_TEMPLATE_LISTPACK_REF,
        (Form::Payload, false) => type_code::HASH_TEMPLATE_ARRAY,
        (_, false) => type_code::HASH_TEMPLATE_ARRAY_REF,
    }
}

/// Writes a hash that has this template.
pub(super) fn write(writer: &mut Writer, hash: &Hash, template: &Template, form: Form) {
    if form == Form::Payload {
        write_payload_names(writer, template);
    }
    if let Some(values) = hash.template_listpack() {
        let mut numbered = values.clone();
        let first = numbered.first();
        numbered.insert_integer_before(first, i64::from(template.id()));
        writer.string(numbered.as_bytes());
        return;
    }
    if form == Form::File {
        writer.length(u64::from(template.id()));
    }
    hash.for_each(|view| writer.string(&element_text(view.value)));
}

fn write_payload_names(writer: &mut Writer, template: &Template) {
    if template.fits_listpack() {
        writer.length(NAMES_LISTPACK);
        writer.string(&template.listpack_bytes());
    } else {
        writer.length(NAMES_APART);
        write_names(writer, template);
    }
}

fn write_names(writer: &mut Writer, template: &Template) {
    writer.length(template.len() as u64);
    template.names().for_each(|name| writer.string(name));
}

/// Writes a template for the hashes in a file that refer to it.
pub(super) fn write_definition(writer: &mut Writer, template: &Template) {
    writer.length(u64::from(template.id()));
    write_names(writer, template);
}

/// Reads what `write_definition` wrote.
pub(super) fn read_definition(
    reader: &mut Reader<'_>,
    templates: &Templates,
) -> RdbResult<(u64, HeldTemplate)> {
    let number = reader.length()?;
    let names = read_names(reader)?;
    let template = make(&names, templates).map_err(|error| match error {
        NO_NAMES => NO_NAMES_IN_FILE,
        _ => DISORDERED_IN_FILE,
    })?;
    Ok((number, template))
}

fn read_names<'a>(reader: &mut Reader<'a>) -> RdbResult<Vec<Cow<'a, [u8]>>> {
    let count = reader.length()?;
    // A name takes a byte at least, so this ends where the bytes do.
    (0..count).map(|_| reader.string()).collect()
}

fn make(names: &[Cow<'_, [u8]>], templates: &Templates) -> RdbResult<HeldTemplate> {
    let names: Vec<&[u8]> = names.iter().map(|name| &**name).collect();
    if names.is_empty() {
        return Err(NO_NAMES);
    }
    if !names.is_sorted_by(|left, right| order(left, right).is_lt()) {
        return Err(DISORDERED);
    }
    Ok(templates.make(&names))
}

/// Reads the names in front of a hash in a payload.
fn read_payload_names(reader: &mut Reader<'_>, templates: &Templates) -> RdbResult<HeldTemplate> {
    match reader.length()? {
        NAMES_LISTPACK => {
            let bytes = reader.string()?;
            let listpack = Listpack::from_bytes(&bytes).ok_or(NAMES_DAMAGED)?;
            let names: Vec<_> = listpack.iter().map(|(_, element)| element_text(element)).collect();
            make(&names, templates)
        }
        NAMES_APART => make(&read_names(reader)?, templates),
        format => Err(RdbError::TemplateFormat(format)),
    }
}

/// Reads a hash of one of the four types.
pub(super) fn read(
    reader: &mut Reader<'_>,
    code: u8,
    limits: &HashLimits,
    templates: &Templates,
    source: Source<'_>,
) -> RdbResult<Hash> {
    let of_file = |number| match source {
        Source::File(known) => known.get(&number).ok_or(RdbError::TemplateNumber(number)),
        Source::Payload => Err(RdbError::NotInPayload(code)),
    };
    match code {
        type_code::HASH_TEMPLATE_LISTPACK => {
            let template = read_payload_names(reader, templates)?;
            let (_, values) = numbered(&reader.string()?)?;
            from_listpack(&template, &values, limits)
        }
        type_code::HASH_TEMPLATE_LISTPACK_REF => {
            if let Source::Payload = source {
                return Err(RdbError::NotInPayload(code));
            }
            let (number, values) = numbered(&reader.string()?)?;
            from_listpack(of_file(number)?, &values, limits)
        }
        type_code::HASH_TEMPLATE_ARRAY => {
            let template = read_payload_names(reader, templates)?;
            from_strings(reader, &template, limits)
        }
        _ => {
            let template = of_file(reader.length()?)?;
            from_strings(reader, template, limits)
        }
    }
}

/// Values behind the number of their template.
fn numbered(bytes: &[u8]) -> RdbResult<(u64, Listpack)> {
    let listpack = Listpack::from_bytes(bytes).ok_or(VALUES_DAMAGED)?;
    let first = listpack.first().ok_or(NO_VALUES)?;
    let Element::Integer(number) = listpack.get(first) else { return Err(NO_NUMBER) };
    // A negative one is in no file.
    Ok((u64::try_from(number).unwrap_or(u64::MAX), listpack))
}

fn from_listpack(
    template: &HeldTemplate,
    values: &Listpack,
    limits: &HashLimits,
) -> RdbResult<Hash> {
    let texts: Vec<_> = values.iter().skip(1).map(|(_, element)| element_text(element)).collect();
    if texts.len() != template.len() {
        return Err(RdbError::TemplateValues { entries: texts.len() + 1, fields: template.len() });
    }
    // Long values do not matter in what was stored in this form.
    let limits = HashLimits { listpack_value_bytes_max: usize::MAX, ..*limits };
    Ok(of_values(template, &texts, &limits))
}

fn from_strings(
    reader: &mut Reader<'_>,
    template: &HeldTemplate,
    limits: &HashLimits,
) -> RdbResult<Hash> {
    let values: Vec<_> = (0..template.len()).map(|_| reader.string()).collect::<RdbResult<_>>()?;
    Ok(of_values(template, &values, limits))
}

fn of_values(template: &HeldTemplate, values: &[Cow<'_, [u8]>], limits: &HashLimits) -> Hash {
    let values: Vec<&[u8]> = values.iter().map(|value| &**value).collect();
    Hash::from_template(template, &values, limits)
}
