//! The conditions on a string's present value that SET and DELEX share.

use engine::CommandError;
use keyspace::KeyRecord;
use keyspace::string::StringBuffer;

use crate::arguments;

/// Digits of a digest.
const DIGEST_LEN: usize = 16;
const INVALID_DIGEST: CommandError =
    CommandError::constant("ERR must be exactly 16 hexadecimal characters");

/// What a condition looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    /// IFEQ, IFNE.
    Value,
    /// IFDEQ, IFDNE.
    Digest,
}

/// A value or digest that a string must, or must not, have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Condition<'a> {
    pub operand: Operand,
    pub equal: bool,
    pub argument: &'a [u8],
}

impl<'a> Condition<'a> {
    /// The condition that a keyword names.
    pub(super) fn of(word: &[u8], argument: &'a [u8]) -> Option<Condition<'a>> {
        [
            ("IFEQ", Operand::Value, true),
            ("IFNE", Operand::Value, false),
            ("IFDEQ", Operand::Digest, true),
            ("IFDNE", Operand::Digest, false),
        ]
        .into_iter()
        .find(|(name, ..)| arguments::is(word, name))
        .map(|(_, operand, equal)| Condition { operand, equal, argument })
    }

    /// Whether it holds; a missing string is unequal to anything.
    pub(super) fn holds(self, record: Option<&KeyRecord>) -> Result<bool, CommandError> {
        let Some(record) = record else { return Ok(!self.equal) };
        let mut buffer = StringBuffer::new();
        let bytes = crate::string::bytes(record, &mut buffer)?;
        let equal = match self.operand {
            Operand::Value => bytes == self.argument,
            Operand::Digest if self.argument.len() != DIGEST_LEN => return Err(INVALID_DIGEST),
            Operand::Digest => {
                crate::string::digest(bytes).as_bytes().eq_ignore_ascii_case(self.argument)
            }
        };
        Ok(equal == self.equal)
    }

    /// Whether both are the same kind of condition.
    pub(super) fn is_like(self, other: Condition<'_>) -> bool {
        self.operand == other.operand && self.equal == other.equal
    }
}
