//! What a command replies with, and its errors.

use std::borrow::Cow;

/// The end of a command.
pub type Result<T = Reply> = std::result::Result<T, Error>;

/// A reply. What RESP2 lacks reaches such clients as Redis converts it: a map as a flat array, a double as a string.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Integer(i64),
    Double(f64),
    Bool(bool),
    /// A line of text without line ends, such as `OK`.
    Simple(Cow<'static, str>),
    Bulk(Vec<u8>),
    /// Text with its format of three letters, such as `txt`.
    Verbatim([u8; 3], String),
    /// Decimal digits, perhaps with a sign in front.
    BigNumber(String),
    Null,
    NullArray,
    Array(Vec<Reply>),
    Set(Vec<Reply>),
    Map(Vec<(Reply, Reply)>),
    /// An error as an element of a reply.
    Error(Error),
    /// Nothing more: the client has been answered, or will be later.
    Sent,
}

impl Reply {
    pub const OK: Reply = Reply::Simple(Cow::Borrowed("OK"));

    pub fn bulk(bytes: impl Into<Vec<u8>>) -> Reply {
        Reply::Bulk(bytes.into())
    }

    pub fn array(items: impl IntoIterator<Item = impl Into<Reply>>) -> Reply {
        Reply::Array(items.into_iter().map(Into::into).collect())
    }
}

impl From<i32> for Reply {
    fn from(number: i32) -> Reply {
        Reply::Integer(number.into())
    }
}

impl From<i64> for Reply {
    fn from(number: i64) -> Reply {
        Reply::Integer(number)
    }
}

impl From<bool> for Reply {
    fn from(value: bool) -> Reply {
        Reply::Bool(value)
    }
}

impl From<f64> for Reply {
    fn from(number: f64) -> Reply {
        Reply::Double(number)
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Reply {
        Reply::Bulk(text.as_bytes().to_vec())
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Reply {
        Reply::Bulk(text.into_bytes())
    }
}

impl From<Vec<u8>> for Reply {
    fn from(bytes: Vec<u8>) -> Reply {
        Reply::Bulk(bytes)
    }
}

impl<T: Into<Reply>> From<Option<T>> for Reply {
    fn from(value: Option<T>) -> Reply {
        value.map_or(Reply::Null, Into::into)
    }
}

impl<T: Into<Reply>> From<Vec<T>> for Reply {
    fn from(items: Vec<T>) -> Reply {
        Reply::array(items)
    }
}

/// An error reply: a code in capitals and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The text as sent, code first: `ERR no such index`.
    Text(Cow<'static, str>),
    /// Too few or too many words; the server names the command.
    Arity,
}

impl Error {
    pub const WRONG_TYPE: Error = Error::Text(Cow::Borrowed(
        "WRONGTYPE Operation against a key holding the wrong kind of value",
    ));
    pub const NOT_AN_INTEGER: Error =
        Error::Text(Cow::Borrowed("ERR value is not an integer or out of range"));
    pub const NOT_A_FLOAT: Error = Error::Text(Cow::Borrowed("ERR value is not a valid float"));
    pub const SYNTAX: Error = Error::Text(Cow::Borrowed("ERR syntax error"));

    /// With the code `ERR`.
    pub fn err(sentence: impl std::fmt::Display) -> Error {
        Error::Text(Cow::Owned(format!("ERR {sentence}")))
    }

    /// What is sent, on one line.
    pub fn text(&self) -> Cow<'static, str> {
        match self {
            Error::Text(text) if text.contains(['\r', '\n', '\0']) => {
                Cow::Owned(text.replace(['\r', '\n', '\0'], " "))
            }
            Error::Text(text) => text.clone(),
            Error::Arity => Cow::Borrowed("ERR wrong number of arguments"),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line() {
        assert_eq!(Error::err("a\r\nb\0c").text(), "ERR a  b c");
        assert_eq!(Error::SYNTAX.text(), "ERR syntax error");
    }

    #[test]
    fn values_become_replies() {
        assert_eq!(Reply::from(None::<i64>), Reply::Null);
        assert_eq!(
            Reply::from(vec![1_i64, 2]),
            Reply::Array(vec![Reply::Integer(1), Reply::Integer(2)])
        );
        assert_eq!(Reply::from("x"), Reply::Bulk(b"x".to_vec()));
    }
}
