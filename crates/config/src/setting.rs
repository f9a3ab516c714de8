//! How values of each type are read from words and printed.

use crate::number;
use crate::parameter::{Kind, Unit};

/// Why a value was refused, in Redis's words.
pub type Reason = String;

/// Where a value comes from; a few parameters accumulate over the lines of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The first line of redis.conf that names the parameter.
    FileFirst,
    /// A further line of redis.conf that names the parameter.
    FileAgain,
    /// CONFIG SET.
    Set,
}

/// A type that can be a parameter.
pub trait Setting: Clone + PartialEq {
    /// The text CONFIG GET shows.
    fn print(&self, kind: Kind) -> Vec<u8>;

    /// The value that `words` mean, given the present one.
    fn parse(&self, kind: Kind, words: &[&[u8]], origin: Origin) -> Result<Self, Reason>;

    /// What CONFIG REWRITE puts behind the name: one entry per line.
    fn lines(&self, kind: Kind) -> Vec<Vec<u8>> {
        vec![self.print(kind)]
    }

    /// The names of an enumeration.
    fn choices() -> Option<&'static [&'static str]> {
        None
    }
}

/// The only word of a value that takes one.
pub(crate) fn single<'a>(words: &[&'a [u8]]) -> Result<&'a [u8], Reason> {
    match words {
        [word] => Ok(word),
        _ => Err(WRONG_NUMBER_OF_ARGUMENTS.to_owned()),
    }
}

/// What redis.conf says of a directive with too few or too many words.
pub const WRONG_NUMBER_OF_ARGUMENTS: &str = "wrong number of arguments";

impl Setting for bool {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        if *self { b"yes".to_vec() } else { b"no".to_vec() }
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        let word = single(words)?;
        if word.eq_ignore_ascii_case(b"yes") {
            Ok(true)
        } else if word.eq_ignore_ascii_case(b"no") {
            Ok(false)
        } else {
            Err("argument must be 'yes' or 'no'".to_owned())
        }
    }
}

impl Setting for Vec<u8> {
    fn print(&self, _kind: Kind) -> Vec<u8> {
        self.clone()
    }

    fn parse(&self, _kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
        single(words).map(<[u8]>::to_vec)
    }

    fn lines(&self, kind: Kind) -> Vec<Vec<u8>> {
        if self.is_empty() && kind == (Kind::Text { nullable: true }) {
            return Vec::new();
        }
        vec![number::quoted(self)]
    }
}

macro_rules! number_setting {
    ($($type:ty)*) => { $(
        impl Setting for $type {
            fn print(&self, kind: Kind) -> Vec<u8> {
                let value = i128::try_from(*self).unwrap_or(i128::MAX);
                match kind {
                    Kind::Number { unit: Unit::Octal, .. } => format!("{value:o}").into_bytes(),
                    Kind::Number { unit: Unit::MemoryOrPercent, .. } if value < 0 => {
                        format!("{}%", -value).into_bytes()
                    }
                    _ => value.to_string().into_bytes(),
                }
            }

            fn parse(&self, kind: Kind, words: &[&[u8]], _origin: Origin) -> Result<Self, Reason> {
                let value = number::parse(single(words)?, kind)?;
                Self::try_from(value).map_err(|_| number::NOT_AN_INTEGER.to_owned())
            }

            fn lines(&self, kind: Kind) -> Vec<Vec<u8>> {
                let value = i128::try_from(*self).unwrap_or(i128::MAX);
                match kind {
                    Kind::Number { unit: Unit::Memory | Unit::MemoryOrPercent, .. } if value >= 0 => {
                        vec![number::memory_text(value)]
                    }
                    _ => vec![self.print(kind)],
                }
            }
        }
    )* };
}

number_setting!(i32 u32 i64 u64 usize);
