//! What is wrong with a path.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathError {
    /// Something else was expected at a byte.
    Syntax {
        position: usize,
        expected: &'static str,
    },
    TooLong,
    /// Too many levels or operators.
    TooDeep,
    /// It goes through too many values.
    TooMuch,
    /// It computes values, so there is no place to change.
    Computed,
}

impl PathError {
    pub fn syntax(position: usize, expected: &'static str) -> PathError {
        PathError::Syntax { position, expected }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathError::Syntax { position, expected } => {
                write!(formatter, "Error occurred on position {position}, expected {expected}")
            }
            PathError::TooLong => formatter.write_str("ERR the path is too long"),
            PathError::TooDeep => formatter.write_str("ERR the path has too many levels"),
            PathError::TooMuch => formatter.write_str("ERR the path goes through too many values"),
            PathError::Computed => {
                formatter.write_str("ERR the path computes a value, which cannot be changed")
            }
        }
    }
}

impl From<PathError> for module_sdk::Error {
    fn from(error: PathError) -> module_sdk::Error {
        module_sdk::Error::Text(error.to_string().into())
    }
}
