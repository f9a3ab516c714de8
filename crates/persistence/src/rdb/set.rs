//! sets.

use keyspace::Value;

use super::error::{RdbError, RdbResult};
use super::reader::Reader;

pub(super) fn read(reader: &mut Reader<'_>, code: u8) -> RdbResult<Value> {
    let _ = reader;
    Err(RdbError::UnsupportedType(code))
}
