//! Active defragmentation of keys and values, piece by piece.

use crate::database::{Database, KeyRecord};
use crate::value::Value;
use structures::relocate::{boxed, vec};

pub use structures::relocate::Judge;

/// Where to go on in a value. Whatever happens to the value in between, it is a place that makes sense.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct RelocateCursor {
    /// Which of the structures of the value.
    pub(crate) step: u8,
    /// Where in it; entries of streams have two words.
    pub(crate) at: u64,
    pub(crate) at_low: u64,
}

impl RelocateCursor {
    /// The next place in a structure, or the beginning of the next structure.
    pub(crate) fn advance(&mut self, next: Option<u64>) {
        *self = match next {
            Some(at) => Self { at, ..*self },
            None => Self { step: self.step.saturating_add(1), at: 0, at_low: 0 },
        };
    }
}

/// Moves a string that nothing else refers to.
pub(crate) fn boxed_bytes(bytes: &mut Box<[u8]>, judge: &mut Judge<'_>) {
    if !bytes.is_empty() && judge(bytes.as_ptr() as usize) {
        *bytes = bytes.clone();
    }
}

impl Value {
    /// Moves a piece of the value as `judge` says; true while there is more.
    pub fn relocate(&mut self, cursor: &mut RelocateCursor, judge: &mut Judge<'_>) -> bool {
        match self {
            Value::String(bytes) => {
                boxed(bytes, judge);
                vec(bytes, judge);
                false
            }
            Value::Hash(hash) => hash.relocate(cursor, judge),
            Value::List(list) => list.relocate(cursor, judge),
            Value::Set(set) => set.relocate(cursor, judge),
            Value::SortedSet(set) => set.relocate(cursor, judge),
            Value::Stream(stream) => {
                if *cursor == RelocateCursor::default() {
                    boxed(stream, judge);
                }
                stream.relocate(cursor, judge)
            }
            Value::Array(array) => {
                if *cursor == RelocateCursor::default() {
                    boxed(array, judge);
                }
                array.relocate(cursor, judge)
            }
            // The value is its module's; the box is ours.
            Value::Module(module) => {
                boxed(module, judge);
                false
            }
        }
    }
}

impl Database {
    /// Moves the records at a cursor of the table as `judge` says, and lets `visit` see each; the next cursor, 0 at the
    /// end.
    pub fn relocate(
        &mut self,
        cursor: u64,
        judge: &mut Judge<'_>,
        mut visit: impl FnMut(&mut KeyRecord, &mut Judge<'_>),
    ) -> u64 {
        self.table.relocate(cursor, judge, |record, judge| {
            record.relocate(judge);
            visit(record, judge);
        })
    }

    /// The same for the index of keys with an expiry.
    pub fn relocate_expires(&mut self, cursor: u64, judge: &mut Judge<'_>) -> u64 {
        self.expires.relocate(cursor, judge, |_, _| {})
    }
}
