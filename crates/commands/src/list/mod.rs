//! Commands of the group list, and what they share.

use engine::{CommandError, Context, State, error, notify};
use keyspace::List;
use keyspace::list::End;

pub mod blpop;
pub mod lindex;
pub mod linsert;
pub mod llen;
pub mod lmove;
pub mod lmovem;
pub mod lmpop;
pub mod lpop;
pub mod lpos;
pub mod lpush;
pub mod lrange;
pub mod lrem;
pub mod lset;
pub mod ltrim;

/// LEFT or RIGHT.
fn end_of(word: &[u8]) -> Result<End, CommandError> {
    if crate::arguments::is(word, "LEFT") {
        Ok(End::Head)
    } else if crate::arguments::is(word, "RIGHT") {
        Ok(End::Tail)
    } else {
        Err(error::SYNTAX)
    }
}

/// The word for an end.
fn end_word(end: End) -> &'static [u8] {
    match end {
        End::Head => b"LEFT",
        End::Tail => b"RIGHT",
    }
}

/// The event of adding at an end.
fn push_event(end: End) -> &'static str {
    match end {
        End::Head => "lpush",
        End::Tail => "rpush",
    }
}

/// The event of taking from an end, which is also the name of the command that does it.
fn pop_event(end: End) -> &'static str {
    match end {
        End::Head => "lpop",
        End::Tail => "rpop",
    }
}

/// Adds elements at an end, one by one, making the list if needed; its length then.
fn push_elements<'a>(
    state: &mut State,
    db: usize,
    key: &[u8],
    end: End,
    elements: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<usize, CommandError> {
    let limit = state.list_limit();
    let (bytes, count) =
        elements.clone().fold((0, 0), |(bytes, count), it| (bytes + it.len(), count + 1));
    let list = state.list_or_new(db, key, List::new)?;
    list.expect(bytes, count, &limit);
    for element in elements {
        list.push(end, element, &limit);
    }
    let len = list.len();
    state.signal_modified(db, key);
    // Somebody may wait for the list to grow.
    state.signal_key_ready(db, key);
    state.notify(notify::class::LIST, push_event(end), db, key);
    Ok(len)
}

/// What follows from taking elements from a list: its form, word of it, and its end if it is empty.
fn after_removal(context: &mut Context<'_>, key: &[u8], event: &str) {
    let (db, limit) = (context.db, context.state.list_limit());
    if let Ok(Some(list)) = context.state.list_to_write(db, key)
        && !list.is_empty()
    {
        list.shrink(&limit);
    }
    context.modified(key);
    context.notify(notify::class::LIST, event, key);
    context.state.delete_if_empty(db, key);
}

/// Resolves an index, a negative one counted from the end.
fn index_of(index: i64, len: usize) -> Option<usize> {
    if index < 0 {
        len.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)
    } else {
        usize::try_from(index).ok().filter(|index| *index < len)
    }
}
