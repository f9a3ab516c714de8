//! Commands of the group list, and what they share.

use command_spec::{Argument, KeySpec, key_flag};
use engine::{CommandError, Context, State, error, notify};
use keyspace::List;
use keyspace::element::to_vec;
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

const ENDS: &[Argument] =
    &[Argument::pure_token("left", "LEFT"), Argument::pure_token("right", "RIGHT")];
/// The ends that elements are moved from and to.
const FROM_END: Argument = Argument::one_of("wherefrom", ENDS);
const TO_END: Argument = Argument::one_of("whereto", ENDS);

/// The keys of a command that moves elements.
const MOVED_KEYS: &[KeySpec] = &[
    KeySpec::at(1, key_flag::RW | key_flag::ACCESS | key_flag::DELETE),
    KeySpec::at(2, key_flag::RW | key_flag::INSERT),
];

/// What is moved from the list named first to the one named second.
struct Move {
    from: End,
    to: End,
    count: usize,
    /// The elements keep their order; otherwise each is added as it is taken.
    as_block: bool,
}

impl Move {
    /// Moves elements of a list that is there; these, in the order in which they were added. `in_order`: if both are
    /// one list, the event of taking comes before that of adding.
    fn run(&self, context: &mut Context<'_>, in_order: bool) -> Result<Vec<Vec<u8>>, CommandError> {
        let (db, source, destination) = (context.db, context.argv[1], context.argv[2]);
        context.state.list_to_write(db, destination)?;
        let Some(list) = context.state.list_to_write(db, source)? else { return Ok(Vec::new()) };
        let count = self.count.min(list.len());
        let mut moved = Vec::with_capacity(count);
        moved.extend((0..count).map_while(|_| list.pop(self.from, to_vec)));
        // A block is added so that its elements stand as they stood.
        if self.as_block && self.from == self.to {
            moved.reverse();
        }
        let event_first = in_order && source == destination;
        if event_first {
            context.notify(notify::class::LIST, pop_event(self.from), source);
        }
        let elements = moved.iter().map(Vec::as_slice);
        push_elements(context.state, db, destination, self.to, elements)?;
        if !event_first {
            after_removal(context, source, pop_event(self.from));
        }
        context.dirty(moved.len() as u64);
        Ok(moved)
    }
}

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
    state.signal_key_grown(db, key);
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
