//! Why bytes are not taken as RDB.

use std::fmt;

/// See the module text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RdbError {
    /// The bytes end in the middle of something.
    Truncated,
    /// A type, or a special form of a string, that is not known.
    UnknownType(u8),
    /// The bytes contradict themselves; in which way, in words that Redis's suite looks for in the log.
    Corrupt(&'static str),
    /// A hash that refers to a template that the file has not.
    TemplateNumber(u64),
    /// The names of a template in a form that is not known.
    TemplateFormat(u64),
    /// A hash with more or fewer values than its template has fields.
    TemplateValues { entries: usize, fields: usize },
    /// A type that stands in files only.
    NotInPayload(u8),
    /// A collection without elements, which Redis never keeps.
    Empty,
    /// A newer version than this server knows.
    Version(u16),
    /// The checksum says that bytes were changed.
    Checksum,
}

/// What reading gives.
pub type RdbResult<T> = Result<T, RdbError>;

impl fmt::Display for RdbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RdbError::Truncated => f.write_str("the data ends too early"),
            RdbError::UnknownType(code) => write!(f, "unknown type {code}"),
            RdbError::Corrupt(what) => f.write_str(what),
            RdbError::TemplateNumber(number) => write!(f, "Invalid hash template ID {number}"),
            RdbError::TemplateFormat(format) => {
                write!(f, "unknown template fields format {format}")
            }
            RdbError::TemplateValues { entries, fields } => {
                write!(f, "template-listpack entry count {entries} does not match {fields} fields")
            }
            RdbError::NotInPayload(code) => {
                write!(f, "Hash type {code} not valid in a DUMP payload")
            }
            RdbError::Empty => f.write_str("a collection without elements"),
            RdbError::Version(version) => write!(f, "version {version} is newer than this server"),
            RdbError::Checksum => {
                f.write_str("RDB CRC error: the file was changed after it was written")
            }
        }
    }
}

impl std::error::Error for RdbError {}
