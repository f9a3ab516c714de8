//! Commands of the group array, and what they share.

use engine::{CommandError, Context, notify};
use keyspace::Array;
use keyspace::array::{Cell, CellText, CellView};
use resp::reply::Reply;

use crate::arguments;

pub mod arcount;
pub mod ardel;
pub mod ardelrange;
pub mod arget;
pub mod argetrange;
pub mod argrep;
pub mod arinfo;
pub mod arinsert;
pub mod arlastitems;
pub mod arlen;
pub mod armget;
pub mod armset;
pub mod arnext;
pub mod arop;
pub mod arring;
pub mod arscan;
pub mod arseek;
pub mod arset;

const INVALID_INDEX: CommandError = CommandError::constant("ERR invalid array index");
const LIMIT_NOT_POSITIVE: CommandError = CommandError::constant("ERR LIMIT must be positive");

/// The index of an element.
fn index(word: &[u8]) -> Result<u64, CommandError> {
    let index = stdx::number::parse_u64_as_c(word);
    index.filter(|index| *index <= Array::INDEX_MAX).ok_or(INVALID_INDEX)
}

/// How many elements to reply at the most.
fn limit(word: &[u8]) -> Result<usize, CommandError> {
    let limit = arguments::integer(word)?;
    usize::try_from(limit).ok().filter(|limit| *limit > 0).ok_or(LIMIT_NOT_POSITIVE)
}

/// A range of indexes, read backwards if its start is behind its end.
struct Range {
    first: u64,
    last: u64,
    backwards: bool,
}

impl Range {
    fn parse(start: &[u8], end: &[u8]) -> Result<Self, CommandError> {
        Ok(Self::between(index(start)?, index(end)?))
    }

    fn between(start: u64, end: u64) -> Self {
        Range { first: start.min(end), last: start.max(end), backwards: start > end }
    }

    /// The elements in the order asked for.
    fn elements<'a>(&self, array: &'a Array) -> Box<dyn Iterator<Item = (u64, &'a Cell)> + 'a> {
        let elements = array.range(self.first, self.last);
        if self.backwards { Box::new(elements.rev()) } else { elements }
    }
}

/// Replies a count or an index: one of more than 63 bits as a big number.
fn reply_number(reply: &mut Reply, number: u64) {
    match i64::try_from(number) {
        Ok(number) => reply.integer(number),
        Err(_) => reply.big_number(number.to_string().as_bytes()),
    }
}

fn reply_cell(reply: &mut Reply, cell: Option<&Cell>) {
    let Some(cell) = cell else {
        reply.null();
        return;
    };
    match cell.view() {
        CellView::Text(text) => reply.bulk(text),
        CellView::Integer(integer) => reply.bulk_integer(integer),
        CellView::Short(bytes, len) => reply.bulk(&bytes[..usize::from(len).min(bytes.len())]),
        CellView::Double(_) => reply.bulk(CellText::default().of(cell)),
    }
}

/// Replies an element with its index.
fn reply_pair(reply: &mut Reply, index: u64, cell: &Cell) {
    reply.array(2);
    reply_number(reply, index);
    reply_cell(reply, Some(cell));
}

/// What follows from a change of the array that the command names.
fn changed(context: &mut Context<'_>, event: &str, changes: u64) {
    let key = context.argv[1];
    context.modified(key);
    context.notify(notify::class::ARRAY, event, key);
    context.dirty(changes);
}

/// What follows from taking elements from the array that the command names, and the reply.
fn after_removal(context: &mut Context<'_>, event: &str, removed: u64) {
    if removed > 0 {
        changed(context, event, removed);
        context.state.delete_if_empty(context.db, context.argv[1]);
    }
    reply_number(context.reply, removed);
}
