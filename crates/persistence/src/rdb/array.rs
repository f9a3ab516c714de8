//! Arrays: the cursor, then each element with its index in the form its cell has.

use keyspace::Array;
use keyspace::array::{ArrayLimits, Cell, CellText, CellView};

use super::error::{RdbError, RdbResult};
use super::reader::Reader;
use super::writer::Writer;

const BAD_INDEX: RdbError =
    RdbError::Corrupt("Array integrity check failed: an index is too great.");
const BAD_CURSOR: RdbError = RdbError::Corrupt("Array integrity check failed: no such cursor.");
const BAD_ELEMENT: RdbError = RdbError::Corrupt("Array integrity check failed: no such element.");

/// Forms of an element.
const TEXT: u64 = 0;
const INTEGER: u64 = 1;
const DOUBLE: u64 = 2;
const SHORT_TEXT: u64 = 3;

/// Bytes of a short text.
const SHORT_TEXT_MAX: u64 = 7;
/// Bits of a double that a cell does not keep.
const LOST_BITS: u64 = 3;

pub(super) fn write(writer: &mut Writer, array: &Array) {
    writer.length(array.count());
    match array.cursor() {
        None => writer.length(0),
        Some(cursor) => {
            writer.length(1);
            writer.length(cursor);
        }
    }
    let mut buffer = CellText::default();
    for (index, cell) in array.range(0, Array::INDEX_MAX) {
        writer.length(index);
        match cell.view() {
            CellView::Integer(integer) => {
                writer.length(INTEGER);
                writer.raw(&integer.to_le_bytes());
            }
            CellView::Double(double) => {
                writer.length(DOUBLE);
                writer.raw(&double.to_le_bytes());
            }
            CellView::Short(..) => {
                writer.length(SHORT_TEXT);
                writer.string(buffer.of(cell));
            }
            CellView::Text(text) => {
                writer.length(TEXT);
                writer.string(text);
            }
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>, limits: &ArrayLimits) -> RdbResult<Array> {
    let count = reader.length()?;
    let mut array = Array::new(limits);
    array.set_cursor(match reader.length()? {
        0 => None,
        1 => Some(index(reader, BAD_CURSOR)?),
        _ => return Err(BAD_CURSOR),
    });
    for _ in 0..count {
        let index = index(reader, BAD_INDEX)?;
        array.set_cell(index, cell(reader)?, limits);
    }
    if array.is_empty() { Err(RdbError::Empty) } else { Ok(array) }
}

fn index(reader: &mut Reader<'_>, too_great: RdbError) -> RdbResult<u64> {
    let index = reader.length()?;
    if index <= Array::INDEX_MAX { Ok(index) } else { Err(too_great) }
}

fn cell(reader: &mut Reader<'_>) -> RdbResult<Cell> {
    match reader.length()? {
        TEXT => Ok(Cell::new(&reader.string()?)),
        INTEGER => {
            let integer = reader.i64_le()?;
            let text = || Cell::new(itoa::Buffer::new().format(integer).as_bytes());
            Ok(Cell::integer(integer).unwrap_or_else(text))
        }
        DOUBLE => {
            let bits = reader.f64_le()?.to_bits() & !LOST_BITS;
            Cell::double(f64::from_bits(bits)).ok_or(BAD_ELEMENT)
        }
        SHORT_TEXT => {
            let text = reader.string()?;
            if text.len() as u64 > SHORT_TEXT_MAX {
                return Err(BAD_ELEMENT);
            }
            Ok(Cell::new(&text))
        }
        _ => Err(BAD_ELEMENT),
    }
}
